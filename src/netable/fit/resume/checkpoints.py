"""A folder with the saved runs of a fit and the fit's inputs."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from time import perf_counter
from types import TracebackType
from typing import Any, Self

from netable.errors import (
    CheckpointError,
    FileError,
    MemoryShortage,
    TrainingWarning,
    UserError,
    WorkerError,
    warn,
)
from netable.fit.resume import checkpoint_folder
from netable.fit.resume.checkpoint_folder import MANIFEST, file_of_run, remove_checkpoints
from netable.fit.resume.identity import Identity, changes, milder_changes
from netable.fit.resume.member_checkpoint import MemberCheckpoint
from netable.system.files import write_atomically
from netable.system.lock import folder_lock
from netable.train.peers import Peers


class Checkpoints:
    """A folder with one checkpoint for each run of the loop in a fit: each stack of each phase.

    A `with` block locks it for this process. An error that would recur, or that comes before anything was saved,
    deletes the folder.

    Parameters
    ----------
    folder : path
        Created if missing; a saved fit in it is resumed.
    identity : Identity, optional
        The inputs of the fit. None in a process that only adds runs to a folder which another one claims.

    Raises
    ------
    CheckpointError
        On entry, if the folder holds a fit of other inputs, or other files.
    FileError
        On entry, if the folder cannot be written to, or another process uses it.
    """

    def __init__(self, folder: str | os.PathLike[str], identity: Identity | None) -> None:
        self.folder = Path(folder)
        self._identity = identity
        self._phase = -1
        self._made: list[MemberCheckpoint] = []
        self._write_seconds = 0.0
        self._lock = ExitStack()

    def __enter__(self) -> Self:
        if self._identity is None:
            return self
        with ExitStack() as stack:
            try:
                self.folder.mkdir(parents=True, exist_ok=True)
                stack.enter_context(folder_lock(self.folder))
                before = None
                if checkpoint_folder.is_unfinished(self.folder):
                    before = read_identity(self.folder / MANIFEST)
                if before:
                    self._check(before, self._identity)
                checkpoint_folder.remove_partial_files(self.folder)
                if before is None:
                    checkpoint_folder.check_ours(self.folder)
                if not before:
                    checkpoint_folder.remove_runs(self.folder)
                    self._begin()
            except FileError:
                raise
            except OSError as error:
                raise FileError(f"{self.folder} cannot be made: {error.strerror}.") from error
            self._lock = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._identity is None:
            return
        fails_again = isinstance(error, UserError) and not isinstance(
            error, FileError | MemoryShortage | CheckpointError | WorkerError
        )
        if fails_again or (error and not checkpoint_folder.keeps_runs(self.folder)):
            remove_checkpoints(self.folder)
        self._lock.close()

    def _begin(self) -> None:
        began = perf_counter()
        try:
            with write_atomically(self.folder / MANIFEST) as file:
                file.write(json.dumps(self._identity, indent=1).encode())
        except FileError:
            remove_checkpoints(self.folder)
            raise
        self._write_seconds = perf_counter() - began

    def begin_phase(self) -> None:
        """Begin the next phase, whose runs have checkpoints of their own."""
        self._phase += 1

    def of(
        self,
        stack: int,
        about: Mapping[str, Any],
        members: Sequence[int],
        of_all: int,
        peers: Peers | None = None,
    ) -> MemberCheckpoint:
        """The checkpoint of some members of a stack in this phase; `about` are plain values of the stack."""
        checkpoint = MemberCheckpoint(
            file_of_run(self.folder, self._phase, stack, members[0] if peers else None),
            json.loads(json.dumps(about, default=str)),
            members,
            of_all,
            peers=peers,
            write_seconds=self._made[-1].write_seconds if self._made else self._write_seconds,
        )
        self._made.append(checkpoint)
        return checkpoint

    def _check(self, before: Identity, now: Identity) -> None:
        differences = changes(before, now)
        if differences:
            raise CheckpointError(
                f"{self.folder} holds a run with different inputs: {'; '.join(differences[:3])}. Undo the change to "
                "resume it, or remove the folder to start over."
            )
        for change in milder_changes(before, now):
            warn(f"{change}: the run continues, but its last digits may differ.", TrainingWarning)


def read_identity(path: Path) -> Identity:
    """The inputs of a saved fit; empty for one that has not begun.

    Raises
    ------
    CheckpointError
        If the file cannot be read.
    """
    try:
        identity = json.loads(path.read_bytes())
        if not isinstance(identity, dict):
            raise TypeError("it is no mapping")
        return identity
    except (OSError, ValueError, TypeError, RecursionError) as error:
        raise CheckpointError(
            f"{path} cannot be read: {error}. Remove {path.parent} to start over."
        ) from error
