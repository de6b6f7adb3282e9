"""Networks of the user's own, one for each member."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import RLock

import torch
from torch import Tensor, nn
from torch.func import functional_call

from netable.errors import ConfigError
from netable.nn.bodies.body import Body
from netable.nn.layers.dropout import Noisy

# A call replaces the weights of a module and the state of torch's global generator for its duration.
_ALONE = RLock()


class OwnNetworks(Body, Noisy):
    """A network of the user's own for each member, made by a function and called one after the other.

    The members' weights are kept in one module, stacked as those of all bodies are: `(members, …)`. What the networks
    draw from torch's global generator comes from the stack's own one.

    Parameters
    ----------
    d_in, d_out : int
        Features in, outputs out.
    members : tuple of int
        `(k,)` for k networks.
    model : callable
        `model(d_in, d_out)` makes a new module, (batch, d_in) → (batch, d_out), whose state is in its parameters and
        buffers.
    generator : torch.Generator, optional
        Source of the first weights.

    Shape
    -----
    x : (members, batch, d_in)
    returns : (members, batch, d_out), logits or standardized targets; never probabilities

    Raises
    ------
    ConfigError
        If `model` does not make such modules.
    """

    def __init__(
        self,
        d_in: int,
        d_out: int,
        *,
        members: tuple[int],
        model: Callable[[int, int], nn.Module],
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__()
        self.d_out = d_out
        (count,) = members
        with _seeded(generator, torch.device("cpu")):
            # One more than needed shows even a single member whether it is new.
            networks = [model(d_in, d_out) for _ in range(count + 1)]
        _check(networks)
        self.networks = _stacked(networks[:count])

    def forward(self, x: Tensor) -> Tensor:
        """Logits or standardized targets; see the class for shapes."""
        _, here = self.rows_of_batch(x.shape[-2])  # other processes draw other numbers for theirs
        with _seeded(self.generator if self.training else None, x.device, here.start):
            tensors = dict(self.networks.named_parameters()) | dict(self.networks.named_buffers())
            outputs = [
                functional_call(self.networks, {name: tensor[i] for name, tensor in tensors.items()}, (rows,))
                for i, rows in enumerate(x)
            ]
        for output in outputs:
            if not isinstance(output, Tensor) or output.shape != (x.shape[-2], self.d_out):
                raise ConfigError(
                    f"A network that model made returned {_shape(output)} for an input of the shape "
                    f"{tuple(x.shape[1:])}; it must return {(x.shape[-2], self.d_out)}: for each row "
                    f"{self.d_out} {'number' if self.d_out == 1 else 'numbers'}."
                )
        return torch.stack(outputs)

    def forget(self, features: Tensor) -> None:
        """Nothing: the first weights are the user's."""

    def begin_at(self, output: Tensor) -> None:
        """Nothing: the first output is the user's."""

    def layers(self) -> list[tuple[str, str]]:
        """The network as a whole: its layers are the user's."""
        return [("output", f"{self.summary()} → {self.d_out}")]

    def summary(self) -> str:
        """The class of the networks."""
        return type(self.networks).__name__


def _check(networks: Sequence[object]) -> None:
    if others := [network for network in networks if not isinstance(network, nn.Module)]:
        raise ConfigError(f"model must make a torch.nn.Module; it made {others[0]!r:.100}.")
    if len({id(network) for network in networks}) < len(networks):
        raise ConfigError("model must make a new network each time; it returned the same one twice.")
    for network in networks:
        for part in network.modules():  # type: ignore[attr-defined]
            if isinstance(part, nn.modules.batchnorm._BatchNorm):
                raise ConfigError(
                    f"model makes a network with {type(part).__name__}, whose predictions depend on the other rows of "
                    "training batches, not on weights alone. Take LayerNorm."
                )


def _stacked(networks: Sequence[nn.Module]) -> nn.Module:
    """The first network with the tensors of all of them, in a new first dimension."""
    known: dict[int, nn.Parameter | Tensor] = {}  # tied weights stay tied
    try:
        for parts in zip(*(list(network.modules()) for network in networks), strict=True):
            for name, first in list(parts[0].named_parameters(recurse=False, remove_duplicate=False)):
                if id(first) not in known:
                    stack = torch.stack([getattr(part, name).detach() for part in parts])
                    known[id(first)] = nn.Parameter(stack, first.requires_grad)
                setattr(parts[0], name, known[id(first)])
            for name, _ in list(parts[0].named_buffers(recurse=False)):
                # Also those that a module does not save: a copy of the members needs them.
                parts[0].register_buffer(name, torch.stack([getattr(part, name) for part in parts]))
    except (RuntimeError, ValueError, AttributeError) as error:
        raise ConfigError(f"model must make networks of the same layers each time: {error}") from error
    return networks[0]


@contextmanager
def _seeded(generator: torch.Generator | None, device: torch.device, more: int = 0) -> Iterator[None]:
    """Within the block torch's global generators follow this one; afterwards they are as they were."""
    with _ALONE:
        if generator is None:
            yield
            return
        seed = more + int(torch.randint(2**62, (), generator=generator, device=generator.device))
        others = [] if device.type == "cpu" else [device]
        with torch.random.fork_rng(others, device_type="cuda" if not others else device.type):
            torch.default_generator.manual_seed(seed)
            if others:
                torch.get_device_module(device).manual_seed(seed)
            yield


def _shape(output: object) -> str:
    return str(tuple(output.shape)) if isinstance(output, Tensor) else f"a {type(output).__name__}"
