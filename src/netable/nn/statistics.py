"""Statistics of each member's training rows, before the first step: centres, scales, bins, known levels."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

import torch
from torch import Tensor

# Codes 0 and 1 of every category column; the levels follow.
MISSING, UNSEEN, FIRST_LEVEL = 0, 1, 2
# Categories of at most this many levels are one-hot encoded; those of more have a learned embedding.
ONE_HOT_LEVELS = 9
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


class InputStatistics(NamedTuple):
    """Statistics of the columns, for one member or a stack of them.

    Shape
    -----
    center, scale : (*members, d_num)
    bins : columns with bins, grouped by the number of bins
    known : (*members, sum of cardinalities), true for levels in the member's training rows; in one row at least, and in
        two if there are so many that they have an embedding
    cardinalities : levels of each category or text, the two special ones included
    widths : codes of each category (1) or text
    """

    center: Tensor
    scale: Tensor
    bins: tuple[BinEdges, ...]
    known: Tensor
    cardinalities: tuple[int, ...]
    widths: tuple[int, ...]

    @classmethod
    def blank(
        cls,
        d_num: int,
        cardinalities: Sequence[int],
        widths: Sequence[int],
        members: tuple[int, ...],
        dtype: torch.dtype,
    ) -> InputStatistics:
        """Placeholders, for a network whose state is loaded afterwards."""
        zeros = torch.zeros(*members, d_num, dtype=dtype)
        known = torch.ones(*members, sum(cardinalities), dtype=torch.bool)
        return cls(zeros, zeros + 1, (), known, tuple(cardinalities), tuple(widths))

    def take(self, members: Sequence[int]) -> InputStatistics:
        """The statistics of some of the members."""
        some = list(members)
        bins = tuple(group._replace(edges=group.edges[some]) for group in self.bins)
        return self._replace(
            center=self.center[some], scale=self.scale[some], bins=bins, known=self.known[some]
        )


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


def learn_statistics(
    numbers: Tensor,
    codes: Tensor,
    weights: Tensor,
    cardinalities: Sequence[int],
    widths: Sequence[int] | None = None,
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
    widths : sequence of int, optional
        The columns of `codes` of each of the `cardinalities`; one each if None.
    weights : (*members, rows), float64
        The weight of each row for each member, 0 for rows that it must not learn from. A weight of 2 equals the same
        row twice, exactly, except that a level of one row stays one of one row.
    robust : bool
        Median and interquartile range; otherwise mean and standard deviation.
    bins : bool
        Learn bins for columns of more than two values.
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
    for by_column in edges.values():
        columns = torch.tensor(list(by_column), device=numbers.device)
        stack = torch.stack(list(by_column.values()), 1)
        groups.append(BinEdges(columns, stack.reshape(*members, *stack.shape[1:]).to(numbers.dtype)))
    widths = [1] * len(cardinalities) if widths is None else widths
    known = _known_levels(codes, stacked, cardinalities, widths).reshape(*members, -1)
    return InputStatistics(center, scale, tuple(groups), known, tuple(cardinalities), tuple(widths))


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


def _has_many_values(column: Tensor) -> bool:
    """True for more than two distinct values."""
    known = column[~column.isnan()]
    return len(known) > 2 and bool(((known > known.min()) & (known < known.max())).any())


def _robust(values: SortedColumn) -> tuple[Tensor, Tensor]:
    low, first, median, third, high = values.quantiles((0, 0.25, 0.5, 0.75, 1)).unbind(-1)
    # A column that is mostly one value has an interquartile range of 0; half of the whole range replaces it.
    scale = (third - first).where(third > first, (high - low) / 2)
    return median.nan_to_num(0.0), scale.where(scale > 0, 1.0)


def _standard(values: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
    weights = weights * ~values.isnan()
    shares = weights / weights.sum(-1, keepdim=True).clamp(min=torch.finfo(values.dtype).tiny)
    values = values.nan_to_num(0.0)
    mean = (shares * values).sum(-1)
    deviation = (shares * (values - mean[:, None]).square()).sum(-1).sqrt()
    # The deviation of a constant column is rounding error.
    return mean, deviation.where(deviation > 1e-12 * mean.abs(), 1.0)


def has_embedding(cardinality: int) -> bool:
    """True if a category with so many codes has an embedding, False if it is one-hot encoded."""
    return cardinality > ONE_HOT_LEVELS + FIRST_LEVEL


def _known_levels(
    codes: Tensor, weights: Tensor, cardinalities: Sequence[int], widths: Sequence[int]
) -> Tensor:
    known = torch.zeros(weights.shape[0], sum(cardinalities), dtype=torch.bool, device=codes.device)
    start = 0
    for columns, cardinality in zip(codes.split_with_sizes(list(widths), 1), cardinalities, strict=True):
        end = start + cardinality
        # The embedding of a level in a single row would be that row's answer; what is rare shows how new levels behave.
        fewest = 2 if has_embedding(cardinality) else 1
        for levels, weight in zip(known, weights, strict=True):
            rows = torch.bincount(columns[weight > 0].flatten(), minlength=cardinality)
            levels[start:end] = rows >= fewest
        known[:, start : start + FIRST_LEVEL] = True
        start = end
    return known
