"""The folder of a training run: claimed, and written."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from netable.errors import FileError
from netable.fit.resume.checkpoint_folder import is_unfinished, mark_begun, unmark_begun
from netable.fit.resume.run_folder import (
    CHECKPOINTS,
    KEPT,
    METRICS,
    MODEL,
    PREDICTIONS,
    PROGRESS,
    REPORT,
    RUN_FILES,
    STORED,
    is_finished,
)
from netable.system.agenda import Agenda, Part
from netable.system.files import (
    check_replaceable,
    making_folders,
    remove_parts,
    write_atomically,
    write_together,
)
from netable.system.json import to_json
from netable.system.lock import folder_lock

if TYPE_CHECKING:
    from netable.model.model import Model

COMPARISON = "comparison.json"
# Parts of the writing beside the report.
FILES, CHARTS = "the files", "the charts of rows in report.html"


@contextmanager
def claim_folder(
    folder: Path, inputs: Sequence[Path] = (), *, force: bool, resume: bool | None = None
) -> Iterator[Path]:
    """Create and lock a folder in the block, and then remove it if it is empty.

    Parameters
    ----------
    inputs : sequence of paths
        Files to read; they must not lie in the folder.
    force : bool
        Allow a folder with files. A training run in it is marked as unfinished, unless the block fails.
    resume : bool, optional
        Allow to resume a training run in the folder. None if the block is no training run.

    Raises
    ------
    FileError
        If the folder exists and is neither to be overwritten nor resumed, holds an input, cannot be written to, or is
        locked by another process.
    """
    if folder.exists() and not folder.is_dir():
        raise FileError(f"{folder} is a file; name a folder with -o.")
    _check_free(folder, force=force, resume=resume)
    if any(file.resolve().parent == folder.resolve() for file in inputs):
        raise FileError(f"{folder} holds a table that is read here; name another folder with -o.")
    with making_folders(folder):
        if not os.access(folder, os.W_OK):
            raise FileError(f"{folder} cannot be written to.")
        for name in (*RUN_FILES, COMPARISON, PROGRESS):
            check_replaceable(folder / name)
        with folder_lock(folder):
            remove_parts(folder, (*RUN_FILES, COMPARISON).__contains__)
            if resume is not None:
                shutil.rmtree(folder / KEPT, ignore_errors=True)  # of a run that was killed
            try:
                with _begun(folder) if force and resume is not None else nullcontext():
                    yield folder
            finally:
                if not is_unfinished(folder / CHECKPOINTS):
                    (folder / PROGRESS).unlink(missing_ok=True)


@contextmanager
def _begun(folder: Path) -> Iterator[None]:
    """Mark the run as unfinished, so that older files in the folder are not read as its results if it is killed."""
    place = folder / CHECKPOINTS
    if is_unfinished(place):
        yield
        return
    mark_begun(place)
    try:
        yield
    except BaseException:
        unmark_begun(place)
        raise


def _check_free(folder: Path, *, force: bool, resume: bool | None) -> None:
    unfinished = is_unfinished(folder / CHECKPOINTS)
    if unfinished and resume is None:
        raise FileError(f"{folder} holds a training run that was stopped; name another folder with -o.")
    if force or (resume and (unfinished or is_finished(folder))):
        return
    if unfinished:
        raise FileError(
            f"{folder} holds a run that was stopped. Continue it with --resume, or start over with --force."
        )
    if folder.is_dir() and {place.name for place in folder.iterdir()} - {CHECKPOINTS, PROGRESS, STORED, KEPT}:
        raise FileError(
            f"{folder} exists already. Name another folder with -o, or overwrite it with --force."
        )


def writing_parts(n_rows: int, *, with_report: bool) -> list[Part]:
    """What `write_run` does, with the seconds that it usually takes on two cores of 2025."""
    parts = [Part(FILES, 0.5 + 1e-6 * n_rows, is_needed=True)]
    if with_report:
        parts += [Part(REPORT, 1.5), Part(CHARTS, 0.6 + 1.7e-5 * n_rows)]
    return parts


def write_run(
    model: Model,
    folder: Path,
    typed: str = "TABLE",
    *,
    with_report: bool = True,
    agenda: Agenda | None = None,
) -> None:
    """Write the model, its metrics, history, settings, out-of-fold predictions and report.

    Parameters
    ----------
    typed : str
        The training table as it was typed.
    agenda : Agenda, optional
        With the `writing_parts`; it may leave out the report, or its charts of rows.
    """
    if agenda is None:
        agenda = Agenda()
        agenda.add(writing_parts(0, with_report=with_report))
    agenda.do(FILES, lambda: _write_files(model, folder))
    # Last, so that neither a failing chart nor Ctrl-C costs the model.
    if with_report and agenda.has_room(REPORT):
        shown = model if agenda.has_room(CHARTS) else replace(model, learned_from=None)
        _write_report(shown, folder / REPORT, typed)


def _write_files(model: Model, folder: Path) -> None:
    import pyarrow as pa
    import pyarrow.csv
    import pyarrow.parquet

    from netable.model.file import save

    with write_together(folder, RUN_FILES) as new:
        save(model, new / MODEL)
        with write_atomically(new / METRICS) as file:
            file.write(f"{to_json(model.results)}\n".encode())
        with write_atomically(new / "config.yaml") as file:
            yaml.safe_dump(
                model.recipe.to_dict(), file, sort_keys=False, allow_unicode=True, encoding="utf-8"
            )
        with write_atomically(new / "history.csv") as file:
            pyarrow.csv.write_csv(pa.Table.from_pylist(model.history.rows()), file)
        if model.out_of_fold is not None:
            with write_atomically(new / PREDICTIONS) as file:
                pyarrow.parquet.write_table(model.out_of_fold, file)


def _write_report(model: Model, path: Path, typed: str) -> None:
    from netable.report import write_report

    write_report(model, path, typed=typed)
