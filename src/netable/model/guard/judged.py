"""Predictions and errors of training rows by networks that had not seen them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from netable.model.guard.scales import Scales
from netable.system.brief import brief
from netable.train.row_losses import prediction_losses

Floats = NDArray[np.float64]


class Judged(NamedTuple):
    """The distributions of predictions and errors out of fold.

    Attributes
    ----------
    rows : int
        Training rows, each predicted by a member of every stack that did not learn from it.
    outcomes : Scales
        Of each column of the outcome: targets, or probabilities of classes.
    errors : Scales
        See `errors_of`.
    """

    rows: int
    outcomes: Scales
    errors: Scales

    def __repr__(self) -> str:
        return brief(self)

    @classmethod
    def learn(cls, task: str, outcome: Floats, y: NDArray[Any]) -> Judged:
        """The distributions of rows, (rows, d_out or classes) and (rows, d_out) or (rows,)."""
        parts = outcome, errors_of(task, outcome, y)
        return cls(len(outcome), *(Scales.learn(part.astype(np.float32)) for part in parts))


def errors_of(task: str, outcome: Floats, y: NDArray[Any]) -> Floats:
    """The absolute error of each row and target, (rows, d_out), or the log loss of each row, (rows, 1)."""
    errors: Floats = prediction_losses(task, "mae", outcome, y).astype(np.float32)
    return errors.astype(np.float64)
