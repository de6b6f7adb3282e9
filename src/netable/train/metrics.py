"""How good predictions are, by scikit-learn's definitions, with row weights."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn import metrics as sk

# The figure that speaks for the task, and the ones beside it.
METRICS = {
    "regression": ("rmse", "mae", "r2"),
    "binary": ("log_loss", "roc_auc", "accuracy", "balanced_accuracy"),
    "multiclass": ("log_loss", "roc_auc", "accuracy", "balanced_accuracy"),
}


def metrics(
    task: str,
    y: NDArray[np.generic],
    prediction: NDArray[np.floating],
    weight: NDArray[np.floating] | None = None,
) -> dict[str, float | None]:
    """The task's metrics, by name; None where one is not defined (one class among the rows, say).

    Parameters
    ----------
    task : {"regression", "binary", "multiclass"}
    y : (rows, d_out) targets or (rows,) codes
    prediction : (rows, d_out) targets or (rows, classes) probabilities
    weight : (rows,), optional
    """
    if weight is not None:  # rows that count for nothing must not make a class present, or a target vary
        counts = weight > 0
        y, prediction, weight = y[counts], prediction[counts], weight[counts]
    if task == "regression":
        return _regression(y, prediction, weight)
    return _classes(y, prediction, weight)


def _regression(
    y: NDArray[Any], prediction: NDArray[Any], weight: NDArray[Any] | None
) -> dict[str, float | None]:
    prediction = prediction.reshape(y.shape)
    varies = len(y) >= 2 and np.ptp(y, axis=0).min() > 0
    return {
        "rmse": float(sk.root_mean_squared_error(y, prediction, sample_weight=weight)),
        "mae": float(sk.mean_absolute_error(y, prediction, sample_weight=weight)),
        "r2": float(sk.r2_score(y, prediction, sample_weight=weight)) if varies else None,
    }


def _classes(
    y: NDArray[Any], probability: NDArray[Any], weight: NDArray[Any] | None
) -> dict[str, float | None]:
    n_classes = probability.shape[1]
    codes = np.arange(n_classes)
    picked = probability.argmax(1)
    # The balanced accuracy, without scikit-learn's warning that a predicted class is not among the rows.
    balanced = sk.recall_score(y, picked, labels=np.unique(y), average="macro", sample_weight=weight)
    # Rounding can leave sums a little off 1, which log_loss would complain of.
    probability = probability.astype(np.float64)
    probability /= probability.sum(1, keepdims=True)
    return {
        "log_loss": float(sk.log_loss(y, probability, labels=codes, sample_weight=weight)),
        "roc_auc": _roc_auc(y, probability, weight),
        "accuracy": float(sk.accuracy_score(y, picked, sample_weight=weight)),
        "balanced_accuracy": float(balanced),
    }


def _roc_auc(y: NDArray[Any], probability: NDArray[Any], weight: NDArray[Any] | None) -> float | None:
    if len(np.unique(y)) < probability.shape[1]:
        return None
    if probability.shape[1] == 2:
        return float(sk.roc_auc_score(y, probability[:, 1], sample_weight=weight))
    return float(sk.roc_auc_score(y, probability, sample_weight=weight, multi_class="ovr"))
