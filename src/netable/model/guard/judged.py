"""Predictions and errors of training rows by networks that had not seen them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from netable.model.guard.scales import Scales
from netable.system.brief import brief
from netable.table.encode import LARGEST
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
        return cls(len(outcome), *(Scales.learn(in_float32(part)) for part in parts))


def errors_of(task: str, outcome: Floats, y: NDArray[Any]) -> Floats:
    """The absolute error of each row and target, (rows, d_out), or the log loss of each row, (rows, 1)."""
    return in_float32(prediction_losses(task, "mae", outcome, y)).astype(np.float64)


def in_float32(numbers: Floats) -> NDArray[np.float32]:
    """As distributions are kept; a number beyond the type becomes its largest, as those of tables do."""
    limit = LARGEST[np.dtype(np.float32)]
    return np.clip(numbers, -limit, limit).astype(np.float32)
