"""`netable train`: from a table to a run folder."""

from __future__ import annotations

import shlex
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from netable.cli import options as opt
from netable.cli.output import (
    as_options,
    count,
    note_verdict,
    progress,
    say,
    say_diagnosis,
    say_intervals,
    say_json,
    say_table,
)
from netable.cli.run_folder import MODEL, claim_folder, default_folder, write_run
from netable.config import (
    ACTIVATIONS,
    DEFAULTS,
    EFFORTS,
    EMBEDDINGS,
    KINDS,
    LOSSES,
    MODELS,
    OPTIMIZERS,
    PRECISIONS,
    SCHEDULES,
    TARGET_TRANSFORMS,
    TASKS,
    config_from,
)
from netable.config_file import read_config_file
from netable.errors import ConfigError

if TYPE_CHECKING:
    import pyarrow as pa

    from netable.config import Config
    from netable.model import Model
    from netable.table.read import ReadOptions

# What a shell expects of a program that Ctrl-C has ended.
INTERRUPTED = 130

# Settings that are typed as numbers; some of them may be "auto".
_WHOLE = ("folds", "batch_size", "max_epochs", "patience", "seed")
_NUMBERS = (
    "quantile",
    "lr",
    "dropout",
    "momentum",
    "weight_decay",
    "clip_norm",
    "validation_fraction",
    "time_limit",
)
_COLUMNS, _NET, _RUN, _CHECK = "Columns", "Network", "Training", "Checking"


def _option(help_text: str, panel: str, setting: str | None = None, **more: Any) -> Any:
    """An option whose default, if it is a setting, is written in `netable.config` and only shown here."""
    if setting:
        default = getattr(DEFAULTS, setting)
        shown = ",".join(map(str, default)) if isinstance(default, tuple) else default
        help_text += f" (default: {'none' if shown is None else shown})"
        more |= {"metavar": "<number>"} if setting in (*_WHOLE, *_NUMBERS) else {}
    return typer.Option(help=help_text, rich_help_panel=panel, show_default=False, **more)


def _choices(names: tuple[str, ...]) -> str:
    return ", ".join(names) + "."


def train(
    context: typer.Context,
    tables: opt.Tables = None,
    target: Annotated[
        list[str] | None, _option("The column to predict; repeat it for several numbers at once.", _COLUMNS)
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="The run folder. (default: runs/NAME)", show_default=False),
    ] = None,
    sql: opt.Sql = None,
    config: Annotated[
        Path | None, _option("Settings from a YAML file; options here override it.", _RUN)
    ] = None,
    task: Annotated[str | None, _option(_choices(TASKS), _COLUMNS, "task")] = None,
    loss: Annotated[str | None, _option(f"For numbers: {_choices(LOSSES)}", _RUN, "loss")] = None,
    quantile: Annotated[str | None, _option("For --loss quantile.", _RUN, "quantile")] = None,
    target_transform: Annotated[
        str | None, _option(f"For numbers: {_choices(TARGET_TRANSFORMS)}", _RUN, "target_transform")
    ] = None,
    weight_column: Annotated[str | None, _option("How much each row counts.", _COLUMNS)] = None,
    ignore_columns: Annotated[
        list[str] | None, _option(f"Columns to leave out, by commas. {opt.WITH_COMMA}", _COLUMNS)
    ] = None,
    kind: Annotated[
        list[str] | None,
        _option(f"COLUMN=KIND, by commas: {_choices(KINDS)} With a comma: '\"a, b\"=flag'.", _COLUMNS),
    ] = None,
    group_column: Annotated[
        str | None, _option("Rows of one group are never split between folds.", _CHECK)
    ] = None,
    time_column: Annotated[str | None, _option("Folds follow this order in time.", _CHECK)] = None,
    folds: Annotated[
        str | None, _option("Networks, each on all but one fold; 1 holds a fraction out.", _CHECK, "folds")
    ] = None,
    validation: Annotated[
        list[str] | None, _option("A table to validate on, in place of folds.", _CHECK)
    ] = None,
    validation_fraction: Annotated[
        str | None, _option("Held out with --folds 1.", _CHECK, "validation_fraction")
    ] = None,
    effort: Annotated[str | None, _option(_choices(EFFORTS), _RUN, "effort")] = None,
    time_limit: Annotated[str | None, _option("Seconds of training at most.", _RUN, "time_limit")] = None,
    model: Annotated[str | None, _option(_choices(MODELS), _NET, "model")] = None,
    embedding: Annotated[
        str | None,
        _option("Of numbers, beside themselves: " + _choices(EMBEDDINGS), _NET, "embedding"),
    ] = None,
    hidden_layer_sizes: Annotated[
        str | None, _option("Widths, such as 256,128.", _NET, "hidden_layer_sizes")
    ] = None,
    activation: Annotated[str | None, _option(_choices(ACTIVATIONS), _NET, "activation")] = None,
    dropout: Annotated[str | None, _option("Share of units silenced in a step.", _NET, "dropout")] = None,
    optimizer: Annotated[str | None, _option(_choices(OPTIMIZERS), _RUN, "optimizer")] = None,
    lr: Annotated[str | None, _option("The highest learning rate.", _RUN, "lr")] = None,
    momentum: Annotated[str | None, _option("For --optimizer momentum.", _RUN, "momentum")] = None,
    weight_decay: Annotated[str | None, _option("Pull of weights to zero.", _RUN, "weight_decay")] = None,
    schedule: Annotated[str | None, _option(_choices(SCHEDULES), _RUN, "schedule")] = None,
    clip_norm: Annotated[str | None, _option("Greatest length of a gradient.", _RUN, "clip_norm")] = None,
    batch_size: Annotated[str | None, _option("Rows in a step.", _RUN, "batch_size")] = None,
    max_epochs: Annotated[str | None, _option("Passes over the rows at most.", _RUN, "max_epochs")] = None,
    patience: Annotated[str | None, _option("Epochs to wait for better.", _RUN, "patience")] = None,
    early_stopping: Annotated[
        bool | None, _option("Stop when validation no longer improves. (default: on)", _RUN)
    ] = None,
    class_weight: Annotated[
        str | None, _option("balanced, or LABEL=WEIGHT by commas.", _RUN, "class_weight")
    ] = None,
    precision: Annotated[str | None, _option(_choices(PRECISIONS), _RUN, "precision")] = None,
    device: opt.Device = None,
    seed: Annotated[str | None, _option("Decides everything random.", _RUN, "seed")] = None,
    delimiter: opt.Delimiter = None,
    decimal: opt.Decimal = None,
    encoding: opt.Encoding = None,
    bad_rows: opt.BadRows = None,
    na_values: opt.NaValues = None,
    force: opt.Force = False,
    as_json: opt.Json = False,
) -> None:
    """Train networks on a table and write a run folder.

    The folder holds model.netable, metrics.json, history.csv, config.yaml
    (reusable as --config) and predictions.parquet (of each row, by networks
    that have not seen it).

    Examples:

        netable train houses.csv --target price -o runs/houses
        netable train loans.parquet --target default --weight-column amount
        netable train 'logs/*.csv.gz' --target seconds --time-column day
        netable train shop.csv --target visits --loss poisson
        netable train --sql "select * from 'new.parquet'" --target price
        netable train iris.csv --target species --model linear --json
    """
    _check_validation(context.params)
    chosen = _settings(context.params, config)
    how = opt.read_options(
        chosen.delimiter, chosen.decimal, chosen.encoding, chosen.bad_rows, chosen.na_values
    )
    folder = output or default_folder(tables[0] if tables else "query")
    with claim_folder(folder, opt.files([*(tables or []), *(validation or [])]), force=force):
        with progress() as show:
            from netable.fit import fit

            table, valid = _tables(tables, sql, validation, how)
            fitted = fit(table, chosen, valid_table=valid, on_epoch=show, on_verdict=note_verdict)
        write_run(fitted, folder)
    if as_json:
        say_json(fitted.results | {"folder": str(folder), "model": str(folder / MODEL)})
    else:
        report(fitted, folder)
    if fitted.history.ending == "interrupted":
        raise typer.Exit(INTERRUPTED)


def _tables(
    tables: list[str] | None, sql: str | None, validation: list[str] | None, how: ReadOptions
) -> tuple[pa.Table, pa.Table | None]:
    """The table to learn from, and the one to validate on, whose columns are read as the first one's are."""
    from netable.table.forms import storages

    table = opt.read_table(tables, sql, how)
    if not validation:
        return table, None
    return table, opt.read_table(validation, None, how, storage=storages(table))


def _check_validation(params: dict[str, Any]) -> None:
    for name in ("folds", "validation_fraction"):
        if params["validation"] and params[name] is not None:
            raise ConfigError(f"--validation stands in place of folds; leave out it or --{_dashed(name)}.")


def _settings(params: dict[str, Any], config_file: Path | None) -> Config:
    """Defaults, then the file, then what was typed."""
    typed = {f.name: params[f.name] for f in fields(DEFAULTS) if params.get(f.name) not in (None, [], ())}
    if params.get("kind"):
        how = f"COLUMN=KIND, by commas, of the kinds {_choices(KINDS)[:-1]}"
        typed["kinds"] = {k: v for text in params["kind"] for k, v in opt.pairs("--kind", how, text).items()}
    from_file = read_config_file(config_file) if config_file else {}
    settings = from_file | typed
    if "kinds" in typed:
        settings["kinds"] = dict(from_file.get("kinds") or {}) | typed["kinds"]
    if "target" in typed:
        settings["target"] = typed["target"][0] if len(typed["target"]) == 1 else tuple(typed["target"])
    if not settings.get("target"):
        raise ConfigError("Name the column to predict with --target.")
    if "ignore_columns" in typed:
        settings["ignore_columns"] = [name for text in typed["ignore_columns"] for name in opt.names(text)]
    if "na_values" in typed:
        settings["na_values"] = opt.names(typed["na_values"])
    if "hidden_layer_sizes" in typed:
        widths = opt.names(typed["hidden_layer_sizes"])
        settings["hidden_layer_sizes"] = [_whole("--hidden-layer-sizes", width) for width in widths]
    for name in typed.keys() & {*_WHOLE, *_NUMBERS}:
        if typed[name] != "auto":
            read = _whole if name in _WHOLE else opt.number
            settings[name] = read(f"--{_dashed(name)}", typed[name])
    if typed.get("class_weight", "balanced") != "balanced":
        how = "balanced, or LABEL=WEIGHT by commas"
        weights = opt.pairs("--class-weight", how, typed["class_weight"], ["balanced"])
        settings["class_weight"] = {k: opt.number("--class-weight", v) for k, v in weights.items()}
    return config_from(settings)


def _dashed(setting: str) -> str:
    return setting.replace("_", "-")


def _whole(option: str, text: str) -> int:
    try:
        return int(text)
    except ValueError:
        value = opt.number(option, text)  # 1e3 is whole too
    if not value.is_integer():
        raise ConfigError(f"{option} takes whole numbers; got {text!r}.")
    return int(value)


def report(model: Model, folder: Path) -> None:
    """What was trained, how good it is beside a constant, and where it lies."""
    results = model.results
    kinds = list(results["used"].values())
    counts = ", ".join(f"{kinds.count(kind)} {kind}" for kind in dict.fromkeys(kinds))
    columns = count(results["columns"], "column")
    say(f"{results['task']}: {_names(results['target'])} from {columns} ({counts})")
    if model.target.note:
        say(f"note: {as_options(model.target.note)}")
    for name, reason in results["left_out"].items():
        say(f"left out: {name}, {reason}")
    members = results["members"]
    say(
        f"{count(results['rows'], 'row')}, {count(members, 'network')} ({model.config.model}), "
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


def _names(target: str | list[str]) -> str:
    return target if isinstance(target, str) else ", ".join(target)
