"""The rows behind a model that was just fitted: for its report, never for its file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray


@dataclass(frozen=True)
class LearnedFrom:
    """The training rows, the rows that judged, and what was said of these.

    Attributes
    ----------
    table : pyarrow.Table
        The training rows, canonical.
    weight : (rows,)
    judged : pyarrow.Table
        The rows that judge: the training rows, or those of a validation table.
    y : (judged rows,) codes of classes, or (judged rows, d_out) numbers
    judged_weight : (judged rows,)
    outcome : (judged rows, d_out or classes)
        By members that did not learn from the row, calibrated; NaN where there are none.
    part : (judged rows,)
        The held-out part that the row is in, -1 for none.
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
