"""`netable compare`: which method suits a table, on folds that are the same for all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from netable.cli import options as opt
from netable.cli import settings as given
from netable.cli.output import count, listed, number, say, say_json, say_table
from netable.cli.progress import progress
from netable.cli.run_folder import COMPARISON, REPORT, claim_folder
from netable.config.reading import ReadOptions
from netable.config.settings import OUTER_FOLDS
from netable.system.files import without_nan, write_together

if TYPE_CHECKING:
    from netable.comparison import Comparison
    from netable.config.settings import Settings


def compare(
    context: typer.Context,
    tables: opt.Tables = None,
    target: given.Target = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", help="A folder for comparison.json and report.html.", show_default=False
        ),
    ] = None,
    sql: opt.Sql = None,
    config: given.ConfigFile = None,
    outer_folds: Annotated[
        str | None,
        given.option(
            "Parts of the table, each kept for testing once; of the rest, netable makes folds of its own. "
            f"(default: {OUTER_FOLDS})",
            given.CHECK,
            metavar="<number>",
        ),
    ] = None,
    methods: Annotated[
        list[str] | None,
        given.option(
            "By commas: constant, linear, mlp, auto, lightgbm, xgboost, catboost. (default: all that are installed)",
            given.CHECK,
        ),
    ] = None,
    task: given.Task = None,
    loss: given.Loss = None,
    quantile: given.Quantile = None,
    target_transform: given.TargetTransform = None,
    weight_column: given.WeightColumn = None,
    ignore_columns: given.IgnoreColumns = None,
    kind: given.Kind = None,
    group_column: given.GroupColumn = None,
    time_column: given.TimeColumn = None,
    effort: given.Effort = None,
    time_limit: given.TimeLimit = None,
    hidden_layer_sizes: given.HiddenLayerSizes = None,
    max_epochs: given.MaxEpochs = None,
    class_weight: given.ClassWeight = None,
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
    force: opt.Force = False,
    as_json: opt.Json = False,
) -> None:
    """Compare methods on a table: a constant, netable's networks, boosted trees.

    Every method learns from the same rows and is tested on the same others,
    with the same threads, columns and weights. LightGBM, XGBoost and CatBoost
    take part if they are installed: pip install 'netable[compare]'.

    Examples:

        netable compare houses.csv --target price
        netable compare houses.csv --target price -o runs/compared
        netable compare loans.parquet --target default --outer-folds 10
        netable compare wine.csv --target grade --methods auto,lightgbm --json
    """
    chosen = given.settings_from(context.params, config)
    how = ReadOptions.of(chosen)
    folds = OUTER_FOLDS if outer_folds is None else given.whole("--outer-folds", outer_folds)
    asked = [name for text in methods for name in opt.names(text)] if methods else None
    if output is None:
        found = _compared(tables, sql, how, chosen, folds, asked)
    else:
        with claim_folder(output, opt.files([*(tables or [])]), force=force):
            found = _compared(tables, sql, how, chosen, folds, asked)
            _write(found, output)
    if as_json:
        say_json(found.to_dict())
    else:
        _show(found, output)


def _compared(
    tables: list[str] | None,
    sql: str | None,
    how: ReadOptions,
    chosen: Settings,
    outer_folds: int,
    methods: list[str] | None,
) -> Comparison:
    with progress() as bar:
        from netable.comparison import compare_table

        table = opt.read_table(tables, sql, how)
        return compare_table(table, chosen, outer_folds=outer_folds, methods=methods, on_turn=bar.turn)


def _write(found: Comparison, folder: Path) -> None:
    from netable.comparison.page import write_report

    text = json.dumps(without_nan(found.to_dict()), ensure_ascii=False, indent=2, default=str)
    with write_together(folder, (COMPARISON, REPORT)) as new:
        (new / COMPARISON).write_bytes(text.encode() + b"\n")
        write_report(found, new / REPORT)


def _show(found: Comparison, output: Path | None) -> None:
    about = found.about
    say(
        f"{about['task']}: {listed(about['target'])} from {count(about['columns'], 'column')}; "
        f"{count(about['rows'], 'row')}, {about['outer_folds']} folds {about['split']}, "
        f"{count(about['threads'], 'thread')}"
    )
    say()
    interval = f"{about['level']:.0%} interval"
    say_table(["", about["metric"], interval, "higher by", "p", "fit s", "predict s"], _rows(found))
    say()
    for sentence in found.verdict:
        say(sentence)
    for method in found.methods:
        if method.failure:
            say(f"{method.name} failed: {method.failure}")
    if found.missing:
        say(f"Not installed: {', '.join(found.missing)}. Try: pip install 'netable[compare]'")
    if output:
        say()
        say(f"Everything is in {output}.")


def _rows(found: Comparison) -> list[list[object]]:
    by_name = {difference.name: difference for difference in found.differences}
    rows: list[list[object]] = []
    for method in found.measured:
        difference = by_name.get(method.name)
        higher, p = "-", "-"
        if difference is not None:
            relative = difference.relative
            higher = number(difference.difference) if relative is None else f"{relative:.1%}"
            p = "<0.001" if difference.p < 0.001 else f"{difference.p:.3f}"
        ends = f"{number(method.lower)} to {number(method.upper)}"
        seconds = [f"{took or 0:.2f}" for took in (method.fit_seconds, method.predict_seconds)]
        rows.append([method.name, method.error, ends, higher, p, *seconds])
    return rows
