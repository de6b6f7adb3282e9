"""Why a model predicts what it does for a row, and the real rows that are like it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from netable.errors import silence
from netable.explanation import contributions, nearest_rows
from netable.model.model import Model
from netable.ui.fields import plain_cell

# Rows that contributions compare with.
_BACKGROUND = 40
_NEAREST, _COLUMNS_SHOWN = 5, 12


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


def reasons_for(model: Model, row: Mapping[str, Any], table: pa.Table, rows: NDArray[np.int64]) -> Reasons:
    """The reasons of a prediction, compared with rows of a table.

    Parameters
    ----------
    table : pyarrow.Table
        Canonical, of one row or more.
    rows : (rows of the table,)
        Their positions, which are shown.

    Raises
    ------
    UserError
        If a cell of the row cannot be read.
    """
    with silence():
        read = model.read([row])
        found = contributions(model, read, table, max_rows=_BACKGROUND)
        places, distances = nearest_rows(model, read, table, _NEAREST)
    output = 0 if model.task == "regression" else int(found.outcome[0].argmax())
    adds = found.values[0, :, output]
    order = np.argsort(-np.abs(adds), kind="stable")
    most = float(np.abs(adds).max()) or 1.0
    parts = [
        Part(found.columns[i], row[found.columns[i]], float(adds[i]), float(adds[i]) / most)
        for i in order[:_COLUMNS_SHOWN]
    ]
    header = [
        *(n for n in model.target.names if n in table.column_names),
        *(c.name for c in model.schema.used),
    ]
    cells = table.select(header).take(places).to_pylist()
    nearest = [
        (int(rows[place]) + 1, float(distance), [plain_cell(one[name]) for name in header])
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
