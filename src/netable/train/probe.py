"""Cheap readings of a network in training: gradients by layer, and units that do nothing."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import torch
from torch import Tensor, nn

from netable.nn import ACTIVATIONS
from netable.nn.bodies.own import OwnNetworks
from netable.train.history import History, Reading

# The first steps are read, while gradients are still settling.
FIRST_STEPS = 4
# Then the first step of some epochs: MOST_READINGS evenly, at most one in STEPS_APART; and, for runs that end soon, of
# the epochs 1, 2, 4 and so on.
MOST_READINGS, STEPS_APART, WIDENING = 30, 50, 2
# A unit is dead if it was zero for all rows of so many readings in a row.
READINGS_DEAD = 4
# The slope of a saturated unit, as a share of the steepest.
FLAT = 0.05


def gradient_norms(net: nn.Module) -> dict[str, float]:
    """The length of the gradient of every weight matrix, in the network's order, after a backward pass.

    Under sigmoids these fall from layer to layer towards the input, because every layer multiplies by a slope
    of at most a quarter: the vanishing gradient.
    """
    return {
        name: float(parameter.grad.norm())
        for name, parameter in net.named_parameters()
        if name.endswith("weight") and parameter.grad is not None
    }


class Probe:
    """Reads some steps of a run: the first ones, and then the first step of some epochs.

    It changes nothing: no random number is drawn, no weight is touched, and a step that is not read has no hook.
    Readings stay on the device until `take`, so that no step waits for them.

    Parameters
    ----------
    net : nn.Module
        Its activations are seen if they are modules (`nn.ReLU`, `nn.Sigmoid`, `nn.Tanh`).
    steps : int
        Steps in an epoch.
    max_epochs : int
        Epochs that the run may take.
    """

    def __init__(self, net: nn.Module, steps: int, max_epochs: int) -> None:
        self.net = net
        self._done = 0
        self._due = _steps_to_read(steps, max_epochs)
        # A network that was compiled would be compiled again for every hook that comes or goes.
        parts = [] if hasattr(net, "_orig_mod") else net.named_modules()
        # Networks that are called member by member have no units of all members at once.
        apart = {part for own in net.modules() if isinstance(own, OwnNetworks) for part in own.modules()}
        self._parts = [(name, part) for name, part in parts if isinstance(part, _SEEN) and part not in apart]
        self._outputs: dict[str, tuple[nn.Module, Tensor]] = {}
        self._units: dict[str, Tensor] = {}
        self._alive: dict[str, deque[Tensor]] = {}
        self._readings: list[tuple[int, Tensor, dict[str, Tensor], dict[str, Tensor], dict[str, Tensor]]] = []
        self._first: list[Tensor] = []

    @contextmanager
    def watch(self, *, begins: bool = True) -> Iterator[None]:
        """Context of a forward pass; `begins` is False if it continues a step with other rows."""
        if begins:
            self._done += 1
            self._units = {}
        if self._done not in self._due:
            yield
            return
        self._outputs = {}
        hooks = [part.register_forward_hook(self._keep(name)) for name, part in self._parts]
        try:
            yield
        finally:
            for hook in hooks:
                hook.remove()

    def begin_again(self) -> None:
        """Discard a step that failed and will be repeated."""
        self._done -= 1
        self._outputs = {}

    def _keep(self, name: str) -> Callable[[nn.Module, object, object], None]:
        def keep(part: nn.Module, _: object, output: object) -> None:
            if isinstance(output, Tensor) and output.dim() > 1:
                again = sum(known.partition(" ")[0] == name for known in self._outputs)
                self._outputs[f"{name} {again + 1}" if again else name] = part, output.detach()

        return keep

    @torch.no_grad()
    def look(self, share: float = 1.0, *, members: int) -> None:
        """After a forward pass over a share of the batch's rows: find alive units of ReLUs, and flat ones of others.

        Parameters
        ----------
        members : int
            Dimensions that count members.
        """
        for name, (part, output) in self._outputs.items():
            before = self._units.get(name)
            if isinstance(part, nn.ReLU):
                alive = output.amax(members) > 0
                self._units[name] = alive if before is None else before | alive
            else:
                flat = (_slope(part, output) < FLAT).float().mean() * share
                self._units[name] = flat if before is None else before + flat
        self._outputs = {}

    @torch.no_grad()
    def read(self, loss: Tensor, output: Tensor, targets: Sequence[Tensor]) -> None:
        """After a backward pass, before its gradients are changed."""
        if self._done not in self._due:
            return
        if not self._first:
            self._first = [output.detach(), *targets]
        members = loss.shape
        norms = {
            name: torch.linalg.vector_norm(gradient.reshape(*members, -1), dim=-1).reshape(-1)
            for name, gradient in _matrix_gradients(self.net, len(members))
        }
        dead, saturated = {}, {}
        for name, units in self._units.items():
            if units.dtype == torch.bool:
                recent = self._alive.setdefault(name, deque(maxlen=READINGS_DEAD))
                recent.append(units)
                dead[name] = (~torch.stack(list(recent)).any(0)).float().mean()
            else:
                saturated[name] = units
        self._readings.append((self._done, loss.detach().reshape(-1), norms, dead, saturated))

    def report(self, history: History, criterion: Callable[..., Tensor]) -> None:
        """Complete the history when training is over; only then is the criterion called again."""
        names = {kind: name for name, kind in ACTIVATIONS.items()}
        history.activation = next((names[type(m)] for m in self.net.modules() if type(m) in names), "")
        if self._first:
            history.constant_loss = constant_loss(criterion, self._first[0], self._first[1:])
        if history.constant_loss and history.constant_loss > 0 and history.readings:
            loss = history.readings[0].loss
            history.first_ratio = sum(loss) / len(loss) / history.constant_loss

    def state_dict(self) -> dict[str, Any]:
        """Steps so far, and the readings that `take` has not returned."""
        alive = {name: list(recent) for name, recent in self._alive.items()}
        return {"done": self._done, "alive": alive, "readings": self._readings, "first": self._first}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue from there."""
        device = next((parameter.device for parameter in self.net.parameters()), torch.device("cpu"))
        self._done, self._readings = state["done"], state["readings"]
        self._first = [tensor.to(device) for tensor in state["first"]]
        self._alive = {
            name: deque((alive.to(device) for alive in recent), READINGS_DEAD)
            for name, recent in state["alive"].items()
        }

    def take(self, epoch: int) -> list[Reading]:
        """The readings since the last call, of an epoch that is over."""
        taken, self._readings = self._readings, []
        return [
            Reading(
                epoch,
                step,
                loss.tolist(),
                {name: float(norm.median()) for name, norm in norms.items()},
                torch.stack(list(norms.values())).norm(dim=0).tolist() if norms else [],
                {name: float(share) for name, share in dead.items()},
                {name: float(share) for name, share in saturated.items()},
            )
            for step, loss, norms, dead, saturated in taken
        ]


_SEEN = (nn.ReLU, nn.Sigmoid, nn.Tanh)


def _steps_to_read(steps: int, max_epochs: int) -> frozenset[int]:
    """Numbers of steps, from 1."""
    readings = max(1, min(MOST_READINGS, max_epochs, steps * max_epochs // STEPS_APART))
    epochs = {round(i * max_epochs / readings) for i in range(readings)}
    epochs |= {WIDENING**i for i in range(max_epochs.bit_length()) if WIDENING**i < max_epochs}
    return frozenset({*range(1, FIRST_STEPS + 1), *(1 + epoch * steps for epoch in epochs)})


def _matrix_gradients(net: nn.Module, member_dims: int) -> Iterator[tuple[str, Tensor]]:
    for name, parameter in net.named_parameters():
        gradient = parameter.grad
        is_matrix = name.endswith("weight") and parameter.dim() >= 2 + member_dims
        if is_matrix and gradient is not None and gradient.layout == torch.strided:
            yield name, gradient


def _slope(part: nn.Module, output: Tensor) -> Tensor:
    """The slope at each value, as a share of the steepest."""
    return 4 * output * (1 - output) if isinstance(part, nn.Sigmoid) else 1 - output.square()


@torch.no_grad()
def constant_loss(
    criterion: Callable[..., Tensor], output: Tensor, targets: Sequence[Tensor]
) -> float | None:
    """The approximate least loss of a constant output on these rows, over all members; None if it is unknown.

    The constants tried are the best ones of the usual criteria: zero, the target's mean, its log odds, and the
    logarithms of the shares of classes.

    Shape
    -----
    output : (\\*members, batch, d_out), or (batch,)
    """
    losses = []
    with torch.random.fork_rng(devices=[]):  # so that probing leaves the criterion's own random numbers alone
        for constant in _constants(output, targets[0]) if targets else ():
            with suppress(RuntimeError, ValueError, IndexError):
                losses.append(float(criterion(constant.to(output).expand_as(output), *targets).mean()))
    return min(filter(math.isfinite, losses), default=None)


def _constants(output: Tensor, y: Tensor) -> Iterator[Tensor]:
    yield torch.zeros(())
    if y.is_floating_point() and y.shape == output.shape:
        mean = y.mean(0 if y.dim() == 1 else -2, keepdim=True)
        yield mean
        if bool(((y >= 0) & (y <= 1)).all()):
            yield mean.clamp(1e-4, 1 - 1e-4).logit()
    elif not y.is_floating_point() and y.shape == output.shape[:-1] and output.shape[-1] > 1:
        classes = torch.arange(output.shape[-1], device=y.device)
        shares = (y.unsqueeze(-1) == classes).float().mean(-2, keepdim=True)
        yield shares.clamp(min=1e-4).log()
