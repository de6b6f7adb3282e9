"""The folder that a training run leaves behind."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from netable.errors import FileError
from netable.files import check_replaceable, without_nan, write_atomically, write_together

if TYPE_CHECKING:
    from netable.model import Model

MODEL, PREDICTIONS, REPORT = "model.netable", "predictions.parquet", "report.html"
COMPARISON = "comparison.json"
RUN_FILES = (MODEL, "metrics.json", "config.yaml", "history.csv", PREDICTIONS, REPORT)


def table_name(path: str) -> str:
    """What a table is called: its file, or the folder or pattern of files that it is in."""
    plain = [part for part in Path(path).parts if not set(part) & set("*?[]/")]
    return (plain or ["table"])[-1].split(".")[0] or "table"


def default_folder(name: str) -> Path:
    """`runs/NAME`, or the next number after it that is free."""
    stem = table_name(name)
    folder, n = Path("runs") / stem, 1
    while folder.exists():
        n += 1
        folder = Path("runs") / f"{stem}-{n}"
    return folder


@contextmanager
def claim_folder(folder: Path, inputs: Sequence[Path] = (), *, force: bool) -> Iterator[Path]:
    """Make the folder before the work begins; if the work fails, folders made and still empty go away.

    Raises
    ------
    FileError
        If it is there already and not to be overwritten, holds an input, or cannot be made or written to.
    """
    if folder.exists() and not folder.is_dir():
        raise FileError(f"{folder} is a file; name a folder.")
    if folder.is_dir() and any(folder.iterdir()) and not force:
        raise FileError(
            f"{folder} exists already. Name another folder with -o, or overwrite it with --force."
        )
    if any(file.resolve().parent == folder.resolve() for file in inputs):
        raise FileError(f"{folder} holds a table that is read here; name another folder with -o.")
    made = [place for place in (folder, *folder.parents) if not place.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FileError(f"{folder} cannot be made: {error.strerror}.") from error
    if not os.access(folder, os.W_OK):
        raise FileError(f"{folder} cannot be written to.")
    for name in (*RUN_FILES, COMPARISON):
        check_replaceable(folder / name)
    try:
        yield folder
    finally:
        with suppress(OSError):
            for place in made:
                place.rmdir()


def write_run(model: Model, folder: Path, *, with_report: bool = True) -> None:
    """Write the model, its figures, history, resolved configuration, out-of-fold predictions and report."""
    import pyarrow as pa
    import pyarrow.csv
    import pyarrow.parquet

    from netable import model_file

    with write_together(folder, RUN_FILES) as new:
        model_file.save(model, new / MODEL)
        with write_atomically(new / "metrics.json") as file:
            text = json.dumps(without_nan(model.results), ensure_ascii=False, indent=2, default=str)
            file.write(text.encode() + b"\n")
        with write_atomically(new / "config.yaml") as file:
            yaml.safe_dump(
                model.config.to_dict(), file, sort_keys=False, allow_unicode=True, encoding="utf-8"
            )
        with write_atomically(new / "history.csv") as file:
            pyarrow.csv.write_csv(pa.Table.from_pylist(model.history.rows()), file)
        if model.out_of_fold is not None:
            with write_atomically(new / PREDICTIONS) as file:
                pyarrow.parquet.write_table(model.out_of_fold, file)
    # Later than the rest: a model is not lost because a chart could not be drawn, or Ctrl-C came.
    if with_report:
        model.report(folder / REPORT)
