"""Confidence intervals of metrics, from folds or from a jackknife over rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from netable.model.resampling import reach, standard_error

# With fewer folds, the spread between them is useless.
FOLDS_AT_LEAST = 3
_GROUPS = 20
# More rows would hardly change an interval, and every group computes all metrics of all others.
_ROWS_OF_A_JACKKNIFE = 50_000

Metrics = Mapping[str, float | None]
Measure = Callable[[NDArray[np.bool_]], Metrics]


class Estimate(NamedTuple):
    """A metric, the ends of its 95% interval if known, and its values by fold."""

    value: float | None
    low: float | None = None
    high: float | None = None
    by_fold: tuple[float, ...] = ()


def estimate(measure: Measure, part: NDArray[np.int64], ratio: float | None = None) -> dict[str, Estimate]:
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
    whole = measure(np.ones(len(part), dtype=bool))
    numbers = np.unique(part)
    by_fold: list[Metrics] = []
    if ratio is not None and len(numbers) > 1:
        by_fold = [measure(part == number) for number in numbers]
    if ratio is not None and len(by_fold) >= FOLDS_AT_LEAST:
        margins = _margins(whole, by_fold, ratio, 1.0)
    else:
        margins = _jackknife(measure, whole, len(part))
    return {
        name: Estimate(value, *_ends(value, margins.get(name)), by_fold=_values(by_fold, name))
        for name, value in whole.items()
    }


def _jackknife(measure: Measure, whole: Metrics, n_rows: int) -> dict[str, float]:
    """Half the width of each interval, from the metrics without each group of rows."""
    n_groups = min(_GROUPS, n_rows)
    if n_groups < 2:
        return {}
    place = np.random.default_rng(0).permutation(n_rows)
    group, drawn = place % n_groups, place < _ROWS_OF_A_JACKKNIFE
    without = [measure(drawn & (group != number)) for number in range(n_groups)]
    # Leaving out one of many groups changes little; and a sample varies more than all rows do.
    more = (n_groups - 1) * min(1.0, _ROWS_OF_A_JACKKNIFE / n_rows) ** 0.5
    return _margins(whole, without, 0.0, more)


def _margins(whole: Metrics, parts: list[Metrics], ratio: float, more: float) -> dict[str, float]:
    """Half the width of each interval: `more` times the spread between parts."""
    margins = {}
    for name in whole:
        values = _values(parts, name)
        if len(values) == len(parts) > 1:
            margins[name] = more * reach(standard_error(values, ratio), len(values))
    return margins


def _values(parts: list[Metrics], name: str) -> tuple[float, ...]:
    values = [part[name] for part in parts]
    return tuple(float(value) for value in values if value is not None)


def _ends(value: float | None, margin: float | None) -> tuple[float | None, float | None]:
    return (None, None) if value is None or margin is None else (value - margin, value + margin)
