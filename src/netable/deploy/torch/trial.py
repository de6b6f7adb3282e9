"""A folder of PyTorch run on the rows of a table, as a person runs it."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from netable.deploy.contract.inputs import NUMBER, OUTPUTS, Input
from netable.deploy.contract.trial_folder import trial_folder
from netable.errors import ExportError
from netable.table.canonical.forms import COMMA, unit_of
from netable.table.target import Target

_PROGRAM = "predict.py"
_WORDS = {0.0: "false", 1.0: "true"}


class Trial:
    """A folder whose program is run on rows.

    Parameters
    ----------
    content : mapping of name to bytes
        Its files.
    inputs : sequence of Input
    target : Target
    """

    def __init__(self, content: Mapping[str, bytes], inputs: Sequence[Input], target: Target) -> None:
        self._content, self._inputs, self._target = content, inputs, target

    def run(self, table: pa.Table) -> dict[str, NDArray[Any]]:
        """The outputs by name for a canonical table, which the program reads from a CSV.

        Raises
        ------
        ExportError
            If the program fails.
        """
        with trial_folder() as folder:
            for name, content in self._content.items():
                (folder / name).write_bytes(content)
            columns = [_cells(each, table) for each in self._inputs]
            with (folder / "rows.csv").open("w", encoding="utf-8", newline="") as file:
                writer = csv.writer(file)
                writer.writerow(each.column.name for each in self._inputs)
                writer.writerows(zip(*columns, strict=True))
            command = [sys.executable, _PROGRAM, "rows.csv", "-o", "predictions.csv"]
            done = subprocess.run(
                command,
                cwd=folder,
                env=os.environ | {"PYTHONUTF8": "1", "PYTHONSAFEPATH": ""},
                capture_output=True,
                text=True,
                encoding="utf-8",
            )
            if done.returncode:
                last = (done.stderr.strip().splitlines() or [f"it ends with {done.returncode}"])[-1]
                raise ExportError(f"The export is not written, as its {_PROGRAM} fails: {last}")
            with (folder / "predictions.csv").open(encoding="utf-8", newline="") as file:
                header, *rows = csv.reader(file)
        return self._outputs(header, rows)

    def _outputs(self, header: Sequence[str], rows: Sequence[Sequence[str]]) -> dict[str, NDArray[Any]]:
        target = self._target
        if target.task != "regression":
            by_text = dict(
                zip(map(str, target.labels), target.decode(np.arange(len(target.labels))), strict=True)
            )
            labels = [by_text[row[0]] for row in rows]
            probabilities = np.array([row[1:] for row in rows], np.float64)
            return {"prediction": np.array(labels, target.label_dtype), "probabilities": probabilities}
        numbers = np.array(rows, np.float64)
        outputs = {}
        for what in OUTPUTS:
            places = [i for i, name in enumerate(header) if name == what or name.startswith(f"{what}_")]
            if places:
                outputs[what] = numbers[:, places] if len(target.names) > 1 else numbers[:, places[0]]
        return outputs


def _cells(each: Input, table: pa.Table) -> list[str]:
    """The cells of a column as a CSV of the training table's kind has them."""
    values: list[Any] = each.feed(table.column(each.column.name))[:, 0].tolist()
    if each.type != NUMBER:
        return values
    if each.column.storage == "boolean":
        return [_WORDS.get(value, "") for value in values]
    form, unit = unit_of(each.column.form)
    mark, around = "," if form == COMMA else ".", unit or "#"
    return ["" if value != value else around.replace("#", repr(value).replace(".", mark)) for value in values]
