"""Predictions for the rows of a file, by the command of the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.csv

from netable.errors import DataError
from netable.model.intervals import COVERAGE
from netable.model.model import Model
from netable.ui.fields import plain_cell
from netable.ui.training import call, last_error, notes
from netable.ui.workspace import without_folder

_SHOWN = 10
_OUTPUT, _LOG = ".predictions.csv", ".log"
# The column that says why a row is unlike those of training.
UNUSUAL = "unlike_training"


@dataclass(frozen=True)
class Predictions:
    """Predictions in a file.

    Attributes
    ----------
    path : Path
        Of CSV: the columns of the rows, and behind them the predictions.
    notes : sequence of str
        What the command said about the rows.
    header, rows : sequence
        The first rows.
    n_rows : int
    """

    path: Path
    notes: Sequence[str]
    header: Sequence[str]
    rows: Sequence[Sequence[object]]
    n_rows: int


def arguments_for(model: Model, file: Path, table: Path, output: Path) -> tuple[str, ...]:
    """The command that predicts, with intervals and doubts if the model has them."""
    more = []
    if not model.intervals.why_none:
        more.append(f"--interval={min(COVERAGE, model.intervals.most_coverage):g}")
    if model.reference is not None:
        more.append(f"--flag-unusual={UNUSUAL}")
    return ("predict", str(file), str(table), "--keep=all", *more, "-o", str(output))


def predict(model: Model, file: Path, table: Path) -> Predictions:
    """Predict the rows of a table, beside which the predictions are kept.

    Parameters
    ----------
    file : Path
        Of the model.

    Raises
    ------
    DataError
        With the error of the command, if it fails.
    """
    output, log = table.with_name(_OUTPUT), table.with_name(_LOG)
    if call([*arguments_for(model, file, table, output), "--force"], log):
        raise DataError(without_folder(last_error(log), table) or "The rows cannot be predicted.")
    return predictions(table)


def predictions(table: Path) -> Predictions:
    """The predictions that were made for a table.

    Raises
    ------
    DataError
        If there are none.
    """
    output = table.with_name(_OUTPUT)
    try:
        made = pyarrow.csv.read_csv(output)
    except (OSError, pa.ArrowInvalid) as error:
        raise DataError(f"There are no predictions for {table.name}.") from error
    columns = [map(plain_cell, column.to_pylist()) for column in made.slice(0, _SHOWN).columns]
    rows = list(zip(*columns, strict=True))
    said = [without_folder(note, table) for note in notes(table.with_name(_LOG))]
    return Predictions(output, said, made.column_names, rows, made.num_rows)
