"""Statistics of each member's training rows, before the first step: centres, scales, bins, known levels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from netable.nn.codes import FIRST_LEVEL, least_rows
from netable.nn.level_means import LevelMeans
from netable.nn.quantiles import BinCounts, BinEdges, SortedColumn, robust_scale


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
    level_means : for networks that see levels by their means, if there are any
    """

    center: Tensor
    scale: Tensor
    bins: tuple[BinEdges, ...]
    known: Tensor
    cardinalities: tuple[int, ...]
    widths: tuple[int, ...]
    level_means: LevelMeans | None = None

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

    def take(self, members: Sequence[int], *, for_training: bool = False) -> InputStatistics:
        """The statistics of some of the members; `LevelMeans.take` has more of them for training."""
        some = list(members)
        bins = tuple(group._replace(edges=group.edges[some]) for group in self.bins)
        return self._replace(
            center=self.center[some],
            scale=self.scale[some],
            bins=bins,
            known=self.known[some],
            level_means=self.level_means and self.level_means.take(some, for_training=for_training),
        )

    def encoded(self, means: LevelMeans) -> InputStatistics:
        """The statistics of numbers and means together, and of the codes that remain beside means."""
        columns = list(zip(self.cardinalities, self.widths, strict=True))
        stays = [width > 1 for _, width in columns]
        of_level = torch.tensor(
            [stay for stay, (count, _) in zip(stays, columns, strict=True) for _ in range(count)],
            dtype=torch.bool,
        )
        kept = [column for column, stay in zip(columns, stays, strict=True) if stay]
        return InputStatistics(
            torch.cat([self.center, means.center], -1),
            torch.cat([self.scale, means.scale], -1),
            self.bins,
            self.known[..., of_level],
            tuple(count for count, _ in kept),
            tuple(width for _, width in kept),
        )


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
        measured.append(robust_scale(values) if robust and values else _standard(column.double(), stacked))
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


def _has_many_values(column: Tensor) -> bool:
    """True for more than two distinct values."""
    known = column[~column.isnan()]
    return len(known) > 2 and bool(((known > known.min()) & (known < known.max())).any())


def _standard(values: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
    weights = weights * ~values.isnan()
    shares = weights / weights.sum(-1, keepdim=True).clamp(min=torch.finfo(values.dtype).tiny)
    values = values.nan_to_num(0.0)
    mean = (shares * values).sum(-1)
    deviation = (shares * (values - mean[:, None]).square()).sum(-1).sqrt()
    # The deviation of a constant column is rounding error.
    return mean, deviation.where(deviation > 1e-12 * mean.abs(), 1.0)


def _known_levels(
    codes: Tensor, weights: Tensor, cardinalities: Sequence[int], widths: Sequence[int]
) -> Tensor:
    known = torch.zeros(weights.shape[0], sum(cardinalities), dtype=torch.bool, device=codes.device)
    start = 0
    for columns, cardinality in zip(codes.split_with_sizes(list(widths), 1), cardinalities, strict=True):
        end = start + cardinality
        fewest = least_rows(cardinality)  # what is rare shows how new levels behave
        for levels, weight in zip(known, weights, strict=True):
            rows = torch.bincount(columns[weight > 0].flatten(), minlength=cardinality)
            levels[start:end] = rows >= fewest
        known[:, start : start + FIRST_LEVEL] = True
        start = end
    return known
