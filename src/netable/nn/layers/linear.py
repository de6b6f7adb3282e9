"""The affine map, of one network or of a stack of members."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from netable.errors import check_at_least


class Linear(nn.Module):
    """An affine map, or one for each member of a stack in a single batched product.

    Weights start as normal noise of standard deviation `gain / sqrt(d_in)`, biases as zero.

    Parameters
    ----------
    d_in, d_out : int
        Features before and after.
    members : tuple of int
        `()` for one network, `(k,)` for k of them.
    gain : float
        Factor on the first weights.
    generator : torch.Generator, optional
        Source of the first weights; torch's global generator if None.

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
        weight = torch.empty(*members, d_in, d_out)
        # On the meta device a tensor has no values, and the first arithmetic takes seconds to import.
        if not weight.is_meta:
            weight.normal_(generator=generator).mul_(gain / math.sqrt(d_in))
        self.weight = nn.Parameter(weight)
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
