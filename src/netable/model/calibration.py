"""How sure to be: one temperature that logits are divided by, fitted where the answers are known.

A network that has learned its rows well is surer of others than it has a right to be. Dividing all logits by one number
changes no row's order of classes, and little can go wrong with a single number. *Reference*: C. Guo, G. Pleiss, Y. Sun,
K. Weinberger (2017), "On Calibration of Modern Neural Networks", ICML.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

Floats = NDArray[np.float64]
# From four times as sure to a quarter as sure.
BOUNDS = (0.25, 4.0)
# Fewer rows say nothing about how sure to be.
ROWS_AT_LEAST = 50
# More rows would move the temperature by less than a hundredth.
ROWS_AT_MOST = 50_000
# What is believed before any row is seen: temperatures of exp(±1/2) are as far off as usual. Without it, rows that are
# all predicted rightly would call for the lowest temperature there is, and the first wrong one would cost dearly.
PRIOR_DEVIATION = 0.5


def fit_temperature(log_probabilities: Floats, codes: NDArray[Any], weight: Floats) -> float:
    """The temperature under which the classes that occurred were most probable, near 1 if rows are few.

    Parameters
    ----------
    log_probabilities : (rows, classes)
        Logits do as well.
    codes : (rows,)
        The class that occurred.
    weight : (rows,)
        Only their proportions matter.

    Returns
    -------
    float
        1 if there are fewer than 50 rows of some weight, or all are of one class.
    """
    counts = weight > 0
    if counts.sum() > ROWS_AT_MOST:  # in no order that a table may have
        counts = np.random.default_rng(0).choice(np.flatnonzero(counts), ROWS_AT_MOST, replace=False)
    log_probabilities, codes, weight = log_probabilities[counts], codes[counts], weight[counts]
    if len(codes) < ROWS_AT_LEAST or (codes == codes[0]).all():
        return 1.0
    # Weights that add up to the number of equal rows that would tell as much.
    weight = weight / weight.max()
    weight = weight * (weight.sum() / np.square(weight).sum())
    rows = np.arange(len(codes))

    def cost(log_temperature: float) -> float:
        scaled = log_softmax(log_probabilities / np.exp(log_temperature), axis=1)
        return float(np.square(log_temperature / PRIOR_DEVIATION) / 2 - (weight * scaled[rows, codes]).sum())

    found = minimize_scalar(cost, bounds=np.log(BOUNDS), method="bounded", options={"xatol": 1e-5})
    return float(np.exp(found.x))


def cross_fit_temperature(
    log_probabilities: Floats,
    codes: NDArray[Any],
    weight: Floats,
    fold: NDArray[Any],
    *,
    in_order: bool = False,
) -> Floats:
    """A temperature for each row that its own fold had no part in: (rows,).

    Parameters
    ----------
    fold : (rows,)
    in_order : bool
        Folds are in order of time, and only those before a row's own may tell about it.
    """
    temperatures = np.ones(len(codes))
    for own, others in folds_and_others(fold, in_order=in_order):
        temperatures[own] = fit_temperature(log_probabilities[others], codes[others], weight[others])
    return temperatures


def folds_and_others(
    fold: NDArray[Any], *, in_order: bool = False
) -> Iterator[tuple[NDArray[np.bool_], NDArray[np.bool_]]]:
    """For each fold, which rows are its own and which may tell about them: those of other, or of earlier, folds."""
    for number in np.unique(fold):
        own = fold == number
        yield own, (fold < number if in_order else ~own)


def with_temperature(log_probabilities: Floats, temperatures: Floats) -> Floats:
    """Probabilities after logits were divided by a temperature for each row: (rows, classes)."""
    scaled: Floats = np.exp(log_softmax(log_probabilities / temperatures[:, None], axis=1))
    return scaled
