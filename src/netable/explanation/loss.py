"""Loss of predictions row by row, relative to that of the best constant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netable.train.row_losses import prediction_losses, quantile_level, target_unit

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class RowLoss:
    """The loss of rows, and the metric that goes with it.

    For classes the loss is the log loss. For regression it is divided by the loss of the best constant, so that 1 is
    the loss of a model that knows nothing: for mse, the squared errors over the target's variance, with mean 1 - R².
    """

    task: str
    loss: str
    quantile: float
    y: NDArray[Any]  # (rows, d_out) numbers, or (rows,) codes of classes
    weight: Floats  # (rows,)

    def of_rows(self, outcome: Floats) -> Floats:
        """The loss of every row and target: (rows, d_out), for classes (rows, 1)."""
        unit = target_unit(self.y) if self.loss == "huber" else 1.0
        return prediction_losses(self.task, self.loss, outcome, self.y, self.quantile, unit)

    def constant_loss(self) -> Floats:
        """The mean loss of the best constant: (d_out,); 1 for classes, or if it is 0."""
        if self.task != "regression":
            return np.ones(1)
        level = quantile_level(self.loss, self.quantile)
        if level is None:
            best = np.average(self.y, axis=0, weights=self.weight)
        else:
            best = np.quantile(self.y, level, axis=0, weights=self.weight, method="inverted_cdf")
        mean = self.mean(self.of_rows(np.broadcast_to(best, self.y.shape)))
        return np.where(mean > 0, mean, 1.0)

    def mean(self, losses: Floats) -> Floats:
        """The mean over rows: (rows, d) → (d,)."""
        return np.asarray(np.average(losses, axis=0, weights=self.weight), dtype=np.float64)

    def metric(self, outcome: Floats) -> float:
        """The metric that `netable.train.metric_names` lists first."""
        squares = self.task == "regression" and self.loss in ("mse", "huber")
        loss = "mse" if squares else self.loss
        mean = self.mean(prediction_losses(self.task, loss, outcome, self.y, self.quantile))
        if squares:
            mean = np.sqrt(mean)
        # The loss of counts is half their deviance.
        return float(mean.mean()) * (2 if self.loss == "poisson" and self.task == "regression" else 1)
