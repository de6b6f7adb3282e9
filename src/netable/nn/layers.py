"""The parts every network is made of. Each holds one network, or a stack of members computed together."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn

from netable.errors import check_at_least, check_choice

ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {
    "relu": nn.ReLU,
    "leaky_relu": nn.LeakyReLU,
    "sigmoid": nn.Sigmoid,
    "tanh": nn.Tanh,
    "selu": nn.SELU,
    "silu": nn.SiLU,
    "gelu": nn.GELU,
    "mish": nn.Mish,
}

# What keeps the variance of a signal through a layer followed by this activation (He et al. 2015, arXiv:1502.01852;
# Klambauer et al. 2017, arXiv:1706.02515, for selu). Those not named behave like relu.
_GAINS = {"sigmoid": 1.0, "tanh": 5 / 3, "selu": 1.0}


def make_activation(name: str) -> nn.Module:
    """The activation of this name.

    Raises
    ------
    ConfigError
        If there is none.
    """
    check_choice("activation", name, ACTIVATIONS)
    return ACTIVATIONS[name]()


def activation_gain(name: str) -> float:
    """The factor on the first weights of a layer that this activation follows."""
    return _GAINS.get(name, math.sqrt(2))


class Linear(nn.Module):
    """An affine map, or one for each member of a stack in a single batched product.

    Weights start as normal noise of deviation `gain / sqrt(d_in)`, biases as zero.

    Parameters
    ----------
    d_in, d_out : int
        Features before and after.
    members : tuple of int
        `()` for one network, `(k,)` for k of them.
    gain : float
        Factor on the first weights.
    generator : torch.Generator, optional
        Where the first weights come from; torch's global generator if None.

    Shape
    -----
    x : (batch, d_in), the same for all members, or (\\*members, batch, d_in)
    returns : (\\*members, batch, d_out)
    """

    def __init__(
        self,
        d_in: int,
        d_out: int,
        members: tuple[int, ...] = (),
        *,
        gain: float = 1.0,
        generator: torch.Generator | None = None,
    ) -> None:
        check_at_least("d_in", d_in, 1, integer=True)
        check_at_least("d_out", d_out, 1, integer=True)
        super().__init__()
        noise = torch.randn(*members, d_in, d_out, generator=generator)
        self.weight = nn.Parameter(noise * (gain / math.sqrt(d_in)))
        self.bias = nn.Parameter(torch.zeros(*members, 1, d_out))

    def forward(self, x: Tensor) -> Tensor:
        """Map features; see the class for shapes."""
        if self.weight.dim() == 3 and x.dim() == 3:
            return torch.baddbmm(self.bias, x, self.weight)
        return x @ self.weight + self.bias

    def extra_repr(self) -> str:
        """Sizes, for the printed network."""
        *members, d_in, d_out = self.weight.shape
        return f"{d_in}, {d_out}" + (f", members={tuple(members)}" if members else "")


class Noisy(nn.Module):
    """A part that draws random numbers in training.

    Attributes
    ----------
    generator : torch.Generator or None
        Where they come from, set by whoever trains; torch's global generator if None.
    """

    generator: torch.Generator | None = None


class Dropout(Noisy):
    """Silences units at random in training and scales up the others (Srivastava et al. 2014, JMLR 15).

    The share is rounded to 1/256: masks are drawn as random bytes, eight at a time, which is about ten times as
    fast on a CPU as drawing one number for each unit. Members of a stack, which learn from rows of their own, share
    one mask.

    Parameters
    ----------
    p : float
        The share to silence, below 1.
    """

    def __init__(self, p: float) -> None:
        super().__init__()
        self.threshold = min(255, round(256 * p))

    def forward(self, x: Tensor) -> Tensor:
        """Mask `x` in training mode; hand it on as it is otherwise."""
        if not self.training or self.threshold == 0:
            return x
        shape = x.shape[-2:]
        count = shape.numel()
        if x.device.type == "mps":  # it draws no more than 32 bits at a time
            words = torch.empty((count + 3) // 4, dtype=torch.int32, device=x.device)
            words.random_(-(2**31), 2**31, generator=self.generator)
        else:
            words = torch.empty((count + 7) // 8, dtype=torch.int64, device=x.device)
            words.random_(-(2**63), None, generator=self.generator)  # the whole range: every byte is uniform
        keep = words.view(torch.uint8)[:count].view(shape) >= self.threshold
        return x * (keep.to(x.dtype) * (256 / (256 - self.threshold)))

    def extra_repr(self) -> str:
        """The share, for the printed network."""
        return f"p={self.threshold / 256:.4g}"
