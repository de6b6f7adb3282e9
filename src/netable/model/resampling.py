"""How far off the mean of a few folds' figures may be, which share most of the rows that they were learned from.

Any two folds were learned from mostly the same rows, so that their figures vary less than those of new tables would.
The corrected resampled t-test (C. Nadeau, Y. Bengio 2003, "Inference for the Generalization Error", Machine Learning
52) widens the variance of the mean by n_test / n_train for that.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import t as students_t

LEVEL = 0.95


def standard_error(by_fold: ArrayLike, ratio: float) -> float:
    """That of the mean.

    Parameters
    ----------
    by_fold : (folds,), of two folds or more
    ratio : float
        Rows tested on for each row learned from, the mean over the folds.
    """
    values = np.asarray(by_fold, dtype=np.float64)
    return float(np.sqrt((1 / len(values) + ratio) * values.var(ddof=1)))


def reach(error: float, n: int, level: float = LEVEL) -> float:
    """From a mean of `n` values with this standard error to either end of its interval."""
    return error * float(students_t.ppf((1 + level) / 2, n - 1))
