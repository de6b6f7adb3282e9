"""How far figures may be off: from the folds that they were measured on, or from parts of the rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as students_t

LEVEL = 0.95
# With fewer, the spread between folds says nothing of use.
FOLDS_AT_LEAST = 3
_GROUPS = 20

Figures = Mapping[str, float | None]
Measure = Callable[[NDArray[np.bool_]], Figures]


class Estimate(NamedTuple):
    """A figure, the ends of its 95 % interval if they are known, and its values by fold."""

    value: float | None
    low: float | None = None
    high: float | None = None
    by_fold: tuple[float, ...] = ()


def estimate(measure: Measure, part: NDArray[np.int64], *, folds: bool) -> dict[str, Estimate]:
    """Every figure of all rows, with an interval.

    Parameters
    ----------
    measure : callable
        The figures of the rows in a mask.
    part : (rows,)
        The part that each row is in.
    folds : bool
        Each part was judged by a network that learned from the others. If so, and there are three or more, the
        interval follows from the spread between them, widened because any two learned from much the same rows
        (C. Nadeau, Y. Bengio 2003, "Inference for the Generalization Error", Machine Learning 52). If not, it says only
        what other rows of this kind might have shown, by a jackknife over twenty groups of rows.
    """
    every = np.ones(len(part), dtype=bool)
    whole = measure(every)
    numbers = np.unique(part)
    by_fold = [measure(part == number) for number in numbers] if folds and len(numbers) > 1 else []
    if len(by_fold) >= FOLDS_AT_LEAST:
        k = len(by_fold)
        margins = _margins(whole, by_fold, 1 / k + 1 / (k - 1))
    else:
        n_groups = min(_GROUPS, len(part))
        group = np.random.default_rng(0).permutation(len(part)) % max(n_groups, 1)
        without = [measure(group != number) for number in range(n_groups)] if n_groups > 1 else []
        # What leaving a group out changes is the less the more groups there are.
        margins = _margins(whole, without, (n_groups - 1) ** 2 / max(n_groups, 1))
    return {
        name: Estimate(value, *_ends(value, margins.get(name)), by_fold=_values(by_fold, name))
        for name, value in whole.items()
    }


def _margins(whole: Figures, parts: list[Figures], factor: float) -> dict[str, float]:
    """Half the width of each interval; `factor` is what a variance between parts is multiplied by."""
    margins = {}
    for name in whole:
        values = _values(parts, name)
        if len(values) == len(parts) > 1:
            spread = float(np.std(values, ddof=1))
            margins[name] = float(students_t.ppf((1 + LEVEL) / 2, len(values) - 1)) * spread * factor**0.5
    return margins


def _values(parts: list[Figures], name: str) -> tuple[float, ...]:
    values = [part[name] for part in parts]
    return tuple(float(value) for value in values if value is not None)


def _ends(value: float | None, margin: float | None) -> tuple[float | None, float | None]:
    return (None, None) if value is None or margin is None else (value - margin, value + margin)
