"""What a model says about a row that is put together by hand."""

from __future__ import annotations

import math
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

from netable.deploy.server.columns import example, json_type, levels, range_of, written
from netable.errors import UserError, silence
from netable.explanation import contributions, nearest_rows
from netable.explanation.cells import sample_rows
from netable.explanation.nearest import LOOKED_AT
from netable.model.file import load
from netable.model.intervals import COVERAGE
from netable.model.model import Model
from netable.model.prediction import predicted_labels
from netable.table.kinds.column import Column

if TYPE_CHECKING:
    from netable.ui.runs import Run

# Models that are kept in memory.
_KEPT = 3
# Rows that contributions compare with: each more than doubles the time of the next digit.
_BACKGROUND = 40
_NEAREST, _CLASSES_SHOWN, _COLUMNS_SHOWN = 5, 8, 12
# Steps of a slider, at least.
_STEPS = 100


@dataclass(frozen=True)
class Field:
    """An input for a column.

    Attributes
    ----------
    place : int
        Among the columns that the model uses.
    name, kind : str
    value : str
        Empty if missing.
    choices : tuple of str
        The only values to choose from; empty for any.
    hints : tuple of str
        Values that training had, among others.
    slider : (low, high, step) or None
    """

    place: int
    name: str
    kind: str
    value: str
    choices: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()
    slider: tuple[float, float, float] | None = None


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


class Part(NamedTuple):
    """What a column adds to a prediction; `share` is its size beside the largest, from -1 to 1."""

    name: str
    value: Any
    adds: float
    share: float


@dataclass(frozen=True)
class Reasons:
    """Why a model predicts so.

    Attributes
    ----------
    output : str
        The target, or the class, that is explained.
    base, outcome : float
        The mean prediction of the background, and that of the row.
    parts : sequence of Part
        The columns that add most, the first the most.
    rest : float
        What all others add.
    header : sequence of str
        The columns of `nearest`.
    nearest : sequence of (int, float, list)
        Real rows: number from 1, distance, and cells.
    """

    output: str
    base: float
    outcome: float
    parts: Sequence[Part]
    rest: float
    header: Sequence[str]
    nearest: Sequence[tuple[int, float, list[Any]]]


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

    @property
    def used(self) -> tuple[Column, ...]:
        """The columns that the model uses."""
        return self.model.schema.used

    def start(self, number: int = 1) -> dict[str, str]:
        """A form with a row of the table, counted from 1; else with usual values."""
        where = np.flatnonzero(self.rows == number - 1)
        if self.table is None or not len(where):
            values = [example(column, self.model) for column in self.used]
        else:
            row = self.table.slice(int(where[0]), 1).to_pylist()[0]
            values = [written(row[column.name], column) for column in self.used]
        return {f"cell-{place}": _text(value) for place, value in enumerate(values)}

    def fields(self, form: Mapping[str, Any]) -> list[Field]:
        """Inputs with the values of a form."""
        return [
            self._field(place, column, str(form.get(f"cell-{place}", "")))
            for place, column in enumerate(self.used)
        ]

    def _field(self, place: int, column: Column, value: str) -> Field:
        known, kind = levels(column, self.model), json_type(column)
        if kind == "boolean" or column.known_texts:
            choices = known or ("true", "false")
            return Field(place, column.name, column.kind, value, choices=choices)
        slider = None
        if kind == "number" and column.is_continuous:
            slider = _slider(*range_of(column, self.model))
        return Field(place, column.name, column.kind, value, hints=known, slider=slider)

    def row(self, form: Mapping[str, Any]) -> dict[str, Any]:
        """A row of a form, in which a column is named by its place."""
        texts = {column: str(form.get(f"cell-{place}", "")) for place, column in enumerate(self.used)}
        return {column.name: _cell(text.strip(), json_type(column)) for column, text in texts.items()}

    def answer(self, row: Mapping[str, Any]) -> Answer:
        """The prediction for a row.

        Raises
        ------
        UserError
            If a cell cannot be read.
        """
        model = self.model
        with silence():
            encoded = model.encode(model.read([row]), warns=False)
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
        model = self.model
        with silence():
            read = model.read([row])
            found = contributions(model, read, self.table, max_rows=_BACKGROUND)
            places, distances = nearest_rows(model, read, self.table, _NEAREST)
        output = 0 if model.task == "regression" else int(found.outcome[0].argmax())
        adds = found.values[0, :, output]
        order = np.argsort(-np.abs(adds), kind="stable")
        most = float(np.abs(adds).max()) or 1.0
        parts = [
            Part(found.columns[i], row[found.columns[i]], float(adds[i]), float(adds[i]) / most)
            for i in order[:_COLUMNS_SHOWN]
        ]
        header = [
            *(n for n in model.target.names if n in self.table.column_names),
            *(c.name for c in self.used),
        ]
        cells = self.table.select(header).take(places).to_pylist()
        nearest = [
            (int(self.rows[place]) + 1, float(distance), [_shown(one[name]) for name in header])
            for place, distance, one in zip(places, distances, cells, strict=True)
        ]
        return Reasons(
            model.outputs[output],
            float(found.base[output]),
            float(found.outcome[0, output]),
            parts,
            float(adds[order[_COLUMNS_SHOWN:]].sum()),
            header,
            nearest,
        )


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


def _slider(low: float, high: float) -> tuple[float, float, float] | None:
    if not math.isfinite(high - low) or high <= low:
        return None
    step = 10.0 ** math.floor(math.log10((high - low) / _STEPS))
    return math.floor(low / step) * step, math.ceil(high / step) * step, step


def _cell(text: str, kind: str) -> Any:
    if not text:
        return None
    if kind == "boolean":
        return text == "true"
    if kind == "number":
        try:
            value = float(text)
        except ValueError:
            return text
        return value if math.isfinite(value) else text
    return text


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def _shown(value: Any) -> Any:
    """A cell as tables of a page show it; days without the time of day."""
    return value if isinstance(value, str | float | bool | None) else str(value).removesuffix(" 00:00:00")
