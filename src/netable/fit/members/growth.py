"""Growing one oblivious tree from the derivatives of a loss."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from netable.nn.bodies.trees import DEPTH
from netable.nn.quantiles import SortedColumn

Floats = NDArray[np.floating]

# A feature is cut into so many bins at most, by the values of so many rows at most.
BINS, BINNING_ROWS = 64, 10_000
# Each tree sees a share of the features, between so many.
SHARE_OF_FEATURES, FEWEST_FEATURES, MOST_FEATURES = 0.4, 6, 32
# Leaves are drawn to zero by so much curvature.
RIDGE = 0.1
# Outputs that choose the splits: those with the largest gradients (SketchBoost, arXiv:2211.12858).
SKETCH = 2


class Tree(NamedTuple):
    """An oblivious tree.

    Attributes
    ----------
    features : (DEPTH,), integers
    thresholds : (DEPTH,)
        A row is beyond a split if its feature is greater.
    leaves : (2^DEPTH, d_out)
        The number of a leaf has a bit for each split, the first one the highest.
    """

    features: NDArray[np.int64]
    thresholds: Floats
    leaves: Floats


class Binned(NamedTuple):
    """Features of rows as numbers of bins.

    Attributes
    ----------
    bins : (d_in, rows), uint8
        The thresholds that a value is beyond.
    thresholds : (d_in, BINS - 1)
        Increasing, each between two values; padded with the largest number.
    """

    bins: NDArray[np.uint8]
    thresholds: Floats

    @classmethod
    def of(cls, features: torch.Tensor) -> Binned:
        """Cut features, (rows, d_in), each at its quantiles; at every value where it has few."""
        every = -(-len(features) // BINNING_ROWS)
        columns = features.T.contiguous()
        thresholds = np.stack([_thresholds(column[::every]) for column in columns])
        bins = np.stack(
            [
                np.searchsorted(cuts, column).astype(np.uint8)
                for cuts, column in zip(thresholds, columns.numpy(), strict=True)
            ]
        )
        return cls(bins, thresholds)

    def leaf(self, features: NDArray[np.int64], cuts: NDArray[np.int64]) -> NDArray[np.int64]:
        """The number of each row's leaf, for the bins below each split."""
        leaf = np.zeros(self.bins.shape[1], np.int64)
        for feature, cut in zip(features, cuts, strict=True):
            leaf = 2 * leaf + (self.bins[feature] > cut)
        return leaf


def _thresholds(column: torch.Tensor) -> Floats:
    """The middles between values at the edges of bins and the next greater ones."""
    values = SortedColumn(column, torch.ones(1, len(column), dtype=torch.float64))
    edges, distinct = torch.unique(values.edges(BINS - 1)), values.distinct
    after = torch.searchsorted(distinct, edges, right=True)
    cuts = ((edges + distinct[after.clamp(max=len(distinct) - 1)]) / 2)[after < len(distinct)]
    padded = column.new_full((BINS - 1,), torch.finfo(column.dtype).max)
    padded[: len(cuts)] = cuts
    return padded.numpy()


def grow_tree(
    binned: Binned,
    rows: NDArray[np.int64],
    gradient: Floats,
    curvature: Floats,
    rng: np.random.Generator,
) -> tuple[Tree, NDArray[np.int64]]:
    """The tree that lowers a loss most, level by level, to second order; and every row's leaf.

    A level's split has the largest sum of G² / (H + ridge) over all leaves, where G and H are the sums of gradients
    and curvatures in a leaf; a leaf is the Newton step -G / (H + ridge) (Chen & Guestrin 2016, arXiv:1603.02754).

    Parameters
    ----------
    binned : Binned
    rows : (n,), integers
        Those that the tree is grown from.
    gradient, curvature : (n, d_out)
        Of their loss, by the outputs.
    rng : numpy.random.Generator
        Draws the features that the tree may split by.
    """
    d_in = len(binned.bins)
    count = min(max(FEWEST_FEATURES, round(SHARE_OF_FEATURES * d_in)), MOST_FEATURES)
    varied = np.flatnonzero(binned.bins.any(1))
    some = rng.permutation(varied if len(varied) else d_in)[:count]
    bins = binned.bins[some[:, None], rows]
    place = (bins + BINS * np.arange(len(some))[:, None]).astype(np.int64)
    largest = np.argsort(-np.square(gradient).sum(0))[:SKETCH]
    weights = [np.tile(part, len(some)) for part in (*gradient[:, largest].T, curvature.mean(1))]
    leaf, features, cuts = np.zeros(len(rows), np.int64), [], []
    for level in range(DEPTH):
        shape = (1 << level, len(some), BINS)
        at = (place + leaf * (len(some) * BINS)).ravel()
        size = (len(some) * BINS) << level
        sums: list[NDArray[Any]] = [np.bincount(at, weight, size).reshape(shape) for weight in weights]
        feature, cut = _best_split(sums[:-1], sums[-1])
        leaf = 2 * leaf + (bins[feature] > cut)
        features.append(some[feature])
        cuts.append(cut)
    chosen = np.array(features), np.array(cuts)
    g, h = (
        np.stack([np.bincount(leaf, part, 1 << DEPTH) for part in parts.T], 1)
        for parts in (gradient, curvature)
    )
    return Tree(chosen[0], binned.thresholds[chosen], -g / (h + RIDGE)), binned.leaf(*chosen)


def _best_split(gradients: list[Floats], curvature: Floats) -> tuple[int, int]:
    """The feature of the best split, and the last bin that is not beyond it; sums (leaves, features, bins)."""
    below = curvature.cumsum(-1)
    above = below[..., -1:] - below + RIDGE
    below += RIDGE
    score = np.zeros(curvature.shape[1:])
    for gradient in gradients:
        lower = gradient.cumsum(-1)
        upper = lower[..., -1:] - lower
        score += (np.square(lower) / below + np.square(upper) / above).sum(0)
    best = int(score[:, :-1].argmax())
    return divmod(best, BINS - 1)
