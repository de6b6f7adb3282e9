"""Predictions of an exported file beside those of its model, row by row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from torch import Tensor

from netable.deploy.contract.rounding import TOLERANCE, rounding_unit
from netable.errors import DataError, ExportError
from netable.model.model import Model
from netable.system.wording import counted, listed
from netable.table.encode import Encoded
from netable.train import Objective

# Rows compared at once.
_CHUNK = 4096
Floats = NDArray[np.float64]
Outputs = Mapping[str, NDArray[Any]]


class Proof(NamedTuple):
    """The comparison of an exported file with its model.

    Attributes
    ----------
    rows : int
        Rows that were compared.
    largest_difference : float
        Of probabilities, or of numbers in deviations of the target. Of numbers farther from the mean it is in relation
        to their distance from it, and of rows far outside of training to the sums of the first layer.
    tolerance : float
        The largest difference that is allowed.
    runtime : str
        The program that computed the file's predictions.
    """

    rows: int
    largest_difference: float
    tolerance: float
    runtime: str

    def told(self) -> str:
        """The comparison in words."""
        return (
            f"compared with the model on {counted(self.rows, 'row')} in {self.runtime}: largest difference "
            f"{self.largest_difference:.1e} of {self.tolerance:.0e} allowed"
        )


def prove(
    model: Model,
    rows: pa.Table,
    run: Callable[[pa.Table], Outputs],
    runtime: str,
    coverage: float | None,
) -> Proof:
    """Compare the outputs of `run` with the predictions of a model.

    Labels must be equal; one that is as probable as another, within the tolerance, may take its place. Rows for which
    the model predicts no finite number must have none.

    Parameters
    ----------
    rows : pyarrow.Table
        Canonical.
    coverage : float, optional
        Of the outputs `lower` and `upper`, if there are any.

    Raises
    ------
    ExportError
        If a prediction differs; it shows the row.
    """
    largest, found = 0.0, run(rows)
    for start in range(0, rows.num_rows, _CHUNK):
        some = rows.slice(start, _CHUNK)
        encoded = model.encode(model.read(some))
        expected = _expected(model, encoded)
        outputs = {name: values[start : start + _CHUNK] for name, values in found.items()}
        unit = rounding_unit(model, encoded)
        apart = _differences(model, expected, outputs, coverage, unit)
        worst = int(apart.argmax())
        if not apart[worst] <= TOLERANCE:
            raise ExportError(_refusal(model, some, worst, expected, outputs))
        largest = max(largest, float(apart[worst]))
    return Proof(rows.num_rows, largest, TOLERANCE, runtime)


def _expected(model: Model, encoded: Encoded) -> Floats:
    """The model's outcome; NaN for rows that it refuses, because their prediction is not finite."""
    try:
        return model.outcome_of(encoded)
    except DataError:
        numbers, codes = encoded.numbers, encoded.codes
        rows = [Encoded(numbers[i : i + 1], codes[i : i + 1]) for i in range(len(numbers))]
        return np.concatenate([_outcome_or_nan(model, row) for row in rows])


def _outcome_or_nan(model: Model, row: Encoded) -> Floats:
    try:
        return model.outcome_of(row)
    except DataError:
        return np.full((1, model.target.width), np.nan)


def _differences(
    model: Model, expected: Floats, outputs: Outputs, coverage: float | None, unit: Floats
) -> Floats:
    """The largest difference of each row, in a unit for each: (rows,)."""
    if model.task != "regression":
        apart = _apart(expected, outputs["probabilities"], unit)
        codes = {label: code for code, label in enumerate(model.labels.tolist())}
        chosen = np.array([codes[label] for label in outputs["prediction"].tolist()])
        behind = expected.max(1) - np.take_along_axis(expected, chosen[:, None], 1)[:, 0]
        return np.where(np.isnan(behind) | (behind <= TOLERANCE * unit), apart, np.inf)
    objective, shape = model.objective, expected.shape
    wanted, found = (_in_deviations(objective, y.reshape(shape)) for y in (expected, outputs["prediction"]))
    by_output = [_apart(wanted, found, unit)]
    if coverage is not None:
        ends = model.intervals.around(expected, coverage)
        for end, name in zip(ends, ("lower", "upper"), strict=True):
            wanted, found = (_in_sizes(objective, y.reshape(shape)) for y in (end, outputs[name]))
            by_output.append(_apart(wanted, found, unit))
    largest: Floats = np.max(by_output, axis=0)
    return largest


def _apart(expected: Floats, found: Floats, unit: Floats) -> Floats:
    """Differences in relation to a unit, or to numbers beyond it; 0 if both are not finite, infinite if one is."""
    finite = np.isfinite(expected) & np.isfinite(found)
    none = ~np.isfinite(expected) & ~np.isfinite(found)
    with np.errstate(invalid="ignore"):
        apart = np.abs(found - expected) / np.maximum(unit[:, None], np.abs(expected))
    different: Floats = np.where(finite, apart, np.where(none, 0.0, np.inf)).max(1)
    return different


def _in_deviations(objective: Objective, y: Floats) -> Floats:
    """Numbers as deviations from the mean, on the scale on which the networks work."""
    scale = objective.scale
    if scale is None:
        return y
    tiny = np.finfo(np.float64).tiny
    if objective.loss == "poisson":
        rates: Floats = np.log(np.maximum(y / _mean(scale.center), tiny))
        return rates
    if scale.shift is not None:
        y = np.log(np.maximum(y + _mean(scale.shift), tiny))
    standard: Floats = (y - _mean(scale.center)) / _mean(scale.deviation)
    return standard


def _in_sizes(objective: Objective, y: Floats) -> Floats:
    """As `_in_deviations`, but without logarithms, for ends of intervals, which may be 0."""
    scale = objective.scale
    if scale is None or (scale.shift is None and objective.loss != "poisson"):
        return _in_deviations(objective, y)
    size = _mean(scale.center) if scale.shift is None else np.exp(_mean(scale.center))
    sizes: Floats = y / size
    return sizes


def _mean(part: Tensor) -> Floats:
    """The mean over members: (members, 1, d_out) → (1, d_out)."""
    mean: Floats = part.mean(0).double().cpu().numpy()
    return mean


def _refusal(model: Model, table: pa.Table, row: int, expected: Floats, outputs: Outputs) -> str:
    cells = [
        f"{name!r}: {column[row].as_py()!r:.60}"
        for name, column in zip(table.column_names, table.columns, strict=True)
    ]
    names = [name for name in ("probabilities", *outputs) if name in outputs]
    found = {name: outputs[name][row : row + 1].tolist()[0] for name in names}
    return (
        "The export is not written, as it does not predict as the model. For the row "
        f"{{{listed(cells)}}} the model gives {expected[row].tolist()}, the export {found}. "
        "This is a mistake of netable, worth a report with the model."
    )
