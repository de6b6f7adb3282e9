"""Metrics of predictions by scikit-learn's definitions, with row weights.

They are computed here because scikit-learn takes a second to import, and predictions need nothing else of it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netable.config.settings import DEFAULTS

# The least probability of a class in the log loss, as of scikit-learn.
_LEAST = float(np.finfo(np.float64).eps)
# The main metric of each task first.
METRICS = {
    "regression": ("rmse", "mae", "r2"),
    "binary": ("log_loss", "roc_auc", "accuracy", "balanced_accuracy"),
    "multiclass": ("log_loss", "roc_auc", "accuracy", "balanced_accuracy"),
}
# The same for losses that ask for something else than a mean.
LOSS_METRICS = {
    "mae": ("mae", "rmse", "r2"),
    "poisson": ("mean_poisson_deviance", "rmse", "mae", "r2"),
    "quantile": ("pinball_loss", "share_below", "rmse", "mae"),
}


def metric_names(task: str, loss: str = DEFAULTS.loss) -> tuple[str, ...]:
    """The names of `metrics`; the first is the main one for the task and the loss."""
    return LOSS_METRICS.get(loss, METRICS[task])


def metrics(
    task: str,
    y: NDArray[Any],
    prediction: NDArray[np.floating],
    weight: NDArray[np.floating] | None = None,
    *,
    loss: str = DEFAULTS.loss,
    quantile: float = DEFAULTS.quantile,
) -> dict[str, float | None]:
    """The metrics of a task and a loss, by name; None where one is not defined (one class among the rows, say).

    `share_below` is the share of targets that are at most what was predicted, which for the loss `quantile` should be
    its quantile. Over several targets a metric is their mean.

    Parameters
    ----------
    task : {"regression", "binary", "multiclass"}
    y : (rows, d_out) targets or (rows,) codes
    prediction : (rows, d_out) targets or (rows, classes) probabilities
    weight : (rows,), optional
    loss, quantile : as in `netable.config.settings.Settings`
    """
    if weight is not None:  # rows that count for nothing must not make a class present, or a target vary
        counts = weight > 0
        y, prediction, weight = y[counts], prediction[counts], weight[counts]
    if task != "regression":
        return _classes(y, prediction, weight)
    prediction = prediction.reshape(y.shape)
    error = y - prediction
    measures: dict[str, Callable[[], float | None]] = {
        "rmse": lambda: _rmse(error, weight),
        "mae": lambda: _mean(np.average(np.abs(error), axis=0, weights=weight)),
        "r2": lambda: _r2(y, error, weight),
        "pinball_loss": lambda: _mean(
            np.average(np.maximum(quantile * error, (quantile - 1) * error), axis=0, weights=weight)
        ),
        "share_below": lambda: _mean(np.average(np.less_equal(y, prediction), axis=0, weights=weight)),
        "mean_poisson_deviance": lambda: _poisson_deviance(y, prediction, weight),
    }
    return {name: measures[name]() for name in metric_names(task, loss)}


def _mean(values: NDArray[Any]) -> float:
    return float(np.mean(values))


def _mean_square(
    values: NDArray[Any], weight: NDArray[Any] | None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Of each column, in squares of a unit, and the unit: squares of some numbers have no place in 64 bits.

    A unit is a power of two, which rounds nothing.
    """
    _, exponent = np.frexp(np.abs(values).max(0))
    unit = np.ldexp(1.0, exponent - 1)
    return np.average(np.square(values / unit), axis=0, weights=weight), unit


def _rmse(error: NDArray[Any], weight: NDArray[Any] | None) -> float:
    square, unit = _mean_square(error, weight)
    return _mean(unit * np.sqrt(square))


def _r2(y: NDArray[Any], error: NDArray[Any], weight: NDArray[Any] | None) -> float | None:
    if len(y) < 2 or np.ptp(y, axis=0).min() == 0:
        return None
    spread, unit = _mean_square(y - np.average(y, axis=0, weights=weight), weight)
    left, unit_left = _mean_square(error, weight)
    return _mean(1 - left / spread * np.square(unit_left / unit))


def _poisson_deviance(y: NDArray[Any], rate: NDArray[Any], weight: NDArray[Any] | None) -> float | None:
    if y.min() < 0 or rate.min() <= 0:
        return None
    surprise = y * np.log(np.where(y > 0, y / rate, 1.0))
    return _mean(2 * np.average(surprise - y + rate, axis=0, weights=weight))


def _classes(
    y: NDArray[Any], probability: NDArray[Any], weight: NDArray[Any] | None
) -> dict[str, float | None]:
    right = probability.argmax(1) == y
    weight = np.ones(len(y)) if weight is None else weight
    by_class = np.bincount(y, weight)
    present = by_class > 0
    recalls = np.bincount(y, weight * right)[present] / by_class[present]
    # Rounding can leave sums a little off 1; ranks are those of what was predicted, whose ties a division would break.
    shares = probability.astype(np.float64)
    shares = shares[np.arange(len(y)), y] / shares.sum(1)
    return {
        "log_loss": float(np.average(-np.log(np.clip(shares, _LEAST, 1 - _LEAST)), weights=weight)),
        "roc_auc": _roc_auc(y, probability, weight),
        "accuracy": float(np.average(right, weights=weight)),
        "balanced_accuracy": _mean(recalls),
    }


def _roc_auc(y: NDArray[Any], probability: NDArray[Any], weight: NDArray[Any]) -> float | None:
    """The ROC area of the second class; for three and more, the mean of each class against the rest."""
    n_classes = probability.shape[1]
    if len(np.unique(y)) < n_classes:
        return None
    measured = [1] if n_classes == 2 else range(n_classes)
    return _mean(np.array([_area(y == k, probability[:, k], weight) for k in measured]))


def _area(truth: NDArray[np.bool_], score: NDArray[Any], weight: NDArray[Any]) -> float:
    """The share of pairs of a true and a false row in which the true one has the higher score; ties count half."""
    _, place = np.unique(score, return_inverse=True)
    true, false = np.bincount(place, weight * truth), np.bincount(place, weight * ~truth)
    below = np.cumsum(false) - false
    return float((true * (below + false / 2)).sum() / (true.sum() * false.sum()))
