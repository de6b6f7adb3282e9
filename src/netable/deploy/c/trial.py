"""A C file compiled, and run on the rows of a table."""

from __future__ import annotations

import shutil
import struct
import subprocess
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from netable.deploy.contract.inputs import TEXT, Input
from netable.deploy.contract.trial_folder import trial_folder
from netable.errors import ExportError
from netable.table.target import Target

_COMPILER = "gcc"
_FLAGS = ("-std=c99", "-O2", "-Wall", "-Wextra", "-Werror")


def compiler() -> str:
    """The compiler's name and version; empty if there is none."""
    path = shutil.which(_COMPILER)
    if path is None:
        return ""
    told = subprocess.run([path, "-dumpfullversion", "-dumpversion"], capture_output=True, text=True)
    return f"{_COMPILER} {told.stdout.strip()}"


class Trial:
    """A C file that is compiled at the first call.

    Parameters
    ----------
    code : str
    inputs : sequence of Input
        The fields of its rows.
    target : Target
    has_ends : bool
        There are outcomes `lower` and `upper`.
    """

    def __init__(self, code: str, inputs: Sequence[Input], target: Target, *, has_ends: bool) -> None:
        self._code, self._inputs, self._target = code, inputs, target
        names = ["prediction", *(("lower", "upper") if has_ends else ())]
        self._numbers = names if target.task == "regression" else ["probabilities"]
        self._program: bytes | None = None

    def run(self, table: pa.Table) -> dict[str, NDArray[Any]]:
        """The outputs by name for a canonical table.

        Raises
        ------
        ExportError
            If the file cannot be compiled, or its program fails.
        """
        with trial_folder() as folder:
            program = folder / "trial"
            if self._program is None:
                self._program = self._compiled(folder, program)
            else:
                program.write_bytes(self._program)
                program.chmod(0o700)
            rows = _records(self._inputs, table)
            (folder / "rows").write_bytes(rows)
            done = subprocess.run([program, folder / "rows", str(len(rows))], capture_output=True)
        if done.returncode:
            raise ExportError(f"The export is not written, as its program ends with {done.returncode}.")
        return self._outputs(done.stdout, table.num_rows)

    def _compiled(self, folder: Path, program: Path) -> bytes:
        (folder / "model.c").write_text(self._code, "utf-8")
        (folder / "driver.c").write_text(self._driver(), "utf-8")
        sources = [str(folder / name) for name in ("driver.c", "model.c")]
        command = [_COMPILER, *_FLAGS, "-o", str(program), *sources, "-lm"]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            first = next((line for line in done.stderr.splitlines() if "error" in line), done.stderr[:200])
            raise ExportError(f"The export is not written, as {_COMPILER} cannot compile it: {first}")
        return program.read_bytes()

    def _driver(self) -> str:
        """The program around the file, for its fields."""
        fields = [
            f"row.{each.name} = text(&at);"
            if each.type == TEXT
            else f"memcpy(&row.{each.name}, at, 8), at += 8;"
            for each in self._inputs
        ]
        writes = [f"fwrite(&outcome.{name}, sizeof outcome.{name}, 1, stdout);" for name in self._numbers]
        if self._target.task != "regression":
            is_text = self._target.label_dtype == "object"
            label = (
                "put_text(outcome.prediction);" if is_text else "fwrite(&outcome.prediction, 8, 1, stdout);"
            )
            writes.append(label)
        driver = (files("netable.deploy.c") / "driver.c").read_text("utf-8")
        return driver.replace("/* read */", "\n".join(fields)).replace("/* write */", "\n".join(writes))

    def _outputs(self, content: bytes, count: int) -> dict[str, NDArray[Any]]:
        width, is_regression = self._target.width, self._target.task == "regression"
        per_row = width * len(self._numbers)
        numbers, labels, at = np.empty((count, per_row)), [], 0
        for row in range(count):
            numbers[row] = np.frombuffer(content, np.float64, per_row, at)
            at += 8 * per_row
            if not is_regression:
                label, at = self._label(content, at)
                labels.append(label)
        split = np.split(numbers, len(self._numbers), 1)
        outputs = dict(zip(self._numbers, split, strict=True))
        if is_regression:
            return {name: part[:, 0] if width == 1 else part for name, part in outputs.items()}
        return {"prediction": np.array(labels, self._target.label_dtype), **outputs}

    def _label(self, content: bytes, at: int) -> tuple[Any, int]:
        if self._target.label_dtype == "object":
            (length,) = struct.unpack_from("q", content, at)
            return content[at + 8 : at + 8 + length].decode(), at + 8 + length
        return struct.unpack_from("d" if self._target.label_dtype == "float64" else "q", content, at)[
            0
        ], at + 8


def _records(inputs: Sequence[Input], table: pa.Table) -> bytes:
    """All rows, as the driver reads them."""
    columns = []
    for each in inputs:
        values = each.feed(table.column(each.column.name))[:, 0]
        if each.type == TEXT:
            columns.append([_text(value) for value in values.tolist()])
        else:
            columns.append([value.tobytes() for value in values])
    return b"".join(part for row in zip(*columns, strict=True) for part in row)


def _text(text: str) -> bytes:
    """An empty text is none. A zero would end a text: it stands for what no level has."""
    content = text.replace("\0", "\1").encode()
    return struct.pack("q", len(content)) + content + b"\0" if text else struct.pack("q", -1)
