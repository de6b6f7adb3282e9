"""`netable train`: from a table to a run folder."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from netable.cli import options as opt
from netable.cli import run_folder
from netable.cli.memory import memory_limit
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
from netable.cli.settings import settings_from, with_settings
from netable.cli.start import began
from netable.cli.streams import INTERRUPTED
from netable.config.fields import CHECKING, OUTPUT, TRAINING
from netable.config.reading import ReadOptions
from netable.config.settings import SETTINGS, Settings
from netable.config.typed import as_options
from netable.errors import CheckpointError, ConfigError
from netable.fit.resume.checkpoint_folder import mark_begun, remove_checkpoints
from netable.system.agenda import Agenda
from netable.system.wording import counted

if TYPE_CHECKING:
    import pyarrow as pa

    from netable.fit.stored.all_rows import AllRows
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
    config: opt.ConfigFile = None,
    validation: Annotated[
        list[str] | None,
        typer.Option(help="A table to validate on, in place of folds.", rich_help_panel=CHECKING),
    ] = None,
    tensorboard: Annotated[
        Path | None,
        typer.Option(help="A folder for TensorBoard's event files.", rich_help_panel=TRAINING),
    ] = None,
    memory: Annotated[
        str | None,
        typer.Option(
            help="Memory to use, such as 4GB. Of a table that needs more, a sample judges, and all rows are stored in "
            "the run folder until they have been learned from. (default: half of what there is)",
            rich_help_panel=TRAINING,
            show_default=False,
        ),
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
    agenda = Agenda(settings.time_limit, began())
    folder = output or run_folder.default_folder(tables[0] if tables else "query", resume=resume)
    read = partial(_tables, tables, sql, validation, settings, memory_limit(memory), folder)
    inputs = opt.files([*(tables or []), *(validation or [])])
    checkpoint = folder / run_folder.CHECKPOINTS
    paths = {"folder": str(folder), "model": str(folder / run_folder.MODEL)}
    with run_folder.claim_folder(folder, inputs, force=force, resume=resume):
        if resume and run_folder.is_finished(folder):
            if (folder / run_folder.IDENTITY).exists():  # older versions did not write it
                _check_same_inputs(folder, settings, *read()[:2])
            remove_checkpoints(checkpoint)  # a crash at the very end may have left some
            write_note(f"note: {folder} holds a finished run; there is nothing to resume.")
            if as_json:
                say_json(json.loads((folder / run_folder.METRICS).read_bytes()) | paths)
            return
        with progress(agenda.deadline) as bar, _tensorboard(tensorboard) as board:
            from netable.fit.fit import fit

            agenda.took(USUAL_START, agenda.spent())
            table, valid, all_rows = read()
            if force:
                mark_begun(checkpoint)
            agenda.add(run_folder.writing_parts(table.num_rows, with_report=with_report))
            fitted = fit(
                table,
                settings,
                valid_table=valid,
                checkpoint=checkpoint,
                watchers=[bar, board] if board else [bar],
                agenda=agenda,
                all_rows=all_rows,
            )
            if board:
                board.results(fitted)
        typed_table = opt.typed_table(tables, sql, validation)
        run_folder.write_run(fitted, folder, typed_table, with_report=with_report, agenda=agenda)
        interrupted = fitted.history.ending == "interrupted"
        if not interrupted:
            run_folder.finish(folder)
    if as_json:
        say_json(fitted.results | paths)
    else:
        say_summary(fitted, folder, agenda.left_out)
    if interrupted:
        write_note("note: the same command with --resume continues the training.")
        raise typer.Exit(INTERRUPTED)


def _check_same_inputs(folder: Path, settings: Settings, table: pa.Table, valid: pa.Table | None) -> None:
    """Raise `CheckpointError` if the finished run in the folder had other inputs."""
    from netable.fit.resume.checkpoints import read_identity
    from netable.fit.resume.identity import asked_changes, identify

    before = read_identity(folder / run_folder.IDENTITY)
    # Rows beside a sample were compared when the run was resumed; reading them again would take as long.
    now = identify(table, settings, valid) | {"stored": before.get("stored")}
    changes = asked_changes(before, now)
    if changes:
        raise CheckpointError(
            f"{folder} holds a finished run with different inputs: {'; '.join(changes[:3])}. Name another "
            "folder with -o, or start over with --force."
        )


def _tensorboard(folder: Path | None) -> AbstractContextManager[TensorBoard | None]:
    if folder is None:
        return nullcontext()
    from netable.fit.tensorboard import TensorBoard

    return TensorBoard(folder)


def _tables(
    tables: list[str] | None,
    sql: str | None,
    validation: list[str] | None,
    settings: Settings,
    memory: float,
    folder: Path,
) -> tuple[pa.Table, pa.Table | None, AllRows | None]:
    """The tables for training and validation, with columns of the same types; of a large one a sample, and all rows."""
    from netable.fit.stored.all_rows import fits, read_sample
    from netable.table.canonical.forms import storages
    from netable.table.reading.stream import TableStream
    from netable.table.target_values import labelled

    options, all_rows = ReadOptions.of(settings), None
    stream = None if sql or not tables or any(map(opt.is_pipe, tables)) else TableStream(tables, options)
    if stream and not fits(stream, memory):
        table, all_rows = read_sample(stream, settings, memory, folder / run_folder.STORED)
    else:
        table = labelled(opt.read_table(tables, sql, options), settings)[0]
    storage = {name: known for name, known in storages(table).items() if name not in settings.ignore_columns}
    valid = opt.read_table(validation, None, options, storage) if validation else None
    return table, valid if valid is None else labelled(valid, settings)[0], all_rows


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
    if "rows_in_sample" in results:
        say(f"judged and described by {counted(results['rows_in_sample'], 'row')}, drawn at random")
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
    say(f"  netable predict {shlex.quote(str(folder / run_folder.MODEL))} NEW.csv -o OUT.csv")
