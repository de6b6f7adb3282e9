"""Means of the target over the rows of equal levels, for each member from its own training rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from netable.nn.codes import ONE_HOT_LEVELS, codes_of_columns
from netable.nn.groups import CHOOSING_ROWS, Groups, NumberLevels, choose_groups, places_of, repeated
from netable.nn.quantiles import BinCounts, BinEdges, SortedColumn, robust_scale

# Rows of a member's mean target that are added to those of each group.
SMOOTHING = 5.0
# Features of means at most.
MOST_FEATURES = 128
# With less room than that many pairs take, means are not worth a stack.
FEWEST_GROUPS = 16
# Rows from which the scale of the means is learned.
SCALING_ROWS = 8_000


class LevelMeans(NamedTuple):
    """Means of the target over the rows of equal levels, as `learn_level_means` finds them.

    Shape
    -----
    numbers : the numbers that form groups, too, as further columns of codes
    columns : (n, 2), integers
        The columns of codes whose pairs of levels form groups; equal ones for the levels of a single column.
    keys : (groups,), integers, increasing
        The numbers of the groups that have a mean.
    means : (*members, 1 + groups, d_out)
        The first is that of all other groups.
    by_part : (*members, 1 + parts, 1 + groups, d_out), or None
        The means of all rows, and without those of each part; for training.
    center, scale : (*members, n * d_out)
    bins : edges of the columns of means, or none
    """

    numbers: NumberLevels
    columns: Tensor
    keys: Tensor
    means: Tensor
    by_part: Tensor | None
    center: Tensor
    scale: Tensor
    bins: tuple[BinEdges, ...]

    def take(self, members: Sequence[int]) -> LevelMeans:
        """The means of all rows for some of the members."""
        bins = tuple(group._replace(edges=group.edges[members]) for group in self.bins)
        return self._replace(
            means=self.means[members],
            by_part=None,
            center=self.center[members],
            scale=self.scale[members],
            bins=bins,
        )


def suits_means(d_num: int, levels: Sequence[int], d_out: int) -> bool:
    """True if so many numbers, and categories of so many levels, form groups, and their means have room.

    Parameters
    ----------
    d_out : int
        The means of a group: one for each class or target.
    """
    has_pairs = d_num + len(levels) > 1
    return (has_pairs or max(levels, default=0) > ONE_HOT_LEVELS) and FEWEST_GROUPS * d_out <= MOST_FEATURES


def learn_level_means(
    numbers: Tensor,
    codes: Tensor,
    y: Tensor,
    weights: Tensor,
    parts: Tensor,
    cardinalities: Sequence[int],
    widths: Sequence[int],
    *,
    bins: bool,
) -> LevelMeans:
    """The means of each member, and the same without the rows of each part.

    A mean of few rows tells their own targets, so a training row has a mean without the rows of its part. It is pulled
    to the mean of all rows by SMOOTHING rows of that.

    Parameters
    ----------
    numbers : (rows, d_num)
        NaN for missing.
    codes : (rows, d_cat)
        0 missing, 1 never seen, then levels.
    y : (rows, d_out), float64, or (members, rows, d_out)
        A column for each class (of two for the second), or `bounded_targets`.
    weights : (members, rows), float64
        The weight of each row for each member, 0 for rows that it must not learn from.
    parts : (rows,), integers
        1 and above; 0 for rows that nothing learns from.
    cardinalities, widths
        As for `learn_statistics`; texts are left out.
    bins : bool
        Learn bins of the means.
    """
    is_learned = (weights > 0).any(0)
    chosen = numbers[is_learned]
    of_numbers = NumberLevels.learn(chosen[:: -(-len(chosen) // CHOOSING_ROWS) or 1])
    levels = torch.cat([codes, of_numbers(numbers).to(codes)], 1)
    counts = codes_of_columns(cardinalities, widths) + of_numbers.cardinalities
    columns = choose_groups(levels[is_learned], counts, codes.shape[1], MOST_FEATURES // y.shape[-1])
    groups = Groups(columns, counts)
    keys = groups(levels)
    known = torch.cat([*map(repeated, keys[is_learned].T), torch.empty(0, dtype=torch.int64)])
    places = places_of(keys, known)
    by_part = torch.stack(
        [
            _means(places, targets, weight, parts, 1 + len(known))
            for targets, weight in zip(y.expand(len(weights), -1, -1), weights, strict=True)
        ]
    ).float()
    some = torch.arange(len(codes))[:: -(-len(codes) // SCALING_ROWS)]
    measured = [
        _scaled(means[parts[some, None], places[some]].flatten(1), weight[None, some], bins=bins)
        for means, weight in zip(by_part, weights, strict=True)
    ]
    center, scale, edges = (torch.stack(part) for part in zip(*measured, strict=True))
    all_bins = (BinEdges(torch.arange(edges.shape[1]), edges),) if edges.shape[1] else ()
    return LevelMeans(of_numbers, columns, known, by_part[:, 0], by_part, center, scale, all_bins)


def bounded_targets(y: Tensor, weights: Tensor) -> Tensor:
    """A regression's targets scaled by each member's rows and smoothly bounded, so that outliers do not decide a mean.

    Shape
    -----
    y : (rows, d_out), float64
    weights : (members, rows), float64
    returns : (members, rows, d_out)
    """
    measured = [robust_scale(SortedColumn(column, weights)) for column in y.T]
    center, scale = (torch.stack(part, -1).unsqueeze(1) for part in zip(*measured, strict=True))
    x: Tensor = (y - center) / scale
    return x * (1 + (x / 3).square()).rsqrt()


def _means(places: Tensor, y: Tensor, weight: Tensor, parts: Tensor, size: int) -> Tensor:
    """A member's means of all rows, and without each part: (1 + parts, size, d_out), float64."""
    n_parts = int(parts.max()) + 1
    flat = (parts.unsqueeze(-1) * size + places).flatten()
    columns = torch.cat([y, torch.ones_like(y[:, :1])], 1).T * weight
    by_part = torch.stack(
        [
            torch.bincount(flat, column.repeat_interleave(places.shape[1]), n_parts * size).view(
                n_parts, size
            )
            for column in columns
        ],
        -1,
    )
    total = torch.zeros(n_parts, columns.shape[0], dtype=y.dtype).index_add_(0, parts, columns.T)
    # Of all rows, and of all but those of each part; nothing is learned from rows of part 0.
    sums, all_rows = by_part.sum(0) - by_part, total.sum(0) - total
    sums[0], all_rows[0] = by_part.sum(0), total.sum(0)
    prior = all_rows[:, None, :-1] / all_rows[:, None, -1:].clamp(min=torch.finfo(y.dtype).tiny)
    sums[:, 0] = 0  # groups that are not known
    return (sums[..., :-1] + SMOOTHING * prior) / (sums[..., -1:] + SMOOTHING)


def _scaled(values: Tensor, weight: Tensor, *, bins: bool) -> tuple[Tensor, Tensor, Tensor]:
    """The center and scale of each column of one member's means, (n,), and edges of bins, (n or 0, bins + 1)."""
    columns = [SortedColumn(column, weight) for column in values.double().T]
    measured = [robust_scale(column) for column in columns]
    center, scale = (torch.cat([m[i] for m in measured]) if measured else values.new_empty(0) for i in (0, 1))
    few = BinCounts.for_columns(len(columns)).few
    edges = [column.edges(few)[0] for column in columns] if bins else []
    return (
        center.to(values.dtype),
        scale.to(values.dtype),
        torch.stack(edges).to(values.dtype) if edges else values.new_empty(0, few + 1),
    )
