"""Scores that compare a model's own estimates with rows that it has never seen."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from netable.model.model import Model

Floats = NDArray[np.float64]
CONFIDENCE_BINS = 10


def row_losses(task: str, outcome: Floats, y: NDArray[Any], deviation: float = 1.0) -> Floats:
    """The loss of each row: squared error in deviations of the target, or log loss.

    Parameters
    ----------
    outcome : (rows, 1), or (rows, classes) probabilities
    y : (rows,) numbers or codes
    """
    if task == "regression":
        squares: Floats = np.square((outcome[:, 0] - y) / deviation)
        return squares
    return np.asarray(-np.log(outcome[np.arange(len(y)), y].clip(1e-15)))


def brier(outcome: Floats, codes: NDArray[np.int64]) -> float:
    """The mean over rows of the squared distance from probabilities to what happened, summed over classes."""
    return float(np.square(outcome - np.eye(outcome.shape[1])[codes]).sum(1).mean())


def calibration_error(outcome: Floats, codes: NDArray[np.int64]) -> float:
    """Expected calibration error (ECE): |confidence - accuracy|, averaged over bins of equally many rows.

    *Reference*: C. Guo, G. Pleiss, Y. Sun, K. Weinberger (2017), "On Calibration of Modern Neural Networks", ICML.
    """
    confidence, right = outcome.max(1), outcome.argmax(1) == codes
    bins = np.array_split(np.argsort(confidence, kind="stable"), CONFIDENCE_BINS)
    return float(sum(abs((right[rows] - confidence[rows]).sum()) for rows in bins) / len(codes))


def coverages(model: Model, table: Any, y: Floats, levels: tuple[float, ...]) -> dict[str, float]:
    """The share of targets within intervals of each level that the model has."""
    found = {}
    for level in levels:
        if level <= model.intervals.most_coverage:
            lower, upper = model.predict_interval(table, level)
            found[f"{level:g}"] = float(((lower <= y) & (y <= upper)).mean())
    return found


def without_temperature(model: Model) -> Model:
    """The model as it was before it was calibrated."""
    return replace(model, objective=replace(model.objective, temperature=1.0))


@torch.no_grad()
def single_outcomes(model: Model, table: Any) -> Floats:
    """Predictions of one member of each stack, blended as the model blends stacks: (members of a stack, rows, …).

    That is what an out-of-fold figure is about; the model itself is the mean of these, and better.
    """
    encoded = model.encode(model.read(table))
    numbers, codes = torch.from_numpy(encoded.numbers), torch.from_numpy(encoded.codes)
    said = model.objective.predict(model.net(numbers.to(model.net.dtype), codes)).numpy()
    stacks = len(model.net.stacks)
    by_stack = said.reshape(stacks, -1, *said.shape[1:])
    weights = model.net.weights.double().numpy().reshape(stacks, -1).sum(1)
    blended: Floats = np.einsum("s,smrw->mrw", weights, by_stack)
    return blended


def in_standard_errors(first: Floats, second: Floats) -> float:
    """The difference of two means of independent rows, in its standard errors."""
    error = np.sqrt(first.var(ddof=1) / len(first) + second.var(ddof=1) / len(second))
    return float((first.mean() - second.mean()) / error)
