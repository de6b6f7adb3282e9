"""Means of the target over the rows of equal levels, for each member from its own training rows."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor

from netable.nn.codes import codes_of_columns
from netable.nn.groups import GroupColumns, Groups, NumberLevels, find_groups
from netable.nn.quantiles import SortedColumn, robust_scale

# Rows of a member's mean target that are added to those of each group.
SMOOTHING = 5.0
# Features of means at most, and groups of all rows, which bound time and memory.
MOST_FEATURES, MOST_PLACES = 128, 2**24
# With less room than that many pairs take, means are not worth a stack.
FEWEST_GROUPS = 16
# Rows from which the scale of the means is learned.
SCALING_ROWS = 2_000


class LevelMeans(NamedTuple):
    """Means of the target over the rows of equal levels, as `learn_level_means` finds them.

    Shape
    -----
    formed : the columns whose levels form groups
    keys : (groups,), integers, increasing
        The numbers of the groups that have a mean.
    means : (*members, 1 + groups, d_out)
        The first is that of all other groups.
    by_part : (*members, 1 + parts, 1 + groups, d_out), or None
        The means of all rows, and without those of each part; for training.
    center, scale : (*members, n * d_out)
    """

    formed: GroupColumns
    keys: Tensor
    means: Tensor
    by_part: Tensor | None
    center: Tensor
    scale: Tensor

    def take(self, members: Sequence[int], *, for_training: bool = False) -> LevelMeans:
        """The means of all rows for some of the members, and for training those without the rows of each part."""
        return self._replace(
            means=self.means[members],
            by_part=self.by_part[members] if for_training and self.by_part is not None else None,
            center=self.center[members],
            scale=self.scale[members],
        )

    def of_single_columns(self, cardinalities: Sequence[int], widths: Sequence[int]) -> LevelMeans:
        """Those of levels alone, without pairs; the arguments are those of `learn_level_means`."""
        numbers, columns = self.formed
        groups = Groups(columns, codes_of_columns(cardinalities, widths) + numbers.cardinalities)
        singles = int((columns[:, 0] == columns[:, 1]).sum())  # they come first, and so do their keys
        known = len(self.keys) if singles == len(columns) else int((self.keys < groups.firsts[singles]).sum())
        features, means = singles * self.means.shape[-1], slice(1 + known)
        return LevelMeans(
            GroupColumns(NumberLevels(numbers.columns[:0], numbers.cuts[:0, :1]), columns[:singles]),
            self.keys[:known],
            self.means[:, means],
            None if self.by_part is None else self.by_part[:, :, means],
            self.center[:, :features],
            self.scale[:, :features],
        )


def have_room(d_out: int) -> bool:
    """True if there is room for enough groups, each with so many means: one for each class or target."""
    return FEWEST_GROUPS * d_out <= MOST_FEATURES


def learn_level_means(
    numbers: Tensor,
    codes: Tensor,
    y: Tensor,
    weights: Tensor,
    parts: Tensor,
    cardinalities: Sequence[int],
    widths: Sequence[int],
    formed: GroupColumns | None = None,
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
    formed : GroupColumns, optional
        The columns whose levels form groups; chosen here if None.
    """
    is_learned = (weights > 0).any(0)
    of_codes = codes_of_columns(cardinalities, widths)
    most = max(FEWEST_GROUPS, min(MOST_FEATURES // y.shape[-1], MOST_PLACES // len(codes)))
    formed = formed or GroupColumns.choose(numbers[is_learned], codes[is_learned], of_codes, most)
    levels = torch.cat([codes, formed.numbers(numbers).to(codes)], 1)
    groups = Groups(formed.columns, of_codes + formed.numbers.cardinalities)
    learn = partial(_means, y.expand(len(weights), -1, -1), weights, parts)
    known, means = [torch.empty(0, dtype=torch.int64)], [learn(torch.zeros_like(parts), 1)]
    some = torch.arange(len(codes))[:: -(-len(codes) // SCALING_ROWS)]
    values = [y.new_empty(len(weights), len(some), 0)]
    for keys in groups.one_by_one(levels):
        of_pair, places = find_groups(keys, is_learned)
        known.append(of_pair)
        of_groups = learn(places, 1 + len(of_pair))
        means.append(of_groups[:, :, 1:])
        values.append(of_groups[:, parts[some], places[some]])
    by_part = torch.cat(means, 2).to(numbers.dtype)
    center, scale = (part.to(numbers.dtype) for part in _scale(torch.cat(values, -1), weights[:, some]))
    return LevelMeans(formed, torch.cat(known), by_part[:, 0], by_part, center, scale)


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


def _means(y: Tensor, weights: Tensor, parts: Tensor, places: Tensor, size: int) -> Tensor:
    """The means of groups of all rows, and without each part; y (members, rows, d_out).

    Shape
    -----
    places : (rows,), below `size`, 0 for groups that are not known
    returns : (members, 1 + parts, size, d_out), float64
    """
    n_parts = int(parts.max()) + 1
    flat = parts * size + places
    sums = torch.stack(
        [
            torch.bincount(flat, column, n_parts * size).view(n_parts, size)
            for targets, weight in zip(y, weights, strict=True)
            for column in (*(targets.T * weight), weight)
        ]
    )
    sums = sums.view(len(weights), -1, n_parts, size).movedim(1, -1)
    left = sums.sum(1, keepdim=True) - sums  # nothing is learned from part 0, which leaves all
    every = left.sum(2, keepdim=True)
    prior = every[..., :-1] / every[..., -1:].clamp(min=torch.finfo(every.dtype).tiny)
    left[:, :, 0] = 0
    return (left[..., :-1] + SMOOTHING * prior) / (left[..., -1:] + SMOOTHING)


def _scale(values: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
    """The median and interquartile range of each column of means: (members, rows, n) to twice (members, n)."""
    center, scale = values.new_zeros(2, len(values), values.shape[-1])
    for member, weight in enumerate(weights):
        for i, column in enumerate(values[member].T):
            center[member, i], scale[member, i] = robust_scale(SortedColumn(column, weight.unsqueeze(0)))
    return center, scale
