"""What every form of export must compute as the model does: columns, objectives and ends of intervals."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import torch

from netable.config.exports import EXPORT_DEFAULTS, ExportSettings
from netable.config.reading import ReadOptions
from netable.deploy.contract.inputs import Input, inputs_of
from netable.errors import DataWarning, silence
from netable.model.intervals import Ends
from netable.table.encode import Encoder
from netable.table.reading.read import read
from netable.table.schema import Schema
from netable.train import Objective, TargetScale

MOMENTS = [datetime(2020, 1, 1), datetime(2021, 5, 6, 7, 8, 9, 1000), None]
_YEARS = [datetime(1600, 2, 27) + timedelta(days=97 * i, hours=i) for i in range(1600)]
_ENDS = [datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59, 59, 999_999)]
# Cells of training, the kind of their column, and other cells.
COLUMNS: list[tuple[list[Any], str, list[Any]]] = [
    ([1.5, -2.0, None, 1e9], "number", [None, 0.0, -1e300, 1e300, 5e-324]),
    ([1e9 + 1, 1e9 + 2, 1e9 + 3], "number", [1e9 + 2.5, None]),
    ([True, False], "flag", [True, None, False]),
    ([0.0, 1.0], "flag", [0.0, 1.0, 7.0, None]),
    ([5.0, 7.5], "flag", [5.0, 7.5, 6.0, None]),
    (["yes", "no"], "flag", ["YES", "No", "maybe", None, "yes "]),
    (["straße", "kalt"], "flag", ["STRAẞE", "\N{KELVIN SIGN}alt", "Strasse"]),
    (["a", "b", None], "category", ["a", "c", None, "A", "NA", ""]),
    ([1.0, 2.5, -0.0], "category", [1.0, 2.5, 0.0, 3.0, None]),
    ([True, False], "category", [True, False, None]),
    (MOMENTS, "category", [*MOMENTS, datetime(2020, 1, 2)]),
    (MOMENTS, "date", [*MOMENTS, *_YEARS, *_ENDS]),
    (MOMENTS[:1] * 2 + [datetime(2020, 2, 29)], "date", [datetime(1999, 12, 31), datetime(1900, 3, 1), None]),
]


class Column(NamedTuple):
    """A column that was learned from cells, and others as the encoder has them.

    Attributes
    ----------
    input : Input
    encoder : Encoder
    cells : pyarrow.ChunkedArray
    expected : (rows, numbers and codes)
    """

    input: Input
    encoder: Encoder
    cells: pa.ChunkedArray
    expected: np.ndarray[Any, Any]


def column_of(
    training: list[Any], kind: str, cells: list[Any], settings: ExportSettings = EXPORT_DEFAULTS
) -> Column:
    """A column of one of `COLUMNS`."""
    with silence(DataWarning):
        table = read(pa.table({"c": training}), options=ReadOptions(kinds={"c": kind}))
        schema, selected = Schema.infer(table, kinds={"c": kind})
        encoder = Encoder.learn(schema, selected)
        later = read(pa.table({"c": pa.array(cells, pa.array(training).type)}), storage=schema.storage)
        numbers, codes, *_ = encoder.encode(schema.select(later), np.float64)
    (each,) = inputs_of(schema, settings)
    return Column(each, encoder, later["c"], np.concatenate([numbers, codes], 1))


def objectives() -> list[Objective]:
    """Objectives of two members, one of each form."""

    def part(*numbers: float) -> torch.Tensor:
        return torch.tensor(numbers, dtype=torch.float64).view(2, 1, 1)

    plain = TargetScale(part(1, 2), part(3, 4))
    bounded = plain._replace(lowest=part(0, 1), highest=part(5, 6))
    logs = TargetScale(part(1, 2), part(3, 4), part(1, 0), part(1.1, 0.9))
    losses = [Objective("regression", scale) for scale in (None, plain, bounded, logs)]
    losses += [Objective("regression", scale, loss="poisson") for scale in (None, bounded)]
    return [*losses, Objective("binary", temperature=1.5), Objective("multiclass", temperature=0.5)]


def outputs_of(objective: Objective) -> np.ndarray[Any, Any]:
    """Outputs of two members for six rows, up to those whose exponential is infinite."""
    width = 3 if objective.task == "multiclass" else 1
    return np.linspace(-3, 800, 2 * 6 * width, dtype=np.float32).reshape(2, 6, width)


def mean_outcome_of(objective: Objective, weights: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The weighted mean of what torch makes of `outputs_of`: (rows, targets or classes)."""
    outcome = objective.predict(torch.from_numpy(outputs_of(objective))).numpy()
    return np.einsum("m,mbd->bd", weights, outcome)


def bounded_objective() -> Objective:
    """A regression with predictions from 0 to 1."""
    scale = TargetScale(*(torch.ones(1, 1, 1, dtype=torch.float64) * number for number in (0, 1)))
    return Objective("regression", scale._replace(lowest=scale.center, highest=scale.deviation))


def ends_of(unit: str) -> Iterator[Ends]:
    """Ends of intervals in one bin and in several."""
    for centers in ([0.2], [0.1, 0.5], [0.1, 0.5, 2.0]):
        low = -np.linspace(0.1, 0.4, len(centers))
        yield Ends(unit, np.array(centers), low, 2 * low**2)
