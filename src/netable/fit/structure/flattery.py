"""How much a random split flatters: the same rows predicted with and without related rows in training."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from netable.doctor.structure import Flattery
from netable.system.autologging import unlogged
from netable.table.rows import Rows

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Predict = Callable[[Floats], Floats]
# The small models see a share of a long table's rows, between these limits, so that they take little beside training.
FEWEST_ROWS, MOST_ROWS, SHARE = 1500, 6000, 1 / 8
ROWS_OF_A_GROUP = 40
GROUP_FOLDS = 3
# The share of rows that come before those that are tested.
EARLY = 0.6
# Rows near in time are not independent: the interval counts this many chunks of them.
CHUNKS = 20
# Rows of one spell of time, whose errors may have a mean of their own.
SPELL = 16
# The correlation of a column with the order of time, from which it is another clock.
RISING = 0.9
TREES = 12
# A result that is less probable than this is not due to chance.
CHANCE = 1e-3
# Beyond these shares, targets are clipped: one far value should not decide a ratio of squares.
CLIPPED = (0.01, 0.99)


class _Losses(NamedTuple):
    """Clusters of rows that vary together; squared errors without and, in two ways, with related training rows."""

    cluster: Ints
    without: Floats
    exchanged: Floats
    shifted: Floats


def group_flattery(rows: Rows, groups: Ints, n_classes: int, seed: int) -> Flattery:
    """Compare training on other groups only with training that also holds rows of the same group.

    Parameters
    ----------
    groups : (rows,)
        The number of each row's group.
    n_classes : int
        0 for a regression.
    """
    rng = np.random.default_rng(seed)
    taken = _some_groups(groups, rng)
    x, y = _design(rows, taken, n_classes)
    groups = np.unique(groups[taken], return_inverse=True)[1]
    fold = rng.permutation(np.arange(groups.max() + 1) % GROUP_FOLDS)[groups]
    # Rows of a group are tested in two halves, each of which has the other as its relatives.
    half = np.empty(len(groups), dtype=np.int64)
    half[np.lexsort((rng.random(len(groups)), groups))] = np.arange(len(groups)) % 2
    losses = []
    for held in range(GROUP_FOLDS):
        inside, outside = np.flatnonzero(fold == held), np.flatnonzero(fold != held)
        alone = _forest(x[outside], y[outside])
        for side in (0, 1):
            test, relatives = inside[half[inside] == side], inside[half[inside] != side]
            without = alone(x[test])
            exchanged = _forest_with(x, y, outside, relatives, rng)(x[test])
            residuals = y[relatives] - alone(x[relatives])
            shifted = without + _group_means(residuals, groups[relatives], groups[test])
            errors = (_squares(y[test] - outcome) for outcome in (without, exchanged, shifted))
            losses.append(_Losses(groups[test], *errors))
    return _ratio(losses)


def time_flattery(rows: Rows, times: NDArray[Any], n_classes: int, seed: int) -> Flattery:
    """Compare training on earlier rows only with training that also holds rows of the same time.

    Parameters are those of `group_flattery`; `times` are sorted values or ranks, (rows,).
    """
    rng = np.random.default_rng(seed)
    taken = np.sort(rng.permutation(len(times))[: _n_rows(len(times))])
    taken = taken[np.argsort(times[taken], kind="stable")]
    x, y = _design(rows, taken, n_classes)
    place = np.searchsorted(times[taken], times[taken])  # rows of one time stay together
    outside, inside = (
        np.flatnonzero(part) for part in (place < EARLY * len(taken), place >= EARLY * len(taken))
    )
    if min(len(outside), len(inside)) < 2 * CHUNKS:
        return Flattery()
    x = x[:, ~_rise_along(x, place)]  # beyond the training rows, nothing can be learned from these
    alone, half = _forest(x[outside], y[outside]), rng.permutation(len(inside)) % 2
    chunk, spell = (np.arange(len(inside)) * count // len(inside) for count in (CHUNKS, len(inside) // SPELL))
    losses = []
    for side in (0, 1):
        test, relatives = inside[half == side], inside[half != side]
        without = alone(x[test])
        exchanged = _forest_with(x, y, outside, relatives, rng)(x[test])
        residuals = y[relatives] - alone(x[relatives])
        shifted = without + _group_means(residuals, spell[half != side], spell[half == side])
        errors = (_squares(y[test] - outcome) for outcome in (without, exchanged, shifted))
        losses.append(_Losses(chunk[half == side], *errors))
    return _ratio(losses)


def _rise_along(x: Floats, place: Ints) -> NDArray[np.bool_]:
    """True for columns that rise or fall with time, such as the days and the year of a date."""
    spread = x.std(0)
    centered = (x - x.mean(0)) / np.where(spread > 0, spread, 1.0)
    return np.asarray(np.abs(centered.T @ (place - place.mean())) > RISING * len(x) * place.std())


def _n_rows(n_rows: int) -> int:
    return int(min(MOST_ROWS, max(FEWEST_ROWS, n_rows * SHARE)))


def _some_groups(groups: Ints, rng: np.random.Generator) -> Ints:
    """Rows of random groups, at most ROWS_OF_A_GROUP of each, up to the limit of rows."""
    key = rng.permutation(groups.max() + 1)[groups]
    order = np.lexsort((rng.random(len(groups)), key))
    starts = np.flatnonzero(np.diff(key[order], prepend=-1))
    within = np.arange(len(order)) - np.repeat(starts, np.diff(np.append(starts, len(order))))
    return np.asarray(np.sort(order[within < ROWS_OF_A_GROUP][: _n_rows(len(groups))]))


def _design(rows: Rows, taken: Ints, n_classes: int) -> tuple[Floats, Floats]:
    """Inputs without gaps, and targets as columns: clipped numbers in deviations, or 0 and 1 for each class."""
    part = rows.take(taken)
    numbers = part.encoded.numbers.astype(np.float64)
    gaps = np.isnan(numbers)
    lowest = np.where(gaps, np.inf, numbers).min(0, initial=0.0)
    x = np.concatenate([np.where(gaps, 2 * lowest - 1, numbers), part.encoded.codes], 1)
    if n_classes:
        return x, np.eye(n_classes)[part.y]
    y = np.clip(part.y, *np.quantile(part.y, CLIPPED, axis=0))
    spread = y.std(0)
    return x, (y - y.mean(0)) / np.where(spread > 0, spread, 1.0)


def _forest(x: Floats, y: Floats) -> Predict:
    """Predictions by a plane, and by a forest of what it leaves over."""
    # Here, because most tables have no such columns.
    from sklearn.ensemble import ExtraTreesRegressor
    from sklearn.linear_model import Ridge

    middle, spread, lowest, highest = x.mean(0), x.std(0), x.min(0), x.max(0)
    spread[spread == 0] = np.inf
    with unlogged():
        plane = Ridge(alpha=10.0).fit((x - middle) / spread, y)

    def line(inputs: Floats) -> Floats:
        inside = inputs.clip(lowest, highest)  # networks do not extrapolate lines either
        return np.asarray(plane.predict((inside - middle) / spread)).reshape(len(inputs), -1)

    left = y - line(x)
    trees = ExtraTreesRegressor(TREES, min_samples_leaf=2, max_features=0.5, random_state=0)
    with unlogged():
        trees.fit(x, left if left.shape[1] > 1 else left[:, 0])
    return lambda inputs: line(inputs) + trees.predict(inputs).reshape(len(inputs), -1)


def _forest_with(x: Floats, y: Floats, outside: Ints, relatives: Ints, rng: np.random.Generator) -> Predict:
    """A forest of as many rows, some of which are exchanged for relatives of the tested ones."""
    kept = rng.permutation(outside)[: max(0, len(outside) - len(relatives))]
    learned = np.concatenate([kept, relatives])
    return _forest(x[learned], y[learned])


def _group_means(residuals: Floats, of: Ints, wanted: Ints) -> Floats:
    """The mean residual of each wanted row's group, shrunk by its variance between and within groups."""
    size = int(max(of.max(initial=0), wanted.max(initial=0))) + 1
    counts = np.bincount(of, minlength=size)
    sums = np.stack([np.bincount(of, column, minlength=size) for column in residuals.T], 1)
    means = sums / counts.clip(1)[:, None]
    present = counts > 0
    freedom = len(of) - present.sum()
    if freedom < present.sum() / 2:  # hardly any group has two rows: as if both variances were equal
        within_of_between = 1.0
    else:
        within = np.square(residuals - means[of]).sum() / freedom
        between = np.square(means[present]).sum(1).mean() - within * (1 / counts[present]).mean()
        within_of_between = within / between if between > 0 else np.inf
    return np.asarray((sums / (counts + within_of_between).clip(1e-9)[:, None])[wanted])


def _squares(errors: Floats) -> Floats:
    return np.asarray(np.square(errors).sum(1))


def _ratio(losses: list[_Losses]) -> Flattery:
    """The ratio of the two errors, with limits from the spread of its clusters (the delta method)."""
    parts = map(np.concatenate, zip(*losses, strict=True)) if losses else [np.empty(0)] * 4
    cluster, without, exchanged, shifted = parts
    # Once for all rows: the better way of each part would gain by chance.
    related = min(exchanged, shifted, key=np.sum)
    if not len(without) or not without.sum() or not related.sum():
        return Flattery()
    shares = [np.bincount(cluster.astype(np.int64), part) / part.sum() for part in (without, related)]
    influence = (shares[0] - shares[1])[np.bincount(cluster.astype(np.int64)) > 0]
    n = len(influence)
    if n < 2:
        return Flattery()
    error = np.sqrt(n / (n - 1) * np.square(influence).sum())
    middle = np.log(without.sum() / related.sum())
    limits = [middle + error * stdtrit(n - 1, level) for level in (0.025, 0.975)]
    # If rows were independent, so would be their gains, and chance would hardly exceed this.
    gain = without / without.sum() - related / related.sum()
    row_error = np.sqrt(len(gain) * gain.var(ddof=1))
    limits.append(middle + row_error * stdtrit(len(gain) - 1, CHANCE / 2))  # the better of two ways
    # Of squares, the root.
    return Flattery(*(float(np.exp(value / 2)) for value in (middle, *limits)))
