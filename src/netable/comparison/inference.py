"""Intervals and tests over folds that allow for the overlap of their training rows.

A bootstrap over rows would only account for the test rows and take the trained models as given, which makes small
differences look certain; and it assumes independent rows, which groups and time series are not.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from netable.model.resampling import LEVEL, reach, standard_error


class Estimate(NamedTuple):
    """A mean over folds, its interval, and the p-value against 0."""

    mean: float
    lower: float
    upper: float
    p: float


def estimate(by_fold: NDArray[np.float64], ratio: float, level: float = LEVEL) -> Estimate:
    """The mean over folds, by a t distribution with corrected variance (see `netable.model.resampling`).

    Parameters
    ----------
    by_fold : (folds,), of two folds or more
    ratio : float
        Test rows per training row.
    level : float
        The coverage of the interval.
    """
    n, mean = len(by_fold), float(by_fold.mean())
    error = standard_error(by_fold, ratio)
    to_end = reach(error, n, level)
    if error == 0:
        return Estimate(mean, mean, mean, float(mean == 0))
    p = float(2 * stats.t.sf(abs(mean) / error, n - 1))
    return Estimate(mean, mean - to_end, mean + to_end, p)
