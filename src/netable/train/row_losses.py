"""The loss of each row, for every task and loss, written once: on a network's outputs and on predictions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from netable.config.settings import DEFAULTS

Floats = NDArray[np.float64]
# Of an outcome of some rows and the numbers of these rows: the loss of each, (rows,).
RowLoss = Callable[[Floats, NDArray[np.int64]], Floats]

# Where the loss `huber` turns from a square into a line, in deviations of the target.
HUBER_DELTA = 1.0
# No class and no rate of counts is taken to be less probable, or the logarithm of one row would outweigh all others.
LEAST_PROBABILITY = 1e-15
# Squares of larger errors may not fit into 64 bits.
_LARGEST_ERROR = 1e150


def quantile_level(loss: str, quantile: float) -> float | None:
    """The quantile that minimizes a regression loss: 0.5 for `mae`; None if the best constant is a mean."""
    return {"mae": 0.5, "quantile": quantile}.get(loss)


def regression_losses(
    loss: str, prediction: Tensor, y: Tensor, quantile: float = DEFAULTS.quantile
) -> Tensor:
    """The loss of every number: that of the prediction's shape.

    For `poisson`, `prediction` is the logarithm of the rate, and the loss is half the deviance: never below 0, and 0
    only where the rate is the target.
    """
    if loss == "mse":
        return (prediction - y).square()
    if loss == "mae":
        return (prediction - y).abs()
    if loss == "huber":
        return F.huber_loss(prediction, y, reduction="none", delta=HUBER_DELTA)
    if loss == "quantile":
        return torch.maximum(quantile * (y - prediction), (1 - quantile) * (prediction - y))
    return prediction.exp() - y + torch.xlogy(y, y) - y * prediction


def output_losses(
    task: str, loss: str, output: Tensor, y: Tensor, quantile: float = DEFAULTS.quantile
) -> Tensor:
    """The loss of every row, from a network's outputs: (\\*members, batch).

    Parameters
    ----------
    task : {"regression", "binary", "multiclass"}
    output : (\\*members, batch, d_out)
        Predictions for a regression, the logarithm of the rate for `poisson`, logits for classes.
    y : regression as `output`, whose mean over d_out is taken; classes (\\*members, batch), codes
    """
    if task == "regression":
        return regression_losses(loss, output, y.to(output.dtype), quantile).mean(-1)
    if task == "binary":
        return F.binary_cross_entropy_with_logits(output.squeeze(-1), y.to(output.dtype), reduction="none")
    return F.cross_entropy(output.flatten(0, -2), y.flatten(), reduction="none").view(y.shape)


def prediction_losses(
    task: str,
    loss: str,
    outcome: Floats,
    y: NDArray[Any],
    quantile: float = DEFAULTS.quantile,
    unit: Floats | float = 1.0,
) -> Floats:
    """The loss of every row and target, from predictions: (rows, d_out); for classes the log loss, (rows, 1).

    Parameters
    ----------
    outcome : (rows, d_out) in the target's own units, or (rows, classes) probabilities
    y : (rows, d_out) numbers, or (rows,) codes of classes
    unit : (d_out,) or number
        Errors of a regression are divided by it before the loss; see `target_unit`. Not for `poisson`.
    """
    if task != "regression":
        probability: Floats = np.take_along_axis(outcome, y[:, None], 1).clip(LEAST_PROBABILITY)
        return -np.log(probability)
    if loss == "poisson":
        rate = torch.from_numpy(outcome.clip(LEAST_PROBABILITY))
        losses = regression_losses(loss, rate.log(), torch.from_numpy(y))
    else:  # all others depend on the error alone
        error = torch.from_numpy(((y - outcome) / unit).clip(-_LARGEST_ERROR, _LARGEST_ERROR))
        losses = regression_losses(loss, torch.zeros_like(error), error, quantile)
    return np.asarray(losses.numpy(), dtype=np.float64)


def target_unit(y: Floats) -> Floats:
    """The standard deviation of each target, 1 for a constant one: (d_out,)."""
    deviation = y.std(0)
    # What is left of a constant target after rounding is noise, not spread.
    return np.where(deviation > 1e-12 * np.abs(y.mean(0)), deviation, 1.0)


def row_loss_function(task: str, loss: str, y: NDArray[Any], quantile: float = DEFAULTS.quantile) -> RowLoss:
    """The losses of rows as a function of their outcome and their numbers.

    Of a regression, errors are in units of the target's deviation, and losses are the mean over targets.
    """
    unit = target_unit(y) if task == "regression" else 1.0

    def losses_of(outcome: Floats, rows: NDArray[np.int64]) -> Floats:
        losses: Floats = prediction_losses(task, loss, outcome, y[rows], quantile, unit).mean(-1)
        return losses

    return losses_of
