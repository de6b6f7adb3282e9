"""Features of a scaled number beside itself: piecewise-linear bins, or periodic waves."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn


class PiecewiseLinear(nn.Module):
    """Piecewise-linear encoding: a feature for each bin, -1/2 below it, 1/2 above it, and linear within it.

    A linear map of them is any continuous function that is linear between edges (Gorishniy et al. 2022,
    arXiv:2203.05556). Bins of zero width, which pad the table of edges, are 0.

    Parameters
    ----------
    columns : (n,) integers
        The columns that have bins.
    edges : (\\*members, n, bins + 1)
        Increasing, in the units of `x`.

    Shape
    -----
    x : (\\*members, batch, d_num)
    returns : (\\*members, batch, n * bins)
    """

    columns: Tensor
    middle: Tensor
    slope: Tensor

    def __init__(self, columns: Tensor, edges: Tensor) -> None:
        super().__init__()
        width = edges.diff()
        self.register_buffer("columns", columns.clone())  # a model file cannot hold one tensor twice
        self.register_buffer("middle", (edges[..., :-1] + edges[..., 1:]) / 2)
        steepest = torch.finfo(edges.dtype).max  # infinity times zero, in the middle of a bin, would be NaN
        self.register_buffer("slope", torch.where(width > 0, (1 / width).clamp(max=steepest), 0.0))

    @property
    def d_out(self) -> int:
        """Number of features."""
        return self.middle.shape[-2] * self.middle.shape[-1]

    def forward(self, x: Tensor) -> Tensor:
        """Features of all bins; see the class for shapes."""
        if len(self.columns) != x.shape[-1]:
            x = x[..., self.columns]
        place = x.unsqueeze(-1) - self.middle.unsqueeze(-3)
        return place.mul_(self.slope.unsqueeze(-3)).clamp_(-0.5, 0.5).flatten(-2)


class Periodic(nn.Module):
    """Periodic features of each column, cos(2π(f·x + p)), with learned frequencies f and phases p.

    DIFF: RealMLP (arXiv:2407.04491) and Gorishniy et al. 2022 (arXiv:2203.05556) have a linear map of each column's
    waves before the first layer. It improved nothing here and costs many small products.

    Parameters
    ----------
    d_num : int
        Columns.
    members : tuple of int
    generator : torch.Generator, optional
        Source of the first frequencies and phases.

    Shape
    -----
    x : (\\*members, batch, d_num)
    returns : (\\*members, batch, d_num * FREQUENCIES)
    """

    FREQUENCIES = 4
    # Standard deviation of the first frequencies, in periods per unit of the scaled column.
    SPREAD = 0.1

    def __init__(
        self, d_num: int, members: tuple[int, ...] = (), *, generator: torch.Generator | None = None
    ) -> None:
        super().__init__()
        shape = (*members, d_num, self.FREQUENCIES)
        self.frequency = nn.Parameter(self.SPREAD * torch.randn(shape, generator=generator))
        self.phase = nn.Parameter(torch.rand(shape, generator=generator) - 0.5)

    @property
    def d_out(self) -> int:
        """Number of features."""
        return self.phase.shape[-2] * self.phase.shape[-1]

    def forward(self, x: Tensor) -> Tensor:
        """Waves of all columns; see the class for shapes."""
        turns = torch.addcmul(self.phase.unsqueeze(-3), x.unsqueeze(-1), self.frequency.unsqueeze(-3))
        return (2 * math.pi * turns).cos().flatten(-2)
