"""The linear reference: ridge or logistic regression on the networks' training rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy
from numpy.typing import NDArray

from netable.config.recipe import Recipe
from netable.fit.preparation.prepare import Prepared
from netable.table.encode import Encoded
from netable.table.rows import Rows
from netable.train.row_losses import quantile_level

Floats = NDArray[np.float64]
Predict = Callable[[Floats], Floats]
# More training rows, or more columns of levels, hardly change a linear model but take seconds.
ROWS_AT_MOST, LEVELS_AT_MOST = 5_000, 200
# The time grows with the number of classes: the most rows, summed over classes, and the fewest rows.
ROWS_OF_CLASSES, ROWS_AT_LEAST = 10_000, 500
STEPS, TOLERANCE = 100, 1e-3
# Of the squares of all weights, which are of inputs in deviations.
PENALTY = 1.0
# Farther out, in deviations, a number would dominate the fit or a prediction.
FARTHEST = 10.0
# Rows to predict at a time, so that a long table with many levels fits in memory.
_ROWS_AT_A_TIME = 20_000
# No class, and no rate of counts, is impossible.
_RAREST = 1e-4


def rows_learned(n_rows: int, n_classes: int) -> int:
    """Training rows of a linear model, which takes a sample of many."""
    most = max(ROWS_AT_LEAST, ROWS_OF_CLASSES // n_classes) if n_classes else ROWS_AT_MOST
    return min(n_rows, ROWS_AT_MOST, most)


def linear_out_of_fold(prepared: Prepared) -> Floats:
    """Predictions of each held-out part by a linear model of the member's training rows: (rows, d_out or classes).

    NaN where no part holds the row out.
    """
    rows, plan, target = prepared.rows, prepared.plan, prepared.target
    outcome = np.full((len(rows), target.width), np.nan)
    for held in plan.held_out:
        outcome[held.rows] = linear_outcome(
            rows.take(plan.train_rows[held.member]),
            rows.take(held.rows).encoded,
            prepared.encoder.cardinalities,
            prepared.encoder.code_widths,
            len(target.labels),
            prepared.recipe,
        )
    return outcome


def linear_outcome(
    train: Rows,
    judged: Encoded,
    cardinalities: tuple[int, ...],
    widths: tuple[int, ...],
    n_classes: int,
    recipe: Recipe,
) -> Floats:
    """Predictions of a linear model for other rows: (rows, d_out or classes).

    Numbers are standardized, missing ones replaced by the mean and marked; each frequent level has a column. The model
    predicts what the recipe's loss asks for, and learns the logarithm of the target where the networks do.

    Parameters
    ----------
    cardinalities : possible codes of each category
    widths : codes that a row has of each
    n_classes : int
        0 for a regression.
    """
    learned = np.flatnonzero(train.weight > 0)
    n_learned = rows_learned(len(learned), n_classes)
    if n_learned < len(learned):
        learned = np.sort(np.random.default_rng(0).choice(learned, n_learned, replace=False))
    train = train.take(learned)
    weight = train.weight / train.weight.mean()  # their unit must not decide the strength of the penalty
    design = _Design(train.encoded, cardinalities, widths)
    x = design.of(train.encoded)
    predict = _classes(x, train.y, weight, n_classes) if n_classes else _numbers(x, train.y, weight, recipe)
    starts = range(0, len(judged.codes) or 1, _ROWS_AT_A_TIME)
    chunks = (slice(start, start + _ROWS_AT_A_TIME) for start in starts)
    parts = [predict(design.of(judged.take(rows))) for rows in chunks]
    return np.concatenate(parts)


def _numbers(x: Floats, y: Floats, weight: Floats, recipe: Recipe) -> Predict:
    level = quantile_level(recipe.loss, recipe.quantile)
    log = recipe.target_transform == "log" or recipe.loss == "poisson"
    shift = 1.0 if log and y.min() <= 0 else 0.0
    plane = _ridge(x, np.log(y + shift) if log else y, weight)
    limit = (
        np.log(y.max(axis=0) + shift) + np.log(2) if log else 0.0
    )  # an extrapolated line could be any power

    def line(x: Floats) -> Floats:
        values = plane(x)
        return np.asarray(np.exp(np.minimum(values, limit)) if log else values)

    fitted = line(x)
    factor: Floats | float = 1.0
    offset: Floats | float = -shift
    if level is not None:
        offset = _quantile(y - fitted, weight, level)
    elif log:  # corrects the mean, which exponentiation lowers
        factor = np.average(y + shift, axis=0, weights=weight) / np.average(fitted, axis=0, weights=weight)

    def predict(x: Floats) -> Floats:
        values = line(x) * factor + offset
        return np.asarray(np.maximum(values, _RAREST) if recipe.loss == "poisson" else values)

    return predict


def _classes(x: Floats, y: NDArray[Any], weight: Floats, n_classes: int) -> Predict:
    present, codes = np.unique(y, return_inverse=True)
    logits = _logistic(x, codes, weight, len(present)) if len(present) > 1 else None

    def predict(x: Floats) -> Floats:
        outcome = np.zeros((len(x), n_classes))
        outcome[:, present] = 1.0 if logits is None else scipy.special.softmax(logits(x), 1)
        outcome = outcome.clip(_RAREST)
        return np.asarray(outcome / outcome.sum(1, keepdims=True))

    return predict


def _ridge(x: Floats, y: Floats, weight: Floats) -> Predict:
    """The plane of the least sum of weighted squares of errors and of its slopes, from the smaller of two systems."""
    middle, level = np.average(x, axis=0, weights=weight), np.average(y, axis=0, weights=weight)
    root = np.sqrt(weight)[:, None]
    inputs, targets = root * (x - middle), root * (y - level)
    if len(inputs) < inputs.shape[1]:
        penalty = PENALTY * np.eye(len(inputs))
        slopes = inputs.T @ np.linalg.solve(inputs @ inputs.T + penalty, targets)
    else:
        penalty = PENALTY * np.eye(inputs.shape[1])
        slopes = np.linalg.solve(inputs.T @ inputs + penalty, inputs.T @ targets)
    return lambda x: np.asarray((x - middle) @ slopes + level)


def _logistic(x: Floats, codes: NDArray[Any], weight: Floats, n_classes: int) -> Predict:
    """Logits of the least weighted log loss and squares of slopes; of two classes, those of the first are 0."""
    columns = 1 if n_classes == 2 else n_classes
    share, truth = weight[:, None] / weight.sum(), np.eye(n_classes)[codes]

    def logits(x: Floats, parameters: Floats) -> Floats:
        lines = parameters.reshape(-1, columns)
        return np.pad(x @ lines[:-1] + lines[-1], ((0, 0), (n_classes - columns, 0)))

    def cost(parameters: Floats) -> tuple[float, Floats]:
        log_probability = scipy.special.log_softmax(logits(x, parameters), 1)
        pull = PENALTY / weight.sum() * parameters.reshape(-1, columns)
        pull[-1] = 0
        error = (share * (np.exp(log_probability) - truth))[:, -columns:]
        gradient = np.concatenate([x.T @ error, error.sum(0, keepdims=True)]) + pull
        loss = (pull * parameters.reshape(-1, columns)).sum() / 2 - (share * truth * log_probability).sum()
        return float(loss), gradient.ravel()

    start = np.zeros((x.shape[1] + 1) * columns)
    options = {"maxiter": STEPS, "gtol": TOLERANCE}
    best = scipy.optimize.minimize(cost, start, jac=True, method="L-BFGS-B", options=options).x
    return lambda x: logits(x, best)


def _quantile(values: Floats, weight: Floats, level: float) -> Floats:
    return np.array(
        [np.quantile(column, level, weights=weight, method="inverted_cdf") for column in values.T.copy()]
    )


class _Design:
    """The columns of a linear model, by the values of its training rows."""

    def __init__(self, train: Encoded, cardinalities: tuple[int, ...], widths: tuple[int, ...]) -> None:
        numbers = train.numbers.astype(np.float64)
        missing = np.isnan(numbers)
        self._marked = missing.any(0)
        present = np.where(missing, 0.0, numbers)
        count = (~missing).sum(0).clip(1)
        # In units of a power of two nothing is rounded, and squares and sums of the largest numbers do not overflow.
        _, self._exponent = np.frexp(np.abs(present).max(0, initial=0))
        present = np.ldexp(present, -self._exponent)
        self._mean = present.sum(0) / count
        deviation = np.sqrt(np.square(np.where(missing, 0.0, present - self._mean)).sum(0) / count)
        self._deviation = np.where(deviation > 0, deviation, 1.0)
        most = max(2, LEVELS_AT_MOST // max(1, len(cardinalities)))
        self._levels: list[tuple[slice, NDArray[np.intp]]] = []
        for end, width, n_codes in zip(np.cumsum(widths), widths, cardinalities, strict=True):
            span = slice(end - width, end)
            counts = np.bincount(train.codes[:, span].ravel(), minlength=n_codes)
            levels = np.argsort(-counts, kind="stable")[:most]
            levels = levels[counts[levels] > 0]
            column = np.full(n_codes + 1, len(levels))  # of other levels the last one, which is dropped
            column[levels] = np.arange(len(levels))
            self._levels.append((span, column))

    def of(self, rows: Encoded) -> Floats:
        """(rows, columns), numbers standardized, marks of missing ones, and levels as 0 and 1."""
        numbers = rows.numbers.astype(np.float64)
        missing = np.isnan(numbers)
        with np.errstate(over="ignore"):  # a number that overflows is clipped below
            numbers = (np.ldexp(numbers, -self._exponent) - self._mean) / self._deviation
        parts: list[NDArray[Any]] = [np.where(missing, 0.0, numbers.clip(-FARTHEST, FARTHEST))]
        parts.append(missing[:, self._marked])
        for span, column in self._levels:
            marks = np.zeros((len(numbers), column[-1] + 1))
            np.put_along_axis(marks, column[rows.codes[:, span]], 1.0, 1)
            parts.append(marks[:, :-1])
        columns = np.concatenate(parts, 1).astype(np.float64)
        return columns if columns.shape[1] else np.zeros((len(columns), 1))
