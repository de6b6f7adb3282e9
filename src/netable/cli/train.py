"""`netable train`: from a table to a run folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from netable.cli import options as opt
from netable.cli.memory import memory_of_each
from netable.cli.output import say_json, write_note
from netable.cli.run_folder import claim_folder
from netable.cli.run_summary import say_summary
from netable.cli.settings import settings_from, with_settings
from netable.cli.start import began
from netable.cli.streams import INTERRUPTED
from netable.cli.training_run import Sources, TrainingRun
from netable.cli.workers import are_to_start, executor, start_workers
from netable.compute.executor import restarts
from netable.config.fields import CHECKING, OUTPUT, TRAINING
from netable.config.settings import SETTINGS
from netable.errors import ConfigError
from netable.fit.resume.run_folder import MODEL, default_folder, has_begun, is_finished
from netable.system.agenda import Agenda


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
    memory: Annotated[
        str | None,
        typer.Option(
            help="Memory to use, such as 4GB. Of a table that needs more, a sample judges, and all rows are stored in "
            "the run folder until they have been learned from. (default: half of what there is)",
            rich_help_panel=TRAINING,
            show_default=False,
        ),
    ] = None,
    keep_cache: Annotated[
        bool,
        typer.Option(
            "--keep-cache",
            help="Keep the stored rows of a table beyond memory, beside the run folder, for further runs on its files.",
            rich_help_panel=TRAINING,
        ),
    ] = False,
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
            help="Processes of this machine that share the networks among them, or the rows of each.",
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
    if are_to_start(workers, [*(tables or []), *(validation or [])]):
        raise typer.Exit(start_workers(workers, folder))
    with executor() as group:
        sources = Sources(tables, sql, database, validation, memory_of_each(memory, group), keep_cache)
        run = TrainingRun(sources, settings, folder, Agenda(settings.time_limit, began()), with_report)
        if not group.is_first:
            run.train_share(group)
            return
        if restarts() and has_begun(folder, run.agenda.spent()):
            force, resume = False, True
            write_note("note: a worker was lost; the run continues from its last checkpoint.")
        with claim_folder(folder, opt.files([*run.given, *run.validating]), force=force, resume=resume):
            if resume and is_finished(folder):
                results = run.finished()
                group.exchange()  # there is nothing to train
                fitted = None
            else:
                fitted = run.train(group, tensorboard, force=force)
                results = fitted.results
        group.exchange()
    if as_json:
        say_json(results | {"folder": str(folder), "model": str(folder / MODEL)})
    elif fitted:
        say_summary(fitted, folder, run.agenda.left_out)
    if fitted and fitted.history.ending == "interrupted":
        write_note("note: the same command with --resume continues the training.")
        raise typer.Exit(INTERRUPTED)


def _check_validation(validation: list[str] | None, typed: dict[str, Any]) -> None:
    for name in ("folds", "validation_fraction"):
        if validation and typed[name] is not None:
            raise ConfigError(f"--validation replaces folds; leave out it or {SETTINGS[name].option}.")
