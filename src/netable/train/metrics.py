"""Metrics of predictions by scikit-learn's definitions, with row weights."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn import metrics as sk

from netable.config.settings import DEFAULTS

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
    y: NDArray[np.generic],
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
    measures: dict[str, Callable[[], float | None]] = {
        "rmse": lambda: sk.root_mean_squared_error(y, prediction, sample_weight=weight),
        "mae": lambda: sk.mean_absolute_error(y, prediction, sample_weight=weight),
        "r2": lambda: _r2(y, prediction, weight),
        "pinball_loss": lambda: sk.mean_pinball_loss(y, prediction, sample_weight=weight, alpha=quantile),
        "share_below": lambda: float(np.average(np.less_equal(y, prediction).mean(1), weights=weight)),
        "mean_poisson_deviance": lambda: _poisson_deviance(y, prediction, weight),
    }
    values = {name: measures[name]() for name in metric_names(task, loss)}
    return {name: None if value is None else float(value) for name, value in values.items()}


def _r2(y: NDArray[Any], prediction: NDArray[Any], weight: NDArray[Any] | None) -> float | None:
    varies = len(y) >= 2 and np.ptp(y, axis=0).min() > 0
    return float(sk.r2_score(y, prediction, sample_weight=weight)) if varies else None


def _poisson_deviance(y: NDArray[Any], prediction: NDArray[Any], weight: NDArray[Any] | None) -> float | None:
    if y.min() < 0 or prediction.min() <= 0:
        return None
    pairs = zip(y.T, prediction.T, strict=True)
    return float(np.mean([sk.mean_poisson_deviance(t, rate, sample_weight=weight) for t, rate in pairs]))


def _classes(
    y: NDArray[Any], probability: NDArray[Any], weight: NDArray[Any] | None
) -> dict[str, float | None]:
    n_classes = probability.shape[1]
    codes = np.arange(n_classes)
    picked = probability.argmax(1)
    # The balanced accuracy, without scikit-learn's warning that a predicted class is not among the rows.
    balanced = sk.recall_score(y, picked, labels=np.unique(y), average="macro", sample_weight=weight)
    # Rounding can leave sums a little off 1, which log_loss would complain of; ranks are those of what was predicted,
    # whose ties a division would break.
    shares = probability.astype(np.float64)
    shares /= shares.sum(1, keepdims=True)
    return {
        "log_loss": float(sk.log_loss(y, shares, labels=codes, sample_weight=weight)),
        "roc_auc": _roc_auc(y, probability, weight),
        "accuracy": float(sk.accuracy_score(y, picked, sample_weight=weight)),
        "balanced_accuracy": float(balanced),
    }


def _roc_auc(y: NDArray[Any], probability: NDArray[Any], weight: NDArray[Any] | None) -> float | None:
    """The ROC area of the second class; for three and more, the mean of each class against the rest."""
    n_classes = probability.shape[1]
    if len(np.unique(y)) < n_classes:
        return None
    measured = [1] if n_classes == 2 else range(n_classes)
    return float(
        np.mean([sk.roc_auc_score(y == k, probability[:, k], sample_weight=weight) for k in measured])
    )
