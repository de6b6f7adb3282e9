"""What each member learns about its own training rows before the first step: centres, scales, bins, known levels."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

import torch
from torch import Tensor

# Codes 0 and 1 of every category column; the levels follow.
MISSING, UNSEEN, FIRST_LEVEL = 0, 1, 2
# Features that the bins of all columns may make together, and the bins of one column at most: where a column has many
# values, and where each of its values has an edge.
BINS = ((512, 32), (1024, 128))
FEWEST_BINS = 8
MOST_BINS = max(most for _, most in BINS)


class BinEdges(NamedTuple):
    """Columns that are cut into equally many bins.

    Shape
    -----
    columns : (n,), integers
    edges : (*members, n, bins + 1), rising, in the columns' own units
    """

    columns: Tensor
    edges: Tensor


class InputStatistics(NamedTuple):
    """One member's view of the columns, stacked.

    Shape
    -----
    center, scale : (*members, d_num)
    bins : the columns that are cut into bins, grouped by how many
    known : (*members, sum of cardinalities), whether a level occurs in the member's training rows
    cardinalities : levels of each category column, the two special ones included
    """

    center: Tensor
    scale: Tensor
    bins: tuple[BinEdges, ...]
    known: Tensor
    cardinalities: tuple[int, ...]

    @classmethod
    def blank(
        cls, d_num: int, cardinalities: Sequence[int], members: tuple[int, ...], dtype: torch.dtype
    ) -> InputStatistics:
        """Statistics of nothing, for a network whose state is loaded from elsewhere."""
        zeros = torch.zeros(*members, d_num, dtype=dtype)
        known = torch.ones(*members, sum(cardinalities), dtype=torch.bool)
        return cls(zeros, zeros + 1, (), known, tuple(cardinalities))

    def take(self, members: Sequence[int]) -> InputStatistics:
        """The same for some of the members."""
        own = list(members)
        bins = tuple(BinEdges(group.columns, group.edges[own]) for group in self.bins)
        return InputStatistics(self.center[own], self.scale[own], bins, self.known[own], self.cardinalities)


class BinCounts(NamedTuple):
    """Into how many bins columns are cut.

    Attributes
    ----------
    few : int
        For columns of many values.
    many : int
        For columns of at most one more value than that, in which each value has an edge.
    """

    few: int
    many: int

    @classmethod
    def for_columns(cls, columns: int) -> BinCounts:
        """The finer, the fewer columns there are to cut."""
        return cls(
            *(
                max(FEWEST_BINS, min(most, _power_of_two(features // max(1, columns))))
                for features, most in BINS
            )
        )

    def of(self, distinct: int) -> int:
        """Bins of a column of so many distinct values, rounded up, so that there are few groups."""
        if distinct > self.many + 1:
            return self.few
        return 2 * _power_of_two(distinct - 2) if distinct <= 17 else -(-(distinct - 1) // 16) * 16


def _power_of_two(n: int) -> int:
    """The greatest that is not above n, and at least 1."""
    return 1 << max(0, n.bit_length() - 1)


def learn_statistics(
    numbers: Tensor,
    codes: Tensor,
    weights: Tensor,
    cardinalities: Sequence[int],
    *,
    robust: bool,
    bins: bool = False,
) -> InputStatistics:
    """The statistics of each member.

    Parameters
    ----------
    numbers : (rows, d_num)
        NaN for missing.
    codes : (rows, d_cat)
        0 missing, 1 never seen, then levels.
    weights : (*members, rows), float64
        The weight of each row for each member, 0 for rows that it must not learn from. A weight of 2 is worth
        the same row twice, exactly.
    robust : bool
        Median and interquartile range if true, else mean and standard deviation.
    bins : bool
        Cut columns of more than two values into bins.
    """
    members = weights.shape[:-1]
    stacked = weights.reshape(-1, weights.shape[-1])
    counts = BinCounts.for_columns(sum(_has_many_values(column) for column in numbers.T)) if bins else None
    measured: list[tuple[Tensor, Tensor]] = []
    edges: dict[int, dict[int, Tensor]] = {}
    for i, column in enumerate(numbers.T):
        values = SortedColumn(column, stacked) if robust or counts else None
        measured.append(_robust(values) if robust and values else _standard(column.double(), stacked))
        if counts and values and len(values.distinct) > 2:
            count = counts.of(len(values.distinct))
            edges.setdefault(count, {})[i] = values.edges(count)
    empty = numbers.new_zeros(stacked.shape[0], 0)
    center, scale = (
        (torch.stack([m[i] for m in measured], -1) if measured else empty)
        .reshape(*members, -1)
        .to(numbers.dtype)
        for i in (0, 1)
    )
    groups = []
    for own in edges.values():
        columns = torch.tensor(list(own), device=numbers.device)
        stack = torch.stack(list(own.values()), 1)
        groups.append(BinEdges(columns, stack.reshape(*members, *stack.shape[1:]).to(numbers.dtype)))
    known = _known_levels(codes, stacked, cardinalities).reshape(*members, -1)
    return InputStatistics(center, scale, tuple(groups), known, tuple(cardinalities))


class SortedColumn:
    """A column's values in order, and how much each member's rows weigh up to each: sorted once for all questions.

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
        """The values that are there, rising."""
        distinct: Tensor = torch.unique_consecutive(self.values)
        return distinct

    def quantiles(self, levels: Sequence[float]) -> Tensor:
        """Those of each member: (members, levels); see `weighted_quantiles`."""
        if not len(self.values):
            return self.values.new_full((len(self.cumulative), len(levels)), torch.nan)
        total = self.cumulative[:, -1:]
        wanted = total * torch.tensor(levels, dtype=total.dtype, device=total.device)
        # A share of zero must not pick a row of no weight, hence the least positive number.
        position = torch.searchsorted(self.cumulative, wanted.clamp(min=torch.finfo(total.dtype).tiny))
        found = self.values[position.clamp(max=len(self.values) - 1)]
        return found.where(total > 0, torch.nan)

    def edges(self, bins: int) -> Tensor:
        """The edges of bins: (members, bins + 1); see `bin_edges`."""
        distinct = self.distinct
        if len(distinct) <= bins + 1:
            return _padded(distinct, bins + 1).expand(len(self.cumulative), -1)
        edges = []
        for own in self.quantiles([i / bins for i in range(bins + 1)]):
            own = torch.unique(own[~own.isnan()])
            spare = bins + 1 - len(own)
            among = distinct[torch.linspace(0, len(distinct) - 1, spare + 2).round().long()[1:-1]]
            edges.append(_padded(torch.unique(torch.cat([own, among])), bins + 1))
        return torch.stack(edges)


def bin_edges(values: Tensor, weights: Tensor, bins: int) -> Tensor:
    """The edges of a column's bins: quantiles of each member's rows.

    Quantiles that fall together, in a column where some values are frequent, would be lost; in their place come
    quantiles of the column's distinct values. A column of few values has an edge at each.

    Shape
    -----
    values : (rows,), float64, NaN for missing
    weights : (members, rows), float64
    returns : (members, bins + 1), rising, float64; what is left over repeats the last edge
    """
    return SortedColumn(values, weights).edges(bins)


def _padded(edges: Tensor, count: int) -> Tensor:
    return torch.cat([edges, edges[-1:].expand(count - len(edges))])


def _has_many_values(column: Tensor) -> bool:
    """Whether there are more than two."""
    known = column[~column.isnan()]
    return len(known) > 2 and bool(((known > known.min()) & (known < known.max())).any())


def weighted_quantiles(values: Tensor, weights: Tensor, levels: Sequence[float]) -> Tensor:
    """Quantiles by the inverted distribution function: the least value that at least a share `level` does not exceed.

    NaN is left out; where nothing is left the result is NaN.

    Shape
    -----
    values : (rows,), float64
    weights : (members, rows), float64
    returns : (members, len(levels))
    """
    return SortedColumn(values, weights).quantiles(levels)


def _robust(values: SortedColumn) -> tuple[Tensor, Tensor]:
    low, first, median, third, high = values.quantiles((0, 0.25, 0.5, 0.75, 1)).unbind(-1)
    # A column that is mostly one value has no interquartile range: half its whole range takes the place.
    scale = (third - first).where(third > first, (high - low) / 2)
    return median.nan_to_num(0.0), scale.where(scale > 0, 1.0)


def _standard(values: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
    weights = weights * ~values.isnan()
    shares = weights / weights.sum(-1, keepdim=True).clamp(min=torch.finfo(values.dtype).tiny)
    values = values.nan_to_num(0.0)
    mean = (shares * values).sum(-1)
    deviation = (shares * (values - mean[:, None]).square()).sum(-1).sqrt()
    # What is left of a constant column after rounding is noise, not spread.
    return mean, deviation.where(deviation > 1e-12 * mean.abs(), 1.0)


def _known_levels(codes: Tensor, weights: Tensor, cardinalities: Sequence[int]) -> Tensor:
    known = torch.zeros(weights.shape[0], sum(cardinalities), dtype=torch.bool, device=codes.device)
    start = 0
    for column, cardinality in zip(codes.T.contiguous(), cardinalities, strict=True):
        end = start + cardinality
        for own, weight in zip(known, weights, strict=True):
            own[start:end] = torch.bincount(column, weight, cardinality) > 0
        known[:, start : start + FIRST_LEVEL] = True
        start = end
    return known
