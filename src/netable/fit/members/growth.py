"""Growing an oblivious tree of each member from the derivatives of a loss."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from netable.nn.bodies.trees import DEPTH
from netable.nn.quantiles import SortedColumn

Floats = NDArray[np.floating]

# A feature is cut into so many bins at most, by the values of so many rows at most.
BINS, BINNING_ROWS = 64, 10_000
# Each tree sees a share of the features that vary, between so many.
SHARE_OF_FEATURES, FEWEST_FEATURES, MOST_FEATURES = 0.7, 6, 32
# Leaves are drawn to zero by so much curvature.
RIDGE = 0.1
# Outputs that choose the splits: those with the largest gradients (SketchBoost, arXiv:2211.12858).
SKETCH = 2


class Trees(NamedTuple):
    """A tree of each member.

    Attributes
    ----------
    features : (members, DEPTH), integers
    thresholds : (members, DEPTH)
        A row is beyond a split if its feature is greater.
    leaves : (members, 2^DEPTH, d_out)
        The number of a leaf has a bit for each split, the first one the highest.
    """

    features: NDArray[np.int64]
    thresholds: Floats
    leaves: Floats


class Binned(NamedTuple):
    """Features of each member's rows as numbers of bins.

    Attributes
    ----------
    bins : (members, d_in, rows), uint8
        The thresholds that a value is beyond.
    thresholds : (members, d_in, BINS - 1)
        Increasing, each between two values; padded with the largest number.
    """

    bins: NDArray[np.uint8]
    thresholds: Floats

    @classmethod
    def of(cls, features: Tensor, counts: Sequence[int], streams: Sequence[np.random.Generator]) -> Binned:
        """Cut features, (members, rows, d_in), each at its quantiles; at every value where it has few.

        Parameters
        ----------
        counts : sequence of int
            The rows of each member, which come first.
        streams : sequence of numpy.random.Generator
            Draw the rows whose values are the thresholds.
        """
        thresholds = np.stack(
            [
                [_thresholds(column) for column in columns[rng.permutation(count)[:BINNING_ROWS]].T]
                for columns, count, rng in zip(features, counts, streams, strict=True)
            ]
        )
        columns = features.mT.contiguous().numpy()
        bins = np.empty(columns.shape, np.uint8)
        for place in np.ndindex(columns.shape[:2]):
            bins[place] = np.searchsorted(thresholds[place], columns[place])
        return cls(bins, thresholds)

    def varies(self) -> NDArray[np.bool]:
        """True for features of more than one bin: (members, d_in)."""
        varies: NDArray[np.bool] = self.thresholds[..., 0] < np.finfo(self.thresholds.dtype).max
        return varies

    def leaves(self, features: NDArray[np.int64], cuts: NDArray[np.int64]) -> NDArray[np.int64]:
        """The number of each row's leaf, for the bins below each split: twice (members, DEPTH) to (members, rows)."""
        leaf = np.zeros((len(self.bins), self.bins.shape[2]), np.int64)
        for feature, cut in zip(features.T, cuts.T, strict=True):
            leaf = 2 * leaf + (self.bins[np.arange(len(feature)), feature] > cut[:, None])
        return leaf


def _thresholds(column: Tensor) -> Floats:
    """The middles between values at the edges of bins and the next greater ones."""
    values = SortedColumn(column, torch.ones(1, len(column), dtype=torch.float64))
    edges, distinct = torch.unique(values.edges(BINS - 1)), values.distinct
    after = torch.searchsorted(distinct, edges, right=True)
    cuts = ((edges + distinct[after.clamp(max=len(distinct) - 1)]) / 2)[after < len(distinct)]
    padded = column.new_full((BINS - 1,), torch.finfo(column.dtype).max)
    padded[: len(cuts)] = cuts
    return padded.numpy()


def grow(
    binned: Binned,
    rows: NDArray[np.int64] | None,
    gradient: Floats,
    curvature: Floats,
    streams: Sequence[np.random.Generator],
) -> tuple[Trees, NDArray[np.int64]]:
    """The trees that lower a loss most, level by level, to second order; and the leaf of every row.

    A level's split has the largest sum of G² / (H + ridge) over all leaves, where G and H are the sums of gradients
    and curvatures in a leaf; a leaf is the Newton step -G / (H + ridge) (Chen & Guestrin 2016, arXiv:1603.02754).

    Parameters
    ----------
    binned : Binned
    rows : (members, n), integers
        Those that each tree is grown from; all if None.
    gradient, curvature : (members, n, d_out)
        Of their loss, by the outputs; 0 for rows that do not count.
    streams : sequence of numpy.random.Generator
        Draw the features that the tree of each member may split by.
    """
    members = np.arange(len(binned.bins))
    features = _some_features(binned, streams)
    bins = binned.bins[members[:, None], features]
    if rows is not None:
        bins = np.take_along_axis(bins, rows[:, None], 2)
    sums = _Sums.of(bins, gradient, curvature)
    leaf, chosen, cuts = np.zeros(gradient.shape[:2], np.int64), [], []
    for level in range(DEPTH):
        feature, cut = sums.best_splits(leaf, 1 << level)
        leaf = 2 * leaf + (bins[members, feature] > cut[:, None])
        chosen.append(features[members, feature])
        cuts.append(cut)
    splits = np.stack(chosen, 1), np.stack(cuts, 1)
    of_all = leaf if rows is None else binned.leaves(*splits)
    thresholds = binned.thresholds[members[:, None], *splits]
    return Trees(splits[0], thresholds, _newton_steps(leaf, gradient, curvature)), of_all


def _some_features(binned: Binned, streams: Sequence[np.random.Generator]) -> NDArray[np.int64]:
    """Random features of each member, of those that vary: (members, most); the first again where there are fewer."""
    drawn = []
    for varies, rng in zip(binned.varies(), streams, strict=True):
        varied = np.flatnonzero(varies)
        count = min(max(FEWEST_FEATURES, round(SHARE_OF_FEATURES * len(varied))), MOST_FEATURES)
        drawn.append(rng.permutation(varied if len(varied) else len(varies))[:count])
    most = max(map(len, drawn))
    return np.stack([np.append(some, np.repeat(some[:1], most - len(some))) for some in drawn])


class _Sums(NamedTuple):
    """Sums of gradients and curvatures by leaf, feature and bin.

    Attributes
    ----------
    place : (members, features, rows), integers
        The bin of each value among those of all features of its member.
    weights : arrays of the same size, flat
        A gradient of each row for each output of the sketch, and at last its curvature.
    """

    place: NDArray[np.int64]
    weights: list[Floats]

    @classmethod
    def of(cls, bins: NDArray[np.uint8], gradient: Floats, curvature: Floats) -> _Sums:
        count = bins.shape[1]
        largest = np.argsort(-np.square(gradient).sum(1), 1)[:, None, :SKETCH]
        sketch = np.take_along_axis(gradient, largest, 2)
        parts = [*np.moveaxis(sketch, 2, 0), curvature.mean(2)]
        place = bins + BINS * np.arange(count)[:, None]
        return cls(place, [np.repeat(part[:, None], count, 1).ravel() for part in parts])

    def best_splits(
        self, leaf: NDArray[np.int64], leaves: int
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The place of each member's best feature, and the last bin that is not beyond its split.

        Shape
        -----
        leaf : (members, rows)
        returns : twice (members,)
        """
        members, count, _ = self.place.shape
        shape = (members, leaves, count, BINS)
        of_leaf = leaf + leaves * np.arange(members)[:, None]
        at = (self.place + count * BINS * of_leaf[:, None]).ravel()
        size = members * leaves * count * BINS
        *gradients, curvature = [np.bincount(at, weight, size).reshape(shape) for weight in self.weights]
        below: Floats = np.cumsum(curvature, -1)
        above = below[..., -1:] - below + RIDGE
        below = below + RIDGE
        score = np.zeros((members, count, BINS))
        for gradient in gradients:
            lower: Floats = np.cumsum(gradient, -1)
            upper = lower[..., -1:] - lower
            score += (np.square(lower) / below + np.square(upper) / above).sum(1)
        best = score[..., :-1].reshape(members, -1).argmax(1)
        return best // (BINS - 1), best % (BINS - 1)


def _newton_steps(leaf: NDArray[np.int64], gradient: Floats, curvature: Floats) -> Floats:
    """The steps of all leaves: (members, 2^DEPTH, d_out)."""
    members, _, d_out = gradient.shape
    at = (leaf + (np.arange(members)[:, None] << DEPTH)).ravel()
    g, h = (
        np.stack([np.bincount(at, part.ravel(), members << DEPTH) for part in np.moveaxis(parts, 2, 0)], 1)
        for parts in (gradient, curvature)
    )
    steps: Floats = (-g / (h + RIDGE)).reshape(members, 1 << DEPTH, d_out)
    return steps
