"""`netable compare`: methods side by side on the same folds."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from netable.cli import options as opt
from netable.cli.large import table_or_sample
from netable.cli.output import number, say, say_json, say_table
from netable.cli.progress import progress
from netable.cli.run_folder import COMPARISON, claim_folder
from netable.cli.settings import settings_from, with_settings
from netable.config.choices import MODELS, OUTER_FOLDS
from netable.config.fields import CHECKING
from netable.config.parsing import names, whole
from netable.fit.resume.run_folder import REPORT
from netable.system.files import write_together
from netable.system.json import to_json
from netable.system.wording import counted, sampled

if TYPE_CHECKING:
    from netable.comparison import Comparison


@with_settings
def compare(
    tables: opt.Tables = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", help="A folder for comparison.json and report.html.", show_default=False
        ),
    ] = None,
    sql: opt.Sql = None,
    database: opt.Database = None,
    memory: opt.Memory = None,
    config: opt.ConfigFile = None,
    outer_folds: Annotated[
        str | None,
        typer.Option(
            help=f"Number of folds; each is the test set once. (default: {OUTER_FOLDS})",
            rich_help_panel=CHECKING,
            metavar="<number>",
        ),
    ] = None,
    methods: Annotated[
        list[str] | None,
        typer.Option(
            help=f"Separated by commas: constant, {', '.join(MODELS)}, lightgbm, xgboost, catboost. "
            "(default: constant, linear, mlp, auto and the other libraries that are installed)",
            rich_help_panel=CHECKING,
        ),
    ] = None,
    force: opt.Force = False,
    as_json: opt.Json = False,
    **typed: Any,
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
    settings = settings_from(typed, config)
    folds = OUTER_FOLDS if outer_folds is None else whole("--outer-folds", outer_folds)
    chosen = [name for text in methods for name in names(text)] if methods else None
    given = opt.named(tables, sql, database)
    with claim_folder(output, opt.files(given), force=force) if output else nullcontext():
        with progress() as bar:
            from netable.comparison import compare_table

            table, drawn_from = table_or_sample(given, settings, memory)
            comparison = compare_table(table, settings, outer_folds=folds, methods=chosen, on_turn=bar.turn)
            if drawn_from:
                comparison = replace(comparison, about=comparison.about | {"drawn_from": drawn_from})
        if output:
            _write(comparison, output)
    if as_json:
        say_json(comparison.to_dict())
    else:
        _show(comparison, output)


def _write(comparison: Comparison, folder: Path) -> None:
    from netable.comparison.page import write_report

    with write_together(folder, (COMPARISON, REPORT)) as new:
        (new / COMPARISON).write_bytes(f"{to_json(comparison.to_dict())}\n".encode())
        write_report(comparison, new / REPORT)


def _show(comparison: Comparison, output: Path | None) -> None:
    about = comparison.about
    say(
        f"{about['task']}: {comparison.target} from {counted(about['columns'], 'column')}; "
        f"{sampled(about['rows'], about.get('drawn_from'))}, {about['outer_folds']} folds {about['split']}, "
        f"{counted(about['threads'], 'thread')}"
    )
    say()
    interval = f"{about['level']:.0%} interval"
    say_table(["", about["metric"], interval, "higher by", "p", "fit s", "predict s"], _rows(comparison))
    say()
    for sentence in comparison.verdict:
        say(sentence)
    for method in comparison.methods:
        if method.failure:
            say(f"{method.name} failed: {method.failure}")
    if comparison.missing:
        say(f"Not installed: {', '.join(comparison.missing)}. Try: pip install 'netable[compare]'")
    if output:
        say()
        say(f"Everything is in {output}.")


def _rows(comparison: Comparison) -> list[list[object]]:
    rows: list[list[object]] = []
    for method in comparison.measured:
        higher, p = "-", "-"
        if difference := comparison.difference(method):
            relative = difference.relative
            higher = number(difference.difference) if relative is None else f"{relative:.1%}"
            p = "<0.001" if difference.p < 0.001 else f"{difference.p:.3f}"
        ends = f"{number(method.lower)} to {number(method.upper)}"
        seconds = [f"{took or 0:.2f}" for took in (method.fit_seconds, method.predict_seconds)]
        rows.append([method.name, method.error, ends, higher, p, *seconds])
    return rows
