"""Rows of a model that was just fitted, for its report; a model file never holds them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from netable.system.brief import brief
from netable.table.rows import Rows


@dataclass(frozen=True)
class LearnedFrom:
    """The training rows, the validation rows, and the predictions of the latter.

    Attributes
    ----------
    table, judged : pyarrow.Table
        The training rows, canonical; and the validation rows: the same out of fold, or those of a validation table.
    table_rows, judged_rows : Rows
        Both encoded, with their targets and weights.
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
    judged: pa.Table
    table_rows: Rows
    judged_rows: Rows
    outcome: NDArray[np.float64]
    part: NDArray[np.int64]
    unseen_by: NDArray[np.int64]
    linear: NDArray[np.float64] | None = None

    __repr__ = brief
