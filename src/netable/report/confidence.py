"""Confidence intervals of metrics, from folds or from a jackknife over rows."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from netable.model.resampling import reach, standard_error

# With fewer folds, the spread between them is useless.
FOLDS_AT_LEAST = 3
_GROUPS = 20
# More rows would hardly change an interval, and every group computes all metrics of all others.
_ROWS_OF_A_JACKKNIFE = 50_000

Name = TypeVar("Name", bound=Hashable)
Metrics = Mapping[Name, float | None]
Measure = Callable[[NDArray[np.bool_]], Metrics[Name]]


class Estimate(NamedTuple):
    """A metric, the ends of its 95% interval if known, and its values by fold."""

    value: float | None
    low: float | None = None
    high: float | None = None
    by_fold: tuple[float, ...] = ()


def estimate(
    measure: Measure[Name], part: NDArray[np.int64], ratio: float | None = None
) -> dict[Name, Estimate]:
    """Every metric over all rows, with an interval.

    Parameters
    ----------
    measure : callable
        The metrics of the rows in a mask.
    part : (rows,)
        The part of each row.
    ratio : float, optional
        Rows of a part per training row, on average, if each part was predicted by a network trained on the others.
        Then, with three parts or more, the interval follows from the spread between them, widened because their
        training rows overlap (see `netable.model.resampling`). Without it, the interval only shows the variation with
        other rows of this kind, by a jackknife over twenty groups of rows.
    """
    by_fold: list[Metrics[Name]] = []
    if ratio is not None and len(numbers := np.unique(part)) > 1:
        by_fold = [measure(part == number) for number in numbers]
    if ratio is not None and len(by_fold) >= FOLDS_AT_LEAST:
        parts, factor = by_fold, 1.0
    else:
        parts, factor = _jackknife(measure, len(part))
        ratio = 0.0
    estimates = {}
    for name, value in measure(np.ones(len(part), dtype=bool)).items():
        values, low, high = _known(parts, name), None, None
        if value is not None and len(values) == len(parts) > 1:
            margin = factor * reach(standard_error(values, ratio), len(values))
            low, high = value - margin, value + margin
        estimates[name] = Estimate(value, low, high, _known(by_fold, name))
    return estimates


def _jackknife(measure: Measure[Name], n_rows: int) -> tuple[list[Metrics[Name]], float]:
    """The metrics without each group of rows, and the factor from their spread to that of all rows."""
    n_groups = min(_GROUPS, n_rows)
    if n_groups < 2:
        return [], 0.0
    place = np.random.default_rng(0).permutation(n_rows)
    group, drawn = place % n_groups, place < _ROWS_OF_A_JACKKNIFE
    without = [measure(drawn & (group != number)) for number in range(n_groups)]
    # Leaving out one of many groups changes little; and a sample varies more than all rows do.
    return without, (n_groups - 1) * min(1.0, _ROWS_OF_A_JACKKNIFE / n_rows) ** 0.5


def _known(parts: list[Metrics[Name]], name: Name) -> tuple[float, ...]:
    return tuple(float(value) for part in parts if (value := part[name]) is not None)
