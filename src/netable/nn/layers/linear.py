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

    Attributes
    ----------
    feature_gates : (\\*members, d_in, 1) parameter, or None
        Learned factors of the features, between `add_gates` and `fold_gates`.

    Shape
    -----
    x : (batch, d_in), the same for all members, or (\\*members, batch, d_in)
    returns : (\\*members, batch, d_out)
    """

    _fixed: Tensor

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
        self.feature_gates: nn.Parameter | None = None

    def forward(self, x: Tensor) -> Tensor:
        """Map features; see the class for shapes."""
        weight = (
            self.weight if self.feature_gates is None else self.weight * self._factors(self.feature_gates)
        )
        if x.dim() == weight.dim() == 3:
            return torch.baddbmm(self.bias, x, weight)
        if x.dim() == weight.dim() == 2:
            return torch.addmm(self.bias, x, weight)
        return x @ weight + self.bias

    def add_gates(self, features: Tensor) -> None:
        """Learn a factor of some features, a (d_in,) mask, beside the weights from now on.

        It changes nothing that the layer can represent, but the way there: the few factors take larger steps than the
        weights, so that features which do not help fade early (the scaling layer of RealMLP, arXiv:2407.04491; there
        it multiplies the features, which costs the gradient of these).
        """
        self.feature_gates = nn.Parameter(torch.ones_like(self.weight[..., :1]))
        self.register_buffer("_fixed", ~features.unsqueeze(-1), persistent=False)

    @torch.no_grad()
    def fold_gates(self) -> None:
        """Multiply the weights by the factors, and end them: the layer stays the same."""
        if self.feature_gates is not None:
            self.weight.mul_(self._factors(self.feature_gates))
            self.feature_gates = None
            del self._fixed

    def _factors(self, gates: Tensor) -> Tensor:
        return gates.masked_fill(self._fixed, 1.0)

    def extra_repr(self) -> str:
        """Sizes, for the printed network."""
        *members, d_in, d_out = self.weight.shape
        return f"{d_in}, {d_out}" + (f", members={tuple(members)}" if members else "")
