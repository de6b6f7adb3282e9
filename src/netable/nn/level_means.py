"""Means of the target over the rows of equal levels, for each member from its own training rows."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

import torch
from torch import Tensor, nn

from netable.nn.codes import ONE_HOT_LEVELS, codes_of_columns
from netable.nn.quantiles import BinCounts, BinEdges, SortedColumn, robust_scale

# Rows of a member's mean target that are added to those of each group.
SMOOTHING = 10.0
# Features of means at most.
MOST_FEATURES = 64
# Pairs are formed of the columns with the most levels, and chosen by a sample of the rows.
PAIRED_COLUMNS, CHOOSING_ROWS = 24, 20_000
# The most groups of a column or pair, the largest ones. Others count as unseen, as those of a single row do.
MOST_GROUPS = 2**14
# Rows from which the scale of the means is learned.
SCALING_ROWS = 8_000


class LevelMeans(NamedTuple):
    """Means of the target over the rows of equal levels, as `learn_level_means` finds them.

    Shape
    -----
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


def has_groups(levels: Sequence[int], d_out: int) -> bool:
    """True if categories with so many levels form groups worth a mean, and the means of a target are not too many."""
    most = sorted(levels)[-2:]
    pairs = most[0] * most[1] if len(most) > 1 else 0
    return max(*most, pairs, 0) > ONE_HOT_LEVELS and d_out <= MOST_FEATURES


class Groups(nn.Module):
    """A key for each group of rows: those with the same level of a column, or the same levels of two.

    Parameters
    ----------
    columns : (n, 2), integers
        Two columns of codes; equal for the levels of a single one.
    cardinalities : sequence of int
        The codes of each column.

    Shape
    -----
    codes : (…, d_cat), integers
    returns : (…, n), the key of the group that a row is in; keys of a later pair of columns are greater
    """

    columns: Tensor
    firsts: Tensor
    factors: Tensor

    def __init__(self, columns: Tensor, cardinalities: Sequence[int]) -> None:
        super().__init__()
        counts = torch.tensor(cardinalities, dtype=torch.int64)[columns]
        self.register_buffer("columns", columns.clone())  # a model file cannot hold one tensor twice
        self.register_buffer("firsts", counts.prod(1).cumsum(0) - counts.prod(1), persistent=False)
        self.register_buffer("factors", counts[:, 1], persistent=False)

    def forward(self, codes: Tensor) -> Tensor:
        """Keys of groups; see the class for shapes."""
        first, second = codes[..., self.columns[:, 0]], codes[..., self.columns[:, 1]]
        return self.firsts + first.long() * self.factors + second


def places_of(keys: Tensor, known: Tensor) -> Tensor:
    """The place of each group's mean among all means: 0 for one whose key is not known, else 1 and above."""
    if not len(known):
        return torch.zeros_like(keys)
    found = torch.searchsorted(known, keys.contiguous()).clamp_(max=len(known) - 1)
    return torch.where(known[found] == keys, found + 1, 0)


def learn_level_means(
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
    of_codes = codes_of_columns(cardinalities, widths)
    learned = codes[(weights > 0).any(0)]
    groups = Groups(_choose(learned, of_codes, MOST_FEATURES // y.shape[-1]), of_codes)
    keys = torch.cat([*map(_repeated, groups(learned).T), torch.empty(0, dtype=torch.int64)])
    places = places_of(groups(codes), keys)
    by_part = torch.stack(
        [
            _means(places, targets, weight, parts, 1 + len(keys))
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
    return LevelMeans(groups.columns, keys, by_part[:, 0], by_part, center, scale, all_bins)


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


def _choose(codes: Tensor, cardinalities: Sequence[int], most: int) -> Tensor:
    """All categories, then pairs of them, those of the most repeated groups first: (n, 2)."""
    codes = codes[:: -(-len(codes) // CHOOSING_ROWS) or 1]
    categories = sorted(
        (i for i, count in enumerate(cardinalities) if count), key=lambda i: -cardinalities[i]
    )
    pairs = list(combinations(sorted(categories[:PAIRED_COLUMNS]), 2))
    keys = Groups(torch.tensor(pairs, dtype=torch.int64).view(-1, 2), cardinalities)(codes)
    repeated = [len(_repeated(column)) for column in keys.T]
    order = sorted(range(len(pairs)), key=lambda i: -repeated[i])
    chosen = [(i, i) for i in categories] + [pairs[i] for i in order if repeated[i] > ONE_HOT_LEVELS]
    return torch.tensor(chosen[:most], dtype=torch.int64).view(-1, 2)


def _repeated(keys: Tensor) -> Tensor:
    """The groups of at least two rows, increasing; of very many the largest ones."""
    found, counts = torch.unique(keys, return_counts=True)
    found, counts = found[counts > 1], counts[counts > 1]
    if len(found) > MOST_GROUPS:
        found, _ = found[counts.argsort(descending=True, stable=True)[:MOST_GROUPS]].sort()
    groups: Tensor = found
    return groups


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
