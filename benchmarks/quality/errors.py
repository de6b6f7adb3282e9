"""The error of a prediction, lower is better: one measure for each task."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

# A probability of zero costs the same whether a method answers in float32 or in float64.
LEAST_PROBABILITY = float(np.finfo(np.float32).eps)

Numbers = NDArray[np.float64]


def regression_error(y: Numbers, prediction: Numbers) -> float:
    """The root of the mean squared error, in deviations (of a sample) of the target.

    Raises
    ------
    ValueError
        If a prediction is not finite.
    """
    prediction = np.asarray(prediction, dtype=np.float64).reshape(len(y))
    _check_finite(prediction)
    return float(np.sqrt(np.mean((y - prediction) ** 2)) / np.std(y, ddof=1))


def class_error(y: NDArray[np.int64], probability: Numbers) -> float:
    """For two classes 1 - ROC AUC, for more the log loss of clipped, normalized probabilities.

    Raises
    ------
    ValueError
        If a probability is not finite.
    """
    probability = np.asarray(probability, dtype=np.float64)
    _check_finite(probability)
    if probability.shape[1] == 2:
        return float(1 - roc_auc_score(y, probability[:, 1]))
    probability = np.clip(probability, LEAST_PROBABILITY, None)
    probability /= probability.sum(axis=1, keepdims=True)
    return float(-np.log(probability[np.arange(len(y)), y]).mean())


def all_classes(probability: Numbers, classes: NDArray[np.int64], n_classes: int) -> Numbers:
    """Probabilities with a column for every class, also for those that a model has not seen."""
    whole = np.zeros((len(probability), n_classes))
    whole[:, np.asarray(classes, dtype=np.int64)] = probability
    return whole


def _check_finite(values: Numbers) -> None:
    if not np.isfinite(values).all():
        raise ValueError(f"{np.count_nonzero(~np.isfinite(values))} predictions are not finite")
