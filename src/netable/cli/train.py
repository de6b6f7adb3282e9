"""`netable train`: from a table to a run folder."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from netable.cli import options as opt
from netable.cli import settings as given
from netable.cli.output import (
    as_options,
    count,
    listed,
    say,
    say_diagnosis,
    say_intervals,
    say_json,
    say_table,
)
from netable.cli.progress import progress
from netable.cli.run_folder import (
    CHECKPOINTS,
    IDENTITY,
    METRICS,
    MODEL,
    claim_folder,
    default_folder,
    finish,
    is_finished,
    write_run,
)
from netable.config.settings import (
    ACTIVATIONS,
    MODELS,
    OPTIMIZERS,
    PRECISIONS,
    SCHEDULES,
    Settings,
)
from netable.errors import CheckpointError, ConfigError
from netable.fit.resume.checkpoint_folder import mark_begun, remove_checkpoints
from netable.system.safe_text import plain

if TYPE_CHECKING:
    import pyarrow as pa

    from netable.fit.tensorboard import TensorBoard
    from netable.model.model import Model
    from netable.table.reading.read import ReadOptions

# What a shell expects of a program that Ctrl-C has ended.
INTERRUPTED = 130


def train(
    context: typer.Context,
    tables: opt.Tables = None,
    target: given.Target = None,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="The run folder. (default: runs/NAME)", show_default=False),
    ] = None,
    sql: opt.Sql = None,
    config: given.ConfigFile = None,
    task: given.Task = None,
    loss: given.Loss = None,
    quantile: given.Quantile = None,
    target_transform: given.TargetTransform = None,
    weight_column: given.WeightColumn = None,
    ignore_columns: given.IgnoreColumns = None,
    kind: given.Kind = None,
    group_column: given.GroupColumn = None,
    time_column: given.TimeColumn = None,
    folds: Annotated[
        str | None,
        given.option("Networks, each on all but one fold; 1 holds a fraction out.", given.CHECK, "folds"),
    ] = None,
    validation: Annotated[
        list[str] | None, given.option("A table to validate on, in place of folds.", given.CHECK)
    ] = None,
    validation_fraction: Annotated[
        str | None, given.option("Held out with --folds 1.", given.CHECK, "validation_fraction")
    ] = None,
    effort: given.Effort = None,
    time_limit: given.TimeLimit = None,
    model: Annotated[str | None, given.option(given.choices(MODELS), given.NET, "model")] = None,
    embedding: given.Embedding = None,
    hidden_layer_sizes: given.HiddenLayerSizes = None,
    activation: Annotated[
        str | None, given.option(given.choices(ACTIVATIONS), given.NET, "activation")
    ] = None,
    dropout: Annotated[
        str | None, given.option("Share of units silenced in a step.", given.NET, "dropout")
    ] = None,
    optimizer: Annotated[str | None, given.option(given.choices(OPTIMIZERS), given.RUN, "optimizer")] = None,
    lr: Annotated[str | None, given.option("The highest learning rate.", given.RUN, "lr")] = None,
    momentum: Annotated[str | None, given.option("For --optimizer momentum.", given.RUN, "momentum")] = None,
    weight_decay: Annotated[
        str | None, given.option("Pull of weights to zero.", given.RUN, "weight_decay")
    ] = None,
    schedule: Annotated[
        str | None, given.option(given.choices(("auto", *SCHEDULES)), given.RUN, "schedule")
    ] = None,
    clip_norm: Annotated[
        str | None, given.option("Greatest length of a gradient.", given.RUN, "clip_norm")
    ] = None,
    batch_size: Annotated[str | None, given.option("Rows in a step.", given.RUN, "batch_size")] = None,
    max_epochs: given.MaxEpochs = None,
    patience: Annotated[str | None, given.option("Epochs to wait for better.", given.RUN, "patience")] = None,
    early_stopping: Annotated[
        bool | None, given.option("Stop when validation no longer improves. (default: on)", given.RUN)
    ] = None,
    class_weight: given.ClassWeight = None,
    precision: Annotated[str | None, given.option(given.choices(PRECISIONS), given.RUN, "precision")] = None,
    tensorboard: Annotated[
        Path | None, given.option("A folder for TensorBoard's event files.", given.RUN)
    ] = None,
    device: opt.Device = None,
    seed: given.Seed = None,
    delimiter: opt.Delimiter = None,
    decimal: opt.Decimal = None,
    encoding: opt.Encoding = None,
    quote: opt.Quote = None,
    comment: opt.Comment = None,
    header: opt.Header = None,
    skip_rows: opt.SkipRows = None,
    bad_rows: opt.BadRows = None,
    na_values: opt.NaValues = None,
    with_report: Annotated[
        bool, typer.Option("--report/--no-report", help="Write report.html, which takes a moment.")
    ] = True,
    resume: Annotated[
        bool,
        typer.Option(
            "--resume", help="Go on with a run that was stopped; else begin.", rich_help_panel="Output"
        ),
    ] = False,
    force: opt.Force = False,
    as_json: opt.Json = False,
) -> None:
    """Train networks on a table and write a run folder.

    The folder holds report.html (look at this), model.netable, metrics.json,
    history.csv, config.yaml (reusable as --config) and predictions.parquet
    (of each row, by networks that have not seen it).

    Where training is, is kept there every few seconds: after a crash, the same
    command with --resume goes on, to the same bits.

    Examples:

        netable train houses.csv --target price -o runs/houses
        netable train loans.parquet --target default --weight-column amount
        netable train 'logs/*.csv.gz' --target seconds --time-column day
        netable train shop.csv --target visits --loss poisson
        netable train --sql "select * from 'new.parquet'" --target price
        netable train iris.csv --target species --model linear --json
    """
    _check_validation(context.params)
    if resume and force:
        raise ConfigError("--resume goes on with a run, --force starts over; leave one of them out.")
    chosen = given.settings_from(context.params, config)
    how = opt.reading_of(chosen)
    folder = output or default_folder(tables[0] if tables else "query", resume=resume)
    inputs = opt.files([*(tables or []), *(validation or [])])
    with claim_folder(folder, inputs, force=force, resume=resume):
        if resume and is_finished(folder):
            _check_same(folder, lambda: _tables(tables, sql, validation, how), chosen)
            remove_checkpoints(folder / CHECKPOINTS)  # what a crash may have left of them at the very end
            _say_finished(folder, as_json=as_json)
            return
        with progress(chosen.time_limit) as bar, _board(tensorboard) as board:
            from netable.fit.fit import fit

            table, valid = _tables(tables, sql, validation, how)
            if force:
                mark_begun(folder / CHECKPOINTS)
            watchers = [bar, board] if board else [bar]
            fitted = fit(table, chosen, valid_table=valid, checkpoint=folder / CHECKPOINTS, watchers=watchers)
            if board:
                board.results(fitted)
        write_run(fitted, folder, with_report=with_report)
        interrupted = fitted.history.ending == "interrupted"
        if not interrupted:
            finish(folder)
    if as_json:
        say_json(fitted.results | {"folder": str(folder), "model": str(folder / MODEL)})
    else:
        report(fitted, folder)
    if interrupted:
        typer.echo("note: the same command with --resume goes on with the training.", err=True)
        raise typer.Exit(INTERRUPTED)


def _check_same(folder: Path, read: Callable[[], tuple[pa.Table, pa.Table | None]], chosen: Settings) -> None:
    """Refuse a finished run that was asked for something else; one of an older version does not say."""
    if not (folder / IDENTITY).exists():
        return
    from netable.fit.resume.checkpoints import read_identity
    from netable.fit.resume.identity import asked_changes, identify

    table, valid = read()
    found = asked_changes(read_identity(folder / IDENTITY), identify(table, chosen, valid))
    if found:
        raise CheckpointError(
            f"{folder} holds a finished run that was not begun so: {'; '.join(found[:3])}. Name another "
            "folder with -o, or start over with --force."
        )


def _say_finished(folder: Path, *, as_json: bool) -> None:
    """What a run that has nothing left to do has left."""
    typer.echo(plain(f"note: {folder} holds a finished run; there is nothing to resume."), err=True)
    if as_json:
        results = json.loads((folder / METRICS).read_bytes())
        say_json(results | {"folder": str(folder), "model": str(folder / MODEL)})


def _board(folder: Path | None) -> AbstractContextManager[TensorBoard | None]:
    """What writes event files, if it is asked for."""
    if folder is None:
        return nullcontext()
    from netable.fit.tensorboard import TensorBoard

    return TensorBoard(folder)


def _tables(
    tables: list[str] | None, sql: str | None, validation: list[str] | None, how: ReadOptions
) -> tuple[pa.Table, pa.Table | None]:
    """The table to learn from, and the one to validate on, whose columns are read as the first one's are."""
    from netable.table.canonical.forms import storages

    table = opt.read_table(tables, sql, how)
    if not validation:
        return table, None
    return table, opt.read_table(validation, None, how, storage=storages(table))


def _check_validation(params: dict[str, Any]) -> None:
    for name in ("folds", "validation_fraction"):
        if params["validation"] and params[name] is not None:
            raise ConfigError(
                f"--validation stands in place of folds; leave out it or --{given.dashed(name)}."
            )


def report(model: Model, folder: Path) -> None:
    """What was trained, how good it is beside a constant, and where it lies."""
    results = model.results
    kinds = list(results["used"].values())
    counts = ", ".join(f"{kinds.count(kind)} {kind}" for kind in dict.fromkeys(kinds))
    columns = count(results["columns"], "column")
    say(f"{results['task']}: {listed(results['target'])} from {columns} ({counts})")
    if model.target.note:
        say(f"note: {as_options(model.target.note)}")
    for name, reason in results["left_out"].items():
        say(f"left out: {name}, {reason}")
    members = results["members"]
    say(
        f"{count(results['rows'], 'row')}, {count(members, 'network')} ({model.recipe.model}), "
        f"{count(results['epochs'], 'epoch')}, {results['ending']} after {results['fit_seconds']:.1f} s"
    )
    if results["valid"]:
        say()
        say("On rows that the networks had not seen, beside a constant prediction:")
        rows = [(name, value, results["baseline"][name]) for name, value in results["valid"].items()]
        say_table(["", "netable", "constant"], rows)
    say_intervals(results)
    say_diagnosis(results["diagnosis"])
    say()
    say(f"Everything is in {folder}. To predict:")
    say(f"  netable predict {shlex.quote(str(folder / MODEL))} NEW.csv -o OUT.csv")
