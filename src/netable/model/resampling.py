"""Confidence intervals of the mean of a metric over folds.

The training rows of any two folds overlap, so their metrics vary less than those of new tables would. The corrected
resampled t-test (C. Nadeau, Y. Bengio 2003, "Inference for the Generalization Error", Machine Learning 52) increases
the variance of the mean by n_test / n_train.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import stdtrit

LEVEL = 0.95


def standard_error(by_fold: ArrayLike, ratio: float) -> float:
    """Standard error of the mean.

    Parameters
    ----------
    by_fold : (folds,), of two folds or more
    ratio : float
        Test rows for each training row, averaged over the folds.
    """
    values = np.asarray(by_fold, dtype=np.float64)
    return float(np.sqrt((1 / len(values) + ratio) * values.var(ddof=1)))


def reach(error: float, n: int, level: float = LEVEL) -> float:
    """Half the width of the confidence interval of a mean of `n` values with this standard error."""
    return error * float(stdtrit(n - 1, (1 + level) / 2))
