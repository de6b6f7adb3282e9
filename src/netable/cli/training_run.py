"""One run of `netable train`: its tables, its training, and its folder."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from netable.cli import options as opt
from netable.cli.large import lasting, read_to_learn
from netable.cli.output import write_note
from netable.cli.progress import progress
from netable.cli.run_folder import write_run, writing_parts
from netable.compute.executor import ALONE, Executor, started_together
from netable.config.reading import ReadOptions
from netable.config.settings import Settings
from netable.errors import CheckpointError, ConfigError
from netable.fit.members.watcher import Watcher
from netable.fit.progress_file import ProgressFile
from netable.fit.resume.checkpoint_folder import mark_begun, remove_checkpoints
from netable.fit.resume.run_folder import CHECKPOINTS, IDENTITY, KEPT, METRICS, PROGRESS, STORED, finish
from netable.system.agenda import Agenda, Deadline

if TYPE_CHECKING:
    import pyarrow as pa

    from netable.fit.stored.all_rows import AllRows
    from netable.fit.tensorboard import TensorBoard
    from netable.model.model import Model
    from netable.table.reading.sources import Given

# Seconds from the start of the process until all is imported, on two cores of 2025: where they were more, a busy or
# slow machine will take longer for the rest, too.
USUAL_START = 1.7


class RunTables(NamedTuple):
    """The tables for training and validation; of one beyond memory a sample, and the way to all rows."""

    table: pa.Table
    valid: pa.Table | None
    all_rows: AllRows | None


class Sources(NamedTuple):
    """What was typed to name the tables, the bytes of memory for a run, and whether encoded rows are kept after it."""

    tables: list[str] | None
    sql: str | None
    database: str | None
    validation: list[str] | None
    memory: float
    keep_cache: bool


@dataclass(frozen=True)
class TrainingRun:
    """A run, as every worker gets it."""

    sources: Sources
    settings: Settings
    folder: Path
    agenda: Agenda
    with_report: bool

    @cached_property
    def given(self) -> list[Given]:
        """The table, and where it is."""
        return opt.named(self.sources.tables, self.sources.sql, self.sources.database)

    @cached_property
    def validating(self) -> list[Given]:
        """The table to validate on, and where it is."""
        return opt.named(self.sources.validation) if self.sources.validation else []

    @contextmanager
    def tables(self, group: Executor) -> Iterator[RunTables]:
        """The tables, with columns of the same types, in the block, which notes what follows.

        Raises
        ------
        UserError
            If they cannot be read.
        """
        from netable.fit.stored.all_rows import read_sample
        from netable.fit.stored.cache import RowCache
        from netable.table.canonical.forms import storages
        from netable.table.reading.places.kept import KeptFile
        from netable.table.reading.read import read
        from netable.table.target_values import labelled

        self.agenda.took(USUAL_START, self.agenda.spent())
        memory, keep_cache = self.sources.memory, self.sources.keep_cache
        settings, options, all_rows = self.settings, ReadOptions.of(self.settings), None
        folder = self.folder / KEPT if group.is_first else None
        with ExitStack() as stack:
            stream, is_small = stack.enter_context(lasting(self.given, options, memory, folder=folder))
            if is_small:
                table = labelled(read_to_learn(stream, settings), settings)[0]
                stack.close()
            elif started_together() and any(isinstance(place, KeptFile) for place in stream.places):
                raise ConfigError(
                    f"{stream.notes.source}: beyond memory, and read only once, so several workers cannot share it."
                )
            else:
                cache = RowCache(self.folder / STORED, self.folder.parent if keep_cache else None)
                table, all_rows = read_sample(stream, settings, memory, cache)
            storage = {
                name: known for name, known in storages(table).items() if name not in settings.ignore_columns
            }
            valid = read(self.validating, options=options, storage=storage) if self.validating else None
            valid = valid if valid is None else labelled(valid, settings)[0]
            self.agenda.add(writing_parts(table.num_rows, with_report=self.with_report))
            yield RunTables(table, valid, all_rows)

    def train_share(self, group: Executor) -> None:
        """Train some of the networks of a run that another worker writes."""
        from netable.fit.training import train_share

        if folder := group.exchange()[0]:
            run = replace(self, folder=Path(os.fsdecode(folder)))
            with run.tables(group) as (table, valid, all_rows):
                train_share(
                    table,
                    self.settings,
                    group,
                    valid_table=valid,
                    checkpoint=run.folder / CHECKPOINTS,
                    agenda=self.agenda,
                    all_rows=all_rows,
                )
        group.exchange()  # until all is written, to notice if the first worker is lost

    def train(self, group: Executor, tensorboard: Path | None, *, force: bool) -> Model:
        """Train, and write the run folder."""
        checkpoint = self.folder / CHECKPOINTS
        with _watchers(self.folder, self.agenda.deadline, tensorboard) as (watchers, board):
            from netable.fit.fit import fit

            group.exchange(os.fsencode(self.folder.absolute()))
            with self.tables(group) as (table, valid, all_rows):
                if force:
                    mark_begun(checkpoint)
                fitted = fit(
                    table,
                    self.settings,
                    valid_table=valid,
                    checkpoint=checkpoint,
                    watchers=watchers,
                    agenda=self.agenda,
                    executor=group,
                    all_rows=all_rows,
                )
            if board:
                board.results(fitted)
        typed = opt.typed_table(*self.sources[:4])
        write_run(fitted, self.folder, typed, with_report=self.with_report, agenda=self.agenda)
        if fitted.history.ending != "interrupted":
            finish(self.folder)
        if all_rows and all_rows.cache.is_kept:
            write_note(
                f"note: encoded rows for further runs on the same files are kept in {all_rows.cache.folder}; "
                "the folder may be removed."
            )
        return fitted

    def finished(self) -> dict[str, Any]:
        """The results of a finished run in the folder.

        Raises
        ------
        CheckpointError
            If it had other inputs.
        """
        if (self.folder / IDENTITY).exists():  # older versions did not write it
            self._check_same_inputs()
        remove_checkpoints(self.folder / CHECKPOINTS)  # a crash at the very end may have left some
        write_note(f"note: {self.folder} holds a finished run; there is nothing to resume.")
        results: dict[str, Any] = json.loads((self.folder / METRICS).read_bytes())
        return results

    def _check_same_inputs(self) -> None:
        from netable.fit.resume.checkpoints import read_identity
        from netable.fit.resume.identity import asked_changes, identify

        before = read_identity(self.folder / IDENTITY)
        with self.tables(ALONE) as (table, valid, _):
            # Rows beside a sample were compared when the run was resumed; reading them again would take as long.
            now = identify(table, self.settings, valid) | {"stored": before.get("stored")}
        if changes := asked_changes(before, now):
            raise CheckpointError(
                f"{self.folder} holds a finished run with different inputs: {'; '.join(changes[:3])}. Name another "
                "folder with -o, or start over with --force."
            )


@contextmanager
def _watchers(
    folder: Path, deadline: Deadline, tensorboard: Path | None
) -> Iterator[tuple[list[Watcher], TensorBoard | None]]:
    """The observers of a fit, and among them the one that also gets its results."""
    with (
        progress(deadline) as bar,
        ProgressFile(folder / PROGRESS, deadline) as file,
        _tensorboard(tensorboard) as board,
    ):
        yield [bar, file, board] if board else [bar, file], board


def _tensorboard(folder: Path | None) -> AbstractContextManager[TensorBoard | None]:
    if folder is None:
        return nullcontext()
    from netable.fit.tensorboard import TensorBoard

    return TensorBoard(folder)
