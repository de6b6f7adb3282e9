"""`netable train`: from a table to a run folder."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from netable.cli import options as opt
from netable.cli.output import (
    say,
    say_diagnosis,
    say_intervals,
    say_json,
    say_metrics,
    target_names,
    write_note,
)
from netable.cli.progress import progress
from netable.cli.run_folder import claim_folder, write_run, writing_parts
from netable.cli.settings import settings_from, with_settings
from netable.cli.start import began
from netable.cli.streams import INTERRUPTED
from netable.cli.workers import are_to_start, executor, start_workers
from netable.compute.executor import Executor, restarts
from netable.config.fields import CHECKING, OUTPUT, TRAINING
from netable.config.reading import ReadOptions
from netable.config.settings import SETTINGS, Settings
from netable.config.typed import as_options
from netable.errors import CheckpointError, ConfigError
from netable.fit.members.watcher import Watcher
from netable.fit.progress_file import ProgressFile
from netable.fit.resume.checkpoint_folder import mark_begun, remove_checkpoints
from netable.fit.resume.run_folder import (
    CHECKPOINTS,
    IDENTITY,
    METRICS,
    MODEL,
    PROGRESS,
    default_folder,
    finish,
    has_begun,
    is_finished,
)
from netable.system.agenda import Agenda, Deadline
from netable.system.wording import counted

if TYPE_CHECKING:
    import pyarrow as pa

    from netable.fit.tensorboard import TensorBoard
    from netable.model.model import Model

# Seconds from the start of the process until all is imported, on two cores of 2025: where they were more, a busy or
# slow machine will take longer for the rest, too.
USUAL_START = 1.7


@with_settings
def train(
    tables: opt.Tables = None,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="The run folder. (default: runs/NAME)", show_default=False),
    ] = None,
    sql: opt.Sql = None,
    database: opt.Database = None,
    config: opt.ConfigFile = None,
    validation: Annotated[
        list[str] | None,
        typer.Option(help="A table to validate on, in place of folds.", rich_help_panel=CHECKING),
    ] = None,
    tensorboard: Annotated[
        Path | None,
        typer.Option(help="A folder for TensorBoard's event files.", rich_help_panel=TRAINING),
    ] = None,
    with_report: Annotated[
        bool, typer.Option("--report/--no-report", help="Write report.html, which takes a moment.")
    ] = True,
    resume: Annotated[
        bool,
        typer.Option(
            "--resume", help="Resume a stopped run; begin if there is none.", rich_help_panel=OUTPUT
        ),
    ] = False,
    force: opt.Force = False,
    workers: Annotated[
        int | None,
        typer.Option(
            help="Processes of this machine that share the networks among them.",
            rich_help_panel=TRAINING,
            show_default=False,
            metavar="<number>",
        ),
    ] = None,
    as_json: opt.Json = False,
    **typed: Any,
) -> None:
    """Train networks on a table and write a run folder.

    The folder holds report.html (look at this), model.netable, metrics.json,
    history.csv, config.yaml (reusable as --config) and predictions.parquet
    (of each row, by networks that have not seen it).

    Training saves its state there every few seconds: after a crash, the same
    command with --resume continues, and ends with the same bits.

    Examples:

        netable train houses.csv --target price -o runs/houses
        netable train loans.parquet --target default --weight-column amount
        netable train 'logs/*.csv.gz' --target seconds --time-column day
        netable train shop.csv --target visits --loss poisson
        netable train --sql "select * from 'new.parquet'" --target price
        netable train iris.csv --target species --model linear --json
    """
    if resume and force:
        raise ConfigError("--resume continues a run, --force starts over; leave one of them out.")
    _check_validation(validation, typed)
    settings = settings_from(typed, config)
    folder = output or default_folder(tables[0] if tables else "query", resume=resume)
    named = [*(tables or []), *(validation or [])]
    if are_to_start(workers, named):
        raise typer.Exit(start_workers(workers, folder))
    given = _Given(
        tables, sql, database, validation, settings, Agenda(settings.time_limit, began()), with_report
    )
    with executor() as group:
        if not group.is_first:
            given.train_share(group)
            return
        if restarts() and has_begun(folder, given.agenda.spent()):
            force, resume = False, True
            write_note("note: a worker was lost; the run continues from its last checkpoint.")
        with claim_folder(folder, opt.files(named), force=force, resume=resume):
            if resume and is_finished(folder):
                results = _finished(given, folder)
                group.exchange()  # there is nothing to train
                fitted = None
            else:
                fitted = _fitted(given, folder, group, tensorboard, force=force)
                results = fitted.results
        group.exchange()
    if as_json:
        say_json(results | {"folder": str(folder), "model": str(folder / MODEL)})
    elif fitted:
        say_summary(fitted, folder, given.agenda.left_out)
    if fitted and fitted.history.ending == "interrupted":
        write_note("note: the same command with --resume continues the training.")
        raise typer.Exit(INTERRUPTED)


@dataclass(frozen=True)
class _Given:
    """The tables and settings of a run, as every worker gets them."""

    tables: list[str] | None
    sql: str | None
    database: str | None
    validation: list[str] | None
    settings: Settings
    agenda: Agenda
    with_report: bool

    def read(self) -> tuple[pa.Table, pa.Table | None]:
        """The tables for training and validation, with columns of the same types."""
        from netable.table.canonical.forms import storages
        from netable.table.target_values import labelled

        settings, options = self.settings, ReadOptions.of(self.settings)
        table = opt.read_table(self.tables, self.sql, self.database, options)
        storage = {
            name: known for name, known in storages(table).items() if name not in settings.ignore_columns
        }
        valid = opt.read_table(self.validation, None, None, options, storage) if self.validation else None
        return labelled(table, settings)[0], valid if valid is None else labelled(valid, settings)[0]

    def begin(self) -> tuple[pa.Table, pa.Table | None]:
        """Read the tables, and note what follows."""
        self.agenda.took(USUAL_START, self.agenda.spent())
        table, valid = self.read()
        self.agenda.add(writing_parts(table.num_rows, with_report=self.with_report))
        return table, valid

    def train_share(self, group: Executor) -> None:
        """Train some of the networks of a run that another worker writes."""
        from netable.fit.training import train_share

        if checkpoint := group.exchange()[0]:
            table, valid = self.begin()
            place = os.fsdecode(checkpoint)
            train_share(table, self.settings, group, valid_table=valid, checkpoint=place, agenda=self.agenda)
        group.exchange()  # until all is written, to notice if the first worker is lost


def _fitted(given: _Given, folder: Path, group: Executor, tensorboard: Path | None, *, force: bool) -> Model:
    """Train, and write the run folder."""
    checkpoint = folder / CHECKPOINTS
    with _watchers(folder, given.agenda.deadline, tensorboard) as (watchers, board):
        from netable.fit.fit import fit

        group.exchange(os.fsencode(checkpoint.absolute()))
        table, valid = given.begin()
        if force:
            mark_begun(checkpoint)
        fitted = fit(
            table,
            given.settings,
            valid_table=valid,
            checkpoint=checkpoint,
            watchers=watchers,
            agenda=given.agenda,
            executor=group,
        )
        if board:
            board.results(fitted)
    typed = opt.typed_table(given.tables, given.sql, given.database, given.validation)
    write_run(fitted, folder, typed, with_report=given.with_report, agenda=given.agenda)
    if fitted.history.ending != "interrupted":
        finish(folder)
    return fitted


def _finished(given: _Given, folder: Path) -> dict[str, Any]:
    """The results of a finished run in the folder.

    Raises
    ------
    CheckpointError
        If it had other inputs.
    """
    if (folder / IDENTITY).exists():  # older versions did not write it
        _check_same_inputs(folder, given.settings, *given.read())
    remove_checkpoints(folder / CHECKPOINTS)  # a crash at the very end may have left some
    write_note(f"note: {folder} holds a finished run; there is nothing to resume.")
    results: dict[str, Any] = json.loads((folder / METRICS).read_bytes())
    return results


def _check_same_inputs(folder: Path, settings: Settings, table: pa.Table, valid: pa.Table | None) -> None:
    """Raise `CheckpointError` if the finished run in the folder had other inputs."""
    from netable.fit.resume.checkpoints import read_identity
    from netable.fit.resume.identity import asked_changes, identify

    changes = asked_changes(read_identity(folder / IDENTITY), identify(table, settings, valid))
    if changes:
        raise CheckpointError(
            f"{folder} holds a finished run with different inputs: {'; '.join(changes[:3])}. Name another "
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


def _check_validation(validation: list[str] | None, typed: dict[str, Any]) -> None:
    for name in ("folds", "validation_fraction"):
        if validation and typed[name] is not None:
            raise ConfigError(f"--validation replaces folds; leave out it or {SETTINGS[name].option}.")


def say_summary(model: Model, folder: Path, no_time_for: Sequence[str] = ()) -> None:
    """Print a summary of a run: inputs, metrics beside those of a constant, what was left out, and files."""
    results = model.results
    kinds = list(results["used"].values())
    counts = ", ".join(f"{kinds.count(kind)} {kind}" for kind in dict.fromkeys(kinds))
    columns, n_left_out = counted(results["columns"], "column"), len(results["left_out"])
    if n_left_out:  # notes have named those that nobody asked to leave out
        columns = f"{results['columns']} of {counted(results['columns'] + n_left_out, 'column')}"
    say(f"{results['task']}: {target_names(results)} from {columns} ({counts})")
    if model.target.note:
        say(f"note: {as_options(model.target.note)}")
    if model.recipe.target_transform == "log":
        say("note: the networks learn the logarithm of the target (--target-transform log)")
    for name, words in results["mixed"].items():
        say(f"mixed: {name} is read as {results['used'][name]}, and {words}")
    members = results["members"]
    say(
        f"{counted(results['rows'], 'row')}, {counted(members, 'network')} ({model.recipe.model}), "
        f"{counted(results['epochs'], 'epoch')}, {results['ending']} after {results['fit_seconds']:.1f} s"
    )
    if results["valid"]:
        say()
        say("On rows that the networks had not seen, beside a constant prediction:")
        say_metrics("", results)
    say_intervals(results)
    say_diagnosis(results["diagnosis"], no_time_for)
    say()
    say(f"Everything is in {folder}. To predict:")
    say(f"  netable predict {shlex.quote(str(folder / MODEL))} NEW.csv -o OUT.csv")
