"""What predictions cost, row by row, by the loss that a model was trained for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import xlogy

from netable.model.model import Model

Floats = NDArray[np.float64]
_TINY = float(np.finfo(np.float64).tiny)


@dataclass(frozen=True)
class RowLoss:
    """The loss of rows whose targets are known, and the figure that speaks for it.

    For classes the loss is the log loss. For numbers it is measured in units of the loss of the best constant, so that
    1 is as much as knowing nothing costs: squared errors over the target's variance, whose mean is 1 - R².

    Attributes
    ----------
    loss : str
        As in `Settings`; `log_loss` for classes.
    y : (rows, d_out) numbers, or (rows,) codes of classes
    weight : (rows,)
    """

    loss: str
    quantile: float
    y: NDArray[Any]
    weight: Floats

    @classmethod
    def of(cls, model: Model, y: NDArray[Any], weight: Floats) -> RowLoss:
        """The loss that the model was trained for."""
        config = model.recipe
        loss = config.loss if model.task == "regression" else "log_loss"
        return cls({"huber": "mse"}.get(loss, loss), model.objective.quantile, y, weight)

    def of_rows(self, outcome: Floats) -> Floats:
        """The loss of every row and target, in the target's own units: (rows, d_out), for classes (rows, 1)."""
        if self.loss == "log_loss":
            own: Floats = np.take_along_axis(outcome, self.y[:, None], 1).clip(_TINY)
            return -np.log(own)
        error: Floats = self.y - outcome
        if self.loss == "mse":
            return np.square(error)
        if self.loss == "mae":
            return np.abs(error)
        if self.loss == "quantile":
            return np.maximum(self.quantile * error, (self.quantile - 1) * error)
        rate = outcome.clip(_TINY)
        return np.asarray(2 * (xlogy(self.y, self.y / rate) - self.y + rate), dtype=np.float64)

    def unit(self) -> Floats:
        """The mean loss of the best constant, by which a loss is divided: (d_out,); 1 for classes, or if it is 0."""
        if self.loss == "log_loss":
            return np.ones(1)
        if self.loss in ("mae", "quantile"):
            level = 0.5 if self.loss == "mae" else self.quantile
            best = np.quantile(self.y, level, axis=0, weights=self.weight, method="inverted_cdf")
        else:
            best = np.average(self.y, axis=0, weights=self.weight)
        mean = self.mean(self.of_rows(np.broadcast_to(best, self.y.shape)))
        return np.where(mean > 0, mean, 1.0)

    def mean(self, losses: Floats) -> Floats:
        """The mean over rows: (…, rows, d) → (…, d)."""
        return np.asarray(np.average(losses, axis=-2, weights=self.weight), dtype=np.float64)

    def figure(self, losses: Floats) -> Floats:
        """The metric that `metric_names` has first, from the losses of rows: (…, rows, d) → (…)."""
        mean = self.mean(losses)
        found: Floats = (np.sqrt(mean) if self.loss == "mse" else mean).mean(-1)
        return found
