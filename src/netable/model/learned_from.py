"""Rows of a model that was just fitted, for its report; a model file never holds them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray


@dataclass(frozen=True)
class LearnedFrom:
    """The training rows, the validation rows, and the predictions of the latter.

    Attributes
    ----------
    table : pyarrow.Table
        The training rows, canonical.
    weight : (rows,)
    judged : pyarrow.Table
        The validation rows: the training rows out of fold, or those of a validation table.
    y : (judged rows,) codes of classes, or (judged rows, d_out) numbers
    judged_weight : (judged rows,)
    outcome : (judged rows, d_out or classes)
        Calibrated predictions by members that did not learn from the row; NaN where there are none.
    part : (judged rows,)
        The held-out part with the row, -1 for none.
    unseen_by : (judged rows,)
        The member of each stack of the model that did not learn from the row; -1 where all did.
    linear : as outcome, optional
        Predictions of the linear reference, if they are known.
    """

    table: pa.Table
    weight: NDArray[np.float64]
    judged: pa.Table
    y: NDArray[Any]
    judged_weight: NDArray[np.float64]
    outcome: NDArray[np.float64]
    part: NDArray[np.int64]
    unseen_by: NDArray[np.int64]
    linear: NDArray[np.float64] | None = None
