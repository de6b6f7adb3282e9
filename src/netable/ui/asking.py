"""What a model says about a row that is put together by hand."""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from netable.errors import UserError, silence
from netable.explanation.cells import sample_rows
from netable.explanation.nearest import LOOKED_AT
from netable.model.file import load
from netable.model.intervals import COVERAGE
from netable.model.model import Model
from netable.model.prediction import predicted_labels
from netable.ui.fields import form_of_row
from netable.ui.reasons import Reasons, reasons_for

if TYPE_CHECKING:
    from netable.ui.runs import Run

# Models that are kept in memory.
_KEPT = 3
_CLASSES_SHOWN = 8


class Predicted(NamedTuple):
    """A target, or a class with its probability; the ends of the interval if there is one."""

    name: str
    value: float
    lower: float | None = None
    upper: float | None = None


@dataclass(frozen=True)
class Answer:
    """What a model predicts for a row.

    Attributes
    ----------
    label : str
        The class; empty for a regression.
    predicted : sequence of Predicted
        The targets, or the most probable classes.
    coverage : float
        Of the intervals.
    doubt : str
        Why the row is unlike those of training; empty if it is not.
    is_guarded : bool
        The model can tell.
    """

    label: str
    predicted: Sequence[Predicted]
    coverage: float
    doubt: str
    is_guarded: bool


@dataclass(frozen=True)
class Asked:
    """A model, and rows of its training table.

    Attributes
    ----------
    model : Model
    table : pyarrow.Table or None
        Some of the rows, canonical; None if the table is gone.
    rows : (rows of the table,)
        Their positions.
    """

    model: Model
    table: pa.Table | None
    rows: NDArray[np.int64]

    def start(self, number: int) -> dict[str, str]:
        """A form with a row of the table, counted from 1; with usual values if there is none."""
        where = np.flatnonzero(self.rows == number - 1)
        row = None
        if self.table is not None and len(where):
            row = self.table.slice(int(where[0]), 1).to_pylist()[0]
        return form_of_row(self.model, row)

    def answer(self, row: Mapping[str, Any]) -> Answer:
        """The prediction for a row.

        Raises
        ------
        UserError
            If a cell cannot be read.
        """
        model = self.model
        with silence():
            encoded = model.encode([row], warns=False)
            outcome = model.outcome_of(encoded)
            guard = model.guard_of(encoded)
        doubt = (guard.reasons[0] or "") if guard else ""
        coverage = min(COVERAGE, model.intervals.most_coverage)
        if model.task != "regression":
            label = str(predicted_labels(model.target, outcome)[0])
            order = np.argsort(-outcome[0], kind="stable")[:_CLASSES_SHOWN]
            shares = [Predicted(model.outputs[i], float(outcome[0, i])) for i in order]
            return Answer(label, shares, coverage, doubt, guard is not None)
        if model.intervals.why_none:
            ends = [(None, None)] * len(model.outputs)
        else:
            ends = list(
                zip(*(end[0].tolist() for end in model.intervals.around(outcome, coverage)), strict=True)
            )
        values = zip(model.outputs, outcome[0].tolist(), ends, strict=True)
        return Answer(
            "", [Predicted(n, v, *both) for n, v, both in values], coverage, doubt, guard is not None
        )

    def reasons(self, row: Mapping[str, Any]) -> Reasons | None:
        """Why the model predicts so; None without rows to compare with.

        Raises
        ------
        UserError
            If a cell cannot be read.
        """
        if self.table is None or not self.table.num_rows:
            return None
        return reasons_for(self.model, row, self.table, self.rows)


class Models:
    """Models of runs in memory, the last that were asked."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._asked: OrderedDict[tuple[Any, ...], Asked] = OrderedDict()

    def of(self, run: Run) -> Asked:
        """The model of a run.

        Raises
        ------
        UserError
            If it cannot be loaded.
        """
        with self._lock:  # one at a time: a page asks for prediction and reasons at once
            state = os.stat(run.model)
            key = run.model, run.table, state.st_mtime_ns, state.st_size
            if key not in self._asked:
                self._asked[key] = _asked(run.model, run.table)
                while len(self._asked) > _KEPT:
                    self._asked.popitem(last=False)
            self._asked.move_to_end(key)
            return self._asked[key]


def _asked(path: Path, table: Path | None) -> Asked:
    model = load(path)
    nothing = np.array([], np.int64)
    if table is None:
        return Asked(model, None, nothing)
    try:
        with silence():
            read = model.read(table, labelled=True)
            rows = sample_rows(read.num_rows, LOOKED_AT, seed=0)
            some = read.take(rows)
            model.encode(some, warns=False)
    except UserError:  # such as one that was changed since
        return Asked(model, None, nothing)
    return Asked(model, some, rows)
