"""Runs of a folder: those that go on, and those that have ended."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import Any

from netable.errors import DataError
from netable.fit.progress_file import Course, read_course
from netable.fit.resume.checkpoint_folder import is_unfinished, remove_checkpoints
from netable.fit.resume.run_folder import (
    CHECKPOINTS,
    METRICS,
    MODEL,
    PROGRESS,
    REPORT,
    RUN_FILES,
    default_folder,
    is_finished,
)
from netable.system.files import remove_parts
from netable.system.lock import is_locked
from netable.ui.training import Processes, interrupt, is_alive, last_error
from netable.ui.workspace import Record, Workspace, without_folder

# States of a run: under way; complete; stopped with a model; ended without one, but resumable; ended with nothing.
RUNNING, FINISHED, STOPPED, BROKEN, FAILED = "running", "finished", "stopped", "broken", "failed"


@dataclass(frozen=True)
class Run:
    """A run.

    Attributes
    ----------
    name : str
        That of its folder.
    folder : Path
        It may not exist, if the run has just been started, or has failed.
    state : str
    pid : int or None
        Of its process, as long as it is under way.
    record : Record or None
        How it was started, if it was started here.
    table : Path or None
        Its table, if that is still there.
    error : str
        Why it has failed.
    """

    name: str
    folder: Path
    state: str
    pid: int | None = None
    record: Record | None = None
    table: Path | None = None
    error: str = ""

    @property
    def model(self) -> Path:
        """The model file."""
        return self.folder / MODEL

    @property
    def report(self) -> Path:
        """The page about the model."""
        return self.folder / REPORT

    @property
    def has_model(self) -> bool:
        """It has a model to ask."""
        return self.state in (FINISHED, STOPPED)

    @property
    def can_resume(self) -> bool:
        """It was started here, with a table that is still there, and can go on."""
        return self.state in (STOPPED, BROKEN) and self.table is not None

    @cached_property
    def results(self) -> dict[str, Any]:
        """The content of metrics.json; empty if there is none that can be read."""
        with suppress(OSError, ValueError):
            results = json.loads((self.folder / METRICS).read_bytes())
            return results if isinstance(results, dict) else {}
        return {}

    def course(self) -> Course:
        """The course of training, as long as it is not finished."""
        return read_course(self.folder / PROGRESS)


class Runs:
    """The runs of a workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace, self._processes = workspace, Processes()
        self._starting = Lock()

    def all(self) -> dict[str, Run]:
        """Every run by its name, the newest first."""
        records, tables = self._workspace.records(), self._workspace.tables.all()
        folders = {place.name: place for place in self._workspace.runs.iterdir() if _is_run(place)}
        names = sorted({*folders, *records}, key=lambda name: self._moment(name, folders), reverse=True)
        return {name: self._run(name, records.get(name), tables) for name in names}

    def start(self, key: str, options: Sequence[str]) -> Run:
        """Train on a table with options of the command."""
        table = self._workspace.tables.all()[key]
        with self._starting:
            folder = self.next_folder(table)
            arguments = ("train", str(table), *options, "-o", str(folder))
            self._workspace.write_record(folder.name, Record(key, arguments))
            self._processes.start(folder.name, arguments, self._workspace.log(folder.name))
            return self._run(folder.name, Record(key, arguments), {key: table})

    def next_folder(self, table: Path) -> Path:
        """The folder that the next run on a table gets."""
        return default_folder(table.name, runs=self._workspace.runs, is_taken=self._is_taken)

    def _is_taken(self, folder: Path) -> bool:
        # The process of a run that has just been started may not have made its folder yet.
        return folder.exists() or self._processes.pid(folder.name) is not None

    def resume(self, run: Run) -> None:
        """Go on with a run that was stopped.

        Raises
        ------
        DataError
            If it cannot go on.
        """
        if not run.can_resume or run.record is None:
            raise DataError(f"The run {run.name!r} cannot go on from here.")
        with self._starting:
            if not self._processes.pid(run.name):
                arguments = (*run.record.arguments, "--resume")
                self._processes.start(run.name, arguments, self._workspace.log(run.name))

    def stop(self, run: Run) -> None:
        """Let a run end with what it has, as Ctrl-C does; nothing happens if it has ended."""
        if run.pid is not None:
            with suppress(ProcessLookupError):
                interrupt(run.pid)

    def delete(self, run: Run) -> bool:
        """Delete the files of a run; False if its folder has others, which stay.

        Raises
        ------
        DataError
            If it is under way.
        """
        if run.state == RUNNING:
            raise DataError(f"The run {run.name!r} is under way; stop it first.")
        if run.folder.is_dir():
            remove_checkpoints(run.folder / CHECKPOINTS)
            remove_parts(run.folder, RUN_FILES.__contains__)
            for name in (*RUN_FILES, PROGRESS):
                (run.folder / name).unlink(missing_ok=True)
            with suppress(OSError):
                run.folder.rmdir()
        self._workspace.forget(run.name)
        return not run.folder.exists()

    def _run(self, name: str, record: Record | None, tables: dict[str, Path]) -> Run:
        folder = self._workspace.runs / name
        table = tables.get(record.table) if record else None
        pid = self._pid(name, folder)
        if pid is not None:
            return Run(name, folder, RUNNING, pid, record, table)
        if is_finished(folder):
            state = FINISHED
        elif (folder / MODEL).is_file():
            state = STOPPED
        else:
            state = BROKEN if is_unfinished(folder / CHECKPOINTS) else FAILED
        error = last_error(self._workspace.log(name)) if state in (BROKEN, FAILED) else ""
        if table:
            error = without_folder(error, table)
        return Run(name, folder, state, None, record, table, error)

    def _pid(self, name: str, folder: Path) -> int | None:
        """The process of a run under way, started here, at the terminal or by another page."""
        if ours := self._processes.pid(name):
            return ours
        pid = read_course(folder / PROGRESS).pid
        if not isinstance(pid, int) or pid <= 1 or not is_alive(pid) or not is_locked(folder):
            return None
        return pid

    def _moment(self, name: str, folders: dict[str, Path]) -> float:
        with suppress(OSError):
            return (folders.get(name) or self._workspace.log(name)).stat().st_mtime
        return 0.0


def _is_run(place: Path) -> bool:
    if place.is_symlink() or not place.is_dir() or place.name.startswith("."):
        return False
    return any((place / name).exists() for name in (MODEL, CHECKPOINTS, PROGRESS))
