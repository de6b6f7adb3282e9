"""Optimizers and learning-rate schedules by name."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from pkgutil import resolve_name
from time import perf_counter
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from netable.config.choices import SCHEDULES, WAVE_ENDS, WAVES
from netable.config.optimizers import OPTIMIZER_SPECS
from netable.config.settings import DEFAULTS
from netable.errors import ConfigError, check_choice
from netable.train.muon import Muon
from netable.train.uncompiled import uncompiled

# The end of the name of the factors of features (`netable.nn.layers.linear.Linear.add_gates`) among the parameters of a
# network; one that no network of the user's own has by chance.
GATES = "feature_gates"


def make_optimizer(
    name: str,
    parameters: Iterable[tuple[str, nn.Parameter]],
    *,
    lr: float,
    momentum: float = DEFAULTS.momentum,
    weight_decay: float = 0.0,
    members: int = 0,
) -> Optimizer:
    """The optimizer of this name over named parameters; biases and embeddings are not decayed.

    `adamw` and `muon` decay weights apart from the gradient (Loshchilov & Hutter 2019, arXiv:1711.05101); the others
    add the decay to it.

    Parameters
    ----------
    members : int
        Dimensions of each parameter that count members.

    Raises
    ------
    ConfigError
        If there is no optimizer of this name, or this PyTorch does not have it.
    """
    check_choice("optimizer", name, OPTIMIZER_SPECS)
    spec, named = OPTIMIZER_SPECS[name], list(parameters)
    given = {"momentum": momentum}
    options = {"lr": lr, **{setting: given[setting] for setting in spec.settings}, **spec.arguments}
    make = _load(name)
    if spec.beside:
        matrices = {n: p for n, p in named if n.endswith("weight") and p.dim() > 1 + members}
        hidden = {n: p for n, p in matrices.items() if "head" not in n.split(".")}
        rest = [(n, p) for n, p in named if n not in hidden]
        parts = [make(hidden.values(), weight_decay=weight_decay, **options)] if hidden else []
        if rest:
            beside_lr = lr * spec.beside_factor
            parts.append(make_optimizer(spec.beside, rest, lr=beside_lr, weight_decay=weight_decay))
        return uncompiled(HiddenWeights)(parts)
    groups: dict[tuple[float, float], list[nn.Parameter]] = {}  # few, as each takes a call in every step
    for n, p in named:
        decay = weight_decay if n.endswith("weight") else 0.0
        rate = lr * spec.gates_factor if n.endswith(GATES) else lr
        groups.setdefault((decay, rate), []).append(p)
    alike = [
        {"params": params, "weight_decay": decay, "lr": rate} for (decay, rate), params in groups.items()
    ]
    return make(alike, **options)


def _load(name: str) -> Callable[..., Optimizer]:
    path = OPTIMIZER_SPECS[name].path
    try:
        return uncompiled(resolve_name(path))
    except AttributeError:
        raise ConfigError(
            f"optimizer={name!r} is {path.replace(':', '.')}, which PyTorch {torch.__version__} does not have. "
            "Upgrade PyTorch, or choose another optimizer."
        ) from None


class HiddenWeights(Optimizer):
    """One optimizer for the weights of hidden layers, and one for all other parameters.

    Parameters
    ----------
    parts : sequence of torch.optim.Optimizer
    """

    def __init__(self, parts: Sequence[Optimizer]) -> None:
        self.parts = list(parts)
        super().__init__(self._groups(), {})

    def _groups(self) -> list[dict[str, Any]]:
        return [group for part in self.parts for group in part.param_groups]

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """Take a step with each optimizer."""
        for part in self.parts:
            part.step()

    def state_dict(self) -> dict[str, Any]:
        """The state of each optimizer."""
        return {"parts": [part.state_dict() for part in self.parts]}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Continue from a state of `state_dict`."""
        for part, state in zip(self.parts, state_dict["parts"], strict=True):
            part.load_state_dict(state)
        self.param_groups = self._groups()  # those before were replaced

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__


# Optimizers whose kernels do not check the shapes of their state.
_UNCHECKED = (torch.optim.SGD, torch.optim.RMSprop, torch.optim.Adam, torch.optim.AdamW, Muon)


def check_optimizer_state(optimizer: Optimizer, state: Mapping[str, Any]) -> None:
    """Refuse a state whose tensors do not have the shape of their parameter.

    Raises
    ------
    ValueError
    """
    if isinstance(optimizer, HiddenWeights):
        for part, part_state in zip(optimizer.parts, state["parts"], strict=True):
            check_optimizer_state(part, part_state)
    elif isinstance(optimizer, _UNCHECKED):
        parameters = [p for group in optimizer.param_groups for p in group["params"]]
        for i, values in state["state"].items():
            for name, value in values.items():
                if isinstance(value, Tensor) and value.shape not in ((), parameters[i].shape):
                    raise ValueError(f"the optimizer's {name} is not of its parameter's shape")


def schedule_factor(name: str, t: float) -> float:
    """Factor on the highest learning rate at time t.

    `cosine` warms up for a twentieth of the run, then falls to zero along a half cosine. `coslog4` is
    (1 - cos(2π log₂(1 + 15t))) / 2: four ever longer waves (RealMLP, arXiv:2407.04491); `coslog5`, with 31 in place
    of 15, has one more, as long as the others together.

    Parameters
    ----------
    name : {"constant", "cosine", "coslog4", "coslog5"}
    t : float
        Share of the run that is done, from 0 to 1.
    """
    check_choice("schedule", name, SCHEDULES)
    if name == "constant":
        return 1.0
    if name in WAVES:
        return 0.5 * (1 - math.cos(2 * math.pi * math.log2(1 + (2 ** WAVES[name] - 1) * t)))
    return min(1.0, (t + 1e-3) / 0.05) * 0.5 * (1 + math.cos(math.pi * t))


class Schedule:
    """Sets an optimizer's learning rates by a schedule; those at the start are the highest ones.

    Parameters
    ----------
    optimizer : torch.optim.Optimizer
    name : {"constant", "cosine", "coslog4", "coslog5"}
    n_steps : int
        Steps in the whole run.
    time_limit : float, optional
        Seconds that the run may take. Progress is the larger of the shares of steps and of time, so that the schedule
        reaches its end either way.

    Attributes
    ----------
    kept : float
        Seconds of the limit that are left for what follows the last step.
    """

    def __init__(
        self, optimizer: Optimizer, name: str, n_steps: int, time_limit: float | None = None
    ) -> None:
        check_choice("schedule", name, SCHEDULES)
        self.optimizer = optimizer
        self.name = name
        self.n_steps = n_steps
        self.time_limit = time_limit
        self.kept = 0.0
        self.done = 0
        self._waves = 0
        self._started = perf_counter()
        self._highest = [group["lr"] for group in optimizer.param_groups]

    @property
    def t(self) -> float:
        """Share of the run that is done."""
        share = self.done / self.n_steps
        if self.time_limit is None:
            return share
        for_steps = self.time_limit - self.kept
        return max(share, (perf_counter() - self._started) / for_steps if for_steps > 0 else 1.0)

    @property
    def is_hurried(self) -> bool:
        """True if time, and not steps, decides how far the run is: an epoch may then be longer than a wave."""
        return self.t > self.done / self.n_steps

    def step(self) -> None:
        """Set the rates of the next step."""
        # At the middle of the step, because the rate is zero at the ends of a wave, where a step would be wasted.
        factor = schedule_factor(self.name, min(self.t + 0.5 / self.n_steps, 1.0))
        for group, highest in zip(self.optimizer.param_groups, self._highest, strict=True):
            group["lr"] = highest * factor
        self.done += 1

    def ends_wave(self) -> bool:
        """True if a wave of the schedule has ended since the last call."""
        before, self._waves = self._waves, sum(self.t >= end for end in WAVE_ENDS.get(self.name, ()))
        return self._waves > before

    def state_dict(self) -> dict[str, Any]:
        """Progress of the run, in steps and seconds."""
        return {"done": self.done, "waves": self._waves, "seconds": perf_counter() - self._started}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue from a saved state; the time between saving and loading does not count."""
        self.done, self._waves = state["done"], state["waves"]
        self._started = perf_counter() - state["seconds"]

    @property
    def lr(self) -> float:
        """The highest current rate."""
        return max(float(group["lr"]) for group in self.optimizer.param_groups)
