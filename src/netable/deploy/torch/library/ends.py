"""The ends of prediction intervals, by the errors of similar predictions."""

from __future__ import annotations

import numpy as np
from torch import Tensor


def ends(value: np.ndarray, errors: Tensor) -> tuple[np.ndarray, np.ndarray]:
    """Both ends of intervals; `errors` are (3, bins): predictions, and the errors below and above these."""
    centers, low, high = errors.numpy()
    return value + np.interp(value, centers, low), value + np.interp(value, centers, high)


def log(y: np.ndarray) -> np.ndarray:
    """The logarithm, also of what is not above 0."""
    return np.log(np.maximum(y, np.finfo(np.float64).tiny))


def exp(y: np.ndarray) -> np.ndarray:
    """The exponential, without overflow."""
    return np.exp(np.minimum(y, 700.0))


def expm1(y: np.ndarray) -> np.ndarray:
    """The inverse of log1p, at least 0."""
    return np.maximum(np.expm1(np.minimum(y, 700.0)), 0.0)


def square(y: np.ndarray) -> np.ndarray:
    """The inverse of the square root."""
    return np.square(np.maximum(y, 0.0))
