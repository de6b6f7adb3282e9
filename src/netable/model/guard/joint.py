"""The columns together: how far a row lies from the cloud of the training rows."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from netable.config.codes import UNSEEN
from netable.model.guard.layout import Layout
from netable.model.guard.scales import Scales
from netable.system.brief import brief
from netable.table.encode import Encoded

Floats = NDArray[np.float64]
# The matrix grows with the square of the features; more of them are left out, the least related first.
MOST_FEATURES = 64
# The features among which those are chosen.
_CANDIDATES = 512
# The parts of the training rows, each measured by what the others tell.
PARTS = 5
# A level whose share is nearer to 0 or 1 says little of other columns.
_LEAST_SHARE = 0.05
# A category has rare levels if they make up such a share of its rows.
_LEAST_RARE = 0.01
# The share of the unit matrix in the correlations of few rows, and the least one.
_SHRINKAGE = 0.02
# No rank of a value is nearer to 0 or 1.
_TINY = 1e-9


class Joint(NamedTuple):
    """The correlations among normal scores of numbers and among frequent levels, without those of the target.

    Each number is replaced by the normal quantile of its rank (a Gaussian copula), so that neither units nor heavy
    tails matter. The distance is that of Mahalanobis (1936), squared, over the number of features.

    Attributes
    ----------
    features : (k,)
        Columns on a scale by their place, then codes of categories, whose places follow.
    center, spread : (k,), float32
        Mean and standard deviation of each.
    precision : (k, k), float32
        The inverse of the correlations.
    """

    features: NDArray[np.int64]
    center: NDArray[np.float32]
    spread: NDArray[np.float32]
    precision: NDArray[np.float32]

    def __repr__(self) -> str:
        return brief(self)

    @classmethod
    def learn(
        cls, layout: Layout, scales: Scales, levels: NDArray[np.float32], encoded: Encoded
    ) -> tuple[Joint, Floats]:
        """The correlations, and the distance of each row by those of other parts of the rows: (rows,)."""
        features = _candidates(layout, scales, levels)
        values = _values(layout, scales, levels, features, encoded)
        varied = _vary(values)
        features, values = features[varied], values[:, varied]
        if len(features) > MOST_FEATURES:
            best = _most_related(values)
            features, values = features[best], values[:, best]
        center, spread = np.nanmean(values, 0), np.nanstd(values, 0)
        scaled = np.nan_to_num((values - center) / spread)
        distances = np.zeros(len(scaled))
        products = scaled.T @ scaled
        for part in range(PARTS):
            held = scaled[part::PARTS]
            others = products - held.T @ held
            distances[part::PARTS] = _distances(held, _precision(others, len(scaled) - len(held)))
        parts = center, spread, _precision(products, len(scaled))
        return cls(features, *(part.astype(np.float32) for part in parts)), distances

    def distances(
        self, layout: Layout, scales: Scales, levels: NDArray[np.float32], encoded: Encoded
    ) -> Floats:
        """The distance of each row, for those of training of the order of 1: (rows,)."""
        return _distances(self._scaled(layout, scales, levels, encoded), self.precision)

    def oddest(
        self, layout: Layout, scales: Scales, levels: NDArray[np.float32], encoded: Encoded
    ) -> list[str]:
        """For each row the column that fits the others least."""
        # The deviation of each feature from what the others let expect, in standard deviations of that.
        apart = (
            self._scaled(layout, scales, levels, encoded) @ self.precision / np.sqrt(np.diag(self.precision))
        )
        return [self._column(layout, place) for place in np.abs(apart).argmax(1)]

    def _column(self, layout: Layout, place: int) -> str:
        feature = int(self.features[place])
        if feature < len(layout.scales):
            return layout.scales[feature]
        return layout.categories[int(layout.category_of(feature - len(layout.scales)))]

    def _scaled(
        self, layout: Layout, scales: Scales, levels: NDArray[np.float32], encoded: Encoded
    ) -> Floats:
        values = _values(layout, scales, levels, self.features, encoded)
        return np.nan_to_num((values - self.center) / self.spread)


def _candidates(layout: Layout, scales: Scales, levels: NDArray[np.float32]) -> NDArray[np.int64]:
    """Columns on a scale but dates, and levels that are neither rare nor almost all there is; at most _CANDIDATES."""
    on_scale = np.flatnonzero((scales.missing < 1) & ~layout.are_times)
    frequent = np.flatnonzero((levels >= _LEAST_SHARE) & (levels <= 1 - _LEAST_SHARE))
    found = np.concatenate([on_scale, len(layout.scales) + frequent])
    return found[:: -(-len(found) // _CANDIDATES) or 1]


def _values(
    layout: Layout,
    scales: Scales,
    levels: NDArray[np.float32],
    features: NDArray[np.int64],
    encoded: Encoded,
) -> Floats:
    """Normal scores of numbers, and 0 or 1 for levels: (rows, features).

    NaN where a number is missing, and where a level was never seen in a category that has no rare levels: new levels
    are as rare ones, and without any of these nothing is known of them.
    """
    numbers, codes = layout.of_scales(encoded), layout.of_categories(encoded)
    values = np.empty((len(numbers), len(features)))
    is_scale = features < len(layout.scales)
    chosen = features[is_scale]
    places = np.flatnonzero(is_scale).tolist()
    for place, feature, scores in zip(places, chosen.tolist(), _scores(scales.up_to[chosen]), strict=True):
        values[:, place] = np.interp(numbers[:, feature], scales.values[feature], scores)
    wanted = features[~is_scale] - len(layout.scales)
    categories = layout.category_of(wanted)
    has_rare = np.bincount(categories, levels[wanted], len(layout.categories)) < 1 - _LEAST_RARE
    cells = codes[:, categories]
    is_unknown = (cells == UNSEEN) & ~has_rare[categories]
    values[:, ~is_scale] = np.where(is_unknown, np.nan, cells == wanted - layout.starts[categories])
    return values


def _scores(up_to: NDArray[np.float32]) -> Floats:
    """The normal quantile of the middle rank of each value, of padding that of the last one: (scales, KNOTS)."""
    below = np.pad(up_to[:, :-1], ((0, 0), (1, 0))).astype(np.float64)
    ranks = np.where(below < 1, (below + up_to) / 2, 0.0)
    scores: Floats = ndtri(np.maximum.accumulate(ranks, 1).clip(_TINY, 1 - _TINY))
    return scores


def _vary(values: Floats) -> NDArray[np.bool_]:
    """True for features of two values or more: (features,)."""
    low = np.nanmin(values, axis=0, initial=np.inf)
    return np.asarray(low < np.nanmax(values, axis=0, initial=-np.inf))


def _most_related(values: Floats) -> NDArray[np.int64]:
    """The features with the strongest correlations to others, in order."""
    some = values[:: -(-len(values) // 1000)]
    correlations = np.corrcoef(np.where(np.isnan(some), np.nanmean(values, 0), some).T)
    related = np.nan_to_num(np.square(correlations)).sum(0)
    return np.sort(np.argsort(-related, kind="stable")[:MOST_FEATURES])


def _precision(products: Floats, n_rows: int) -> Floats:
    """The inverse of the correlations, drawn towards the unit matrix the more the fewer rows there are."""
    k, n_rows = len(products), max(1, n_rows)
    share = min(0.5, _SHRINKAGE + k / n_rows)
    inverse: Floats = np.linalg.inv((1 - share) * products / n_rows + share * np.eye(k)).astype(np.float64)
    return inverse


def _distances(scaled: Floats, precision: NDArray[np.floating]) -> Floats:
    return np.asarray((scaled @ precision * scaled).sum(1) / max(1, len(precision)), np.float64)
