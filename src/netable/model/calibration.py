"""Temperature scaling: all logits are divided by one number, fitted on held-out rows.

Networks that fit their training rows well are overconfident on others. A temperature changes no row's order of classes,
and a single number hardly overfits. *Reference*: C. Guo, G. Pleiss, Y. Sun, K. Weinberger (2017), "On Calibration of
Modern Neural Networks", ICML.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy
from numpy.typing import NDArray
from scipy.special import log_softmax

from netable.model.folds import folds_and_others

Floats = NDArray[np.float64]
# Least and greatest temperature.
BOUNDS = (0.25, 4.0)
# With fewer rows the temperature stays 1.
ROWS_AT_LEAST = 50
# More rows would move the temperature by less than a hundredth.
ROWS_AT_MOST = 50_000
# Prior standard deviation of the logarithm of the temperature. Without a prior, rows that are all predicted correctly
# would get the lowest temperature, and the first mistake would have a huge loss.
PRIOR_DEVIATION = 0.5


def fit_temperature(log_probabilities: Floats, codes: NDArray[Any], weight: Floats) -> float:
    """The temperature of the greatest posterior probability, near 1 if rows are few.

    Parameters
    ----------
    log_probabilities : (rows, classes)
        Or logits.
    codes : (rows,)
        The true class.
    weight : (rows,)
        Only their proportions matter.

    Returns
    -------
    float
        1 if fewer than 50 rows have a positive weight, or all are of one class.
    """
    counts = weight > 0
    if counts.sum() > ROWS_AT_MOST:  # at random, because tables may be sorted
        counts = np.random.default_rng(0).choice(np.flatnonzero(counts), ROWS_AT_MOST, replace=False)
    log_probabilities, codes, weight = log_probabilities[counts], codes[counts], weight[counts]
    if len(codes) < ROWS_AT_LEAST or (codes == codes[0]).all():
        return 1.0
    # Scaled to a sum of the effective sample size (Kish 1965).
    weight = weight / weight.max()
    weight = weight * (weight.sum() / np.square(weight).sum())
    rows = np.arange(len(codes))

    def cost(log_temperature: float) -> float:
        scaled = log_softmax(log_probabilities / np.exp(log_temperature), axis=1)
        return float(np.square(log_temperature / PRIOR_DEVIATION) / 2 - (weight * scaled[rows, codes]).sum())

    best = scipy.optimize.minimize_scalar(
        cost, bounds=np.log(BOUNDS), method="bounded", options={"xatol": 1e-5}
    )
    return float(np.exp(best.x))


def cross_fit_temperature(
    log_probabilities: Floats,
    codes: NDArray[Any],
    weight: Floats,
    fold: NDArray[Any],
    *,
    in_order: bool = False,
) -> Floats:
    """A temperature for each row, fitted on the rows of other folds: (rows,).

    Parameters
    ----------
    fold : (rows,)
    in_order : bool
        Folds are in order of time, and a temperature is fitted on earlier folds only.
    """
    temperatures = np.ones(len(codes))
    for rows, others in folds_and_others(fold, in_order=in_order):
        temperatures[rows] = fit_temperature(log_probabilities[others], codes[others], weight[others])
    return temperatures


def with_temperature(log_probabilities: Floats, temperatures: Floats) -> Floats:
    """Probabilities of logits divided by a temperature for each row: (rows, classes)."""
    scaled: Floats = np.exp(log_softmax(log_probabilities / temperatures[:, None], axis=1))
    return scaled
