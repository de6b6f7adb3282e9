"""How far figures may be off: from the folds that they were measured on, or from parts of the rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from netable.model.resampling import reach, standard_error

# With fewer, the spread between folds says nothing of use.
FOLDS_AT_LEAST = 3
_GROUPS = 20
# More rows would move the ends of an interval little, and every group takes all figures of all others.
_ROWS_OF_A_JACKKNIFE = 50_000

Figures = Mapping[str, float | None]
Measure = Callable[[NDArray[np.bool_]], Figures]


class Estimate(NamedTuple):
    """A figure, the ends of its 95% interval if they are known, and its values by fold."""

    value: float | None
    low: float | None = None
    high: float | None = None
    by_fold: tuple[float, ...] = ()


def estimate(measure: Measure, part: NDArray[np.int64], ratio: float | None = None) -> dict[str, Estimate]:
    """Every figure of all rows, with an interval.

    Parameters
    ----------
    measure : callable
        The figures of the rows in a mask.
    part : (rows,)
        The part that each row is in.
    ratio : float, optional
        Each part was judged by a network that learned from others: the rows of a part for each that was learned from,
        in the mean. If so, and there are three parts or more, the interval follows from the spread between them,
        widened because any two learned from much the same rows (see `netable.model.resampling`). If not, it says only
        what other rows of this kind might have shown, by a jackknife over twenty groups of rows.
    """
    whole = measure(np.ones(len(part), dtype=bool))
    numbers = np.unique(part)
    by_fold: list[Figures] = []
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


def _jackknife(measure: Measure, whole: Figures, n_rows: int) -> dict[str, float]:
    """Half the width of each interval, from what the figures are without a group of rows."""
    n_groups = min(_GROUPS, n_rows)
    if n_groups < 2:
        return {}
    place = np.random.default_rng(0).permutation(n_rows)
    group, drawn = place % n_groups, place < _ROWS_OF_A_JACKKNIFE
    without = [measure(drawn & (group != number)) for number in range(n_groups)]
    # Leaving a group out changes less the more groups there are; and a sample varies more than all rows do.
    more = (n_groups - 1) * min(1.0, _ROWS_OF_A_JACKKNIFE / n_rows) ** 0.5
    return _margins(whole, without, 0.0, more)


def _margins(whole: Figures, parts: list[Figures], ratio: float, more: float) -> dict[str, float]:
    """Half the width of each interval; `more` times what the spread between parts says."""
    margins = {}
    for name in whole:
        values = _values(parts, name)
        if len(values) == len(parts) > 1:
            margins[name] = more * reach(standard_error(values, ratio), len(values))
    return margins


def _values(parts: list[Figures], name: str) -> tuple[float, ...]:
    values = [part[name] for part in parts]
    return tuple(float(value) for value in values if value is not None)


def _ends(value: float | None, margin: float | None) -> tuple[float | None, float | None]:
    return (None, None) if value is None or margin is None else (value - margin, value + margin)
