"""Quantiles of weighted columns, and the edges of bins."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

import torch
from torch import Tensor

# Most features of the bins of all columns together, and most bins of one column: for columns of many values, then for
# columns with an edge at each value.
BINS = ((512, 32), (1024, 128))
FEWEST_BINS = 8
MOST_BINS = max(most for _, most in BINS)


class BinEdges(NamedTuple):
    """Columns with equally many bins.

    Shape
    -----
    columns : (n,), integers
    edges : (*members, n, bins + 1), increasing, in the columns' own units
    """

    columns: Tensor
    edges: Tensor


class BinCounts(NamedTuple):
    """Numbers of bins for columns.

    Attributes
    ----------
    few : int
        For columns of many values.
    many : int
        The most bins of a column with an edge at each value, which then has at most one value more.
    """

    few: int
    many: int

    @classmethod
    def for_columns(cls, columns: int) -> BinCounts:
        """Numbers of bins where so many columns have bins; fewer columns have more bins each."""
        return cls(
            *(
                max(FEWEST_BINS, min(most, _power_of_two(features // max(1, columns))))
                for features, most in BINS
            )
        )

    def of(self, distinct: int) -> int:
        """The number of bins for so many distinct values, rounded up, so that columns form few groups."""
        if distinct > self.many + 1:
            return self.few
        return 2 * _power_of_two(distinct - 2) if distinct <= 17 else -(-(distinct - 1) // 16) * 16


def _power_of_two(n: int) -> int:
    """The greatest power of two that is at most n, and at least 1."""
    return 1 << max(0, n.bit_length() - 1)


class SortedColumn:
    """Sorted values of a column, with the cumulative weight of each member's rows.

    Shape
    -----
    column : (rows,), NaN for missing, which is left out
    weights : (members, rows), float64
    """

    def __init__(self, column: Tensor, weights: Tensor) -> None:
        known = len(column) - int(column.isnan().sum())
        order = column.argsort()[:known]  # NaN comes last
        self.values = column[order].double()
        self.cumulative = weights.index_select(1, order).cumsum_(-1)

    @cached_property
    def distinct(self) -> Tensor:
        """Distinct values, increasing."""
        distinct: Tensor = torch.unique_consecutive(self.values)
        return distinct

    def quantiles(self, levels: Sequence[float]) -> Tensor:
        """Quantiles of each member's rows: the least value with at least a share `level` of the weight up to it.

        Shape
        -----
        returns : (members, len(levels)); NaN where no row has a weight
        """
        if not len(self.values):
            return self.values.new_full((len(self.cumulative), len(levels)), torch.nan)
        total = self.cumulative[:, -1:]
        wanted = total * torch.tensor(levels, dtype=total.dtype, device=total.device)
        # A share of zero must not select a row of zero weight, hence the least positive number.
        position = torch.searchsorted(self.cumulative, wanted.clamp(min=torch.finfo(total.dtype).tiny))
        values = self.values[position.clamp(max=len(self.values) - 1)]
        return values.where(total > 0, torch.nan)

    def distance_of_others(self, member: int, value: Tensor) -> Tensor:
        """The median distance from a value of a member's other values; NaN where it has none."""
        others = self.values != value
        cumulative = self.cumulative[member]
        weight = cumulative.diff(prepend=cumulative.new_zeros(1))[others]
        distances = SortedColumn((self.values[others] - value).abs(), weight.unsqueeze(0))
        return distances.quantiles((0.5,))[0, 0]

    def edges(self, bins: int) -> Tensor:
        """Edges of bins, quantiles of each member's rows.

        Where quantiles are equal, because some values are frequent, quantiles of the column's distinct values take
        their place. A column of few values has an edge at each.

        Shape
        -----
        returns : (members, bins + 1), increasing, float64; padded with the last edge
        """
        distinct = self.distinct
        if len(distinct) <= bins + 1:
            return _padded(distinct, bins + 1).expand(len(self.cumulative), -1)
        edges = []
        for quantiles in self.quantiles([i / bins for i in range(bins + 1)]):
            quantiles = torch.unique(quantiles[~quantiles.isnan()])
            spare = bins + 1 - len(quantiles)
            others = distinct[torch.linspace(0, len(distinct) - 1, spare + 2).round().long()[1:-1]]
            edges.append(_padded(torch.unique(torch.cat([quantiles, others])), bins + 1))
        return torch.stack(edges)


def _padded(edges: Tensor, count: int) -> Tensor:
    return torch.cat([edges, edges[-1:].expand(count - len(edges))])


def robust_scale(values: SortedColumn) -> tuple[Tensor, Tensor]:
    """The median and the interquartile range of each member's rows: twice (members,).

    A column that is mostly one value has an interquartile range of 0. The median distance of its other values replaces
    it, which a few far ones do not change, or half of the whole range where that is less, as for flags.
    """
    low, first, median, third, high = values.quantiles((0, 0.25, 0.5, 0.75, 1)).unbind(-1)
    scale = (third - first).where(third > first, (high - low) / 2)
    for member in (first == third).nonzero().flatten().tolist():
        scale[member] = scale[member].fmin(values.distance_of_others(member, median[member]))
    return median.nan_to_num(0.0), scale.where(scale > 0, 1.0)
