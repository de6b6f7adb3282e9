"""`netable monitor`: new rows beside those of training."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from datetime import date, datetime, time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from netable.cli import options as opt
from netable.cli.large import labelled
from netable.cli.output import say, say_json, say_table
from netable.cli.settings import with_settings
from netable.errors import ConfigError
from netable.fit.resume.run_folder import table_name
from netable.system.wording import counted, percent, sampled

if TYPE_CHECKING:
    import pyarrow as pa

    from netable.drift import ColumnDrift, Drift
    from netable.model.model import Model

# Columns to print.
_SHOWN = 15


@with_settings
def monitor(
    model: opt.ModelPath,
    tables: opt.Tables = None,
    reference: Annotated[
        list[str] | None,
        typer.Option(
            help="The training table, or another, to compare with in place of what the model file keeps.",
            metavar="TABLE",
            show_default=False,
        ),
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(
            help="Only rows from this day on, such as 2026-11-01, or sold=2026-11-01 for its column."
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            help="The page. (default: monitor-TABLE.html beside the model)",
            show_default=False,
        ),
    ] = None,
    sql: opt.Sql = None,
    database: opt.Database = None,
    memory: opt.Memory = None,
    force: opt.Force = False,
    as_json: opt.Json = False,
    **typed: Any,
) -> None:
    """Show how new rows differ from those of training, and whether it matters.

    Compares every column, the predictions, how columns go together, and, if
    the table has the target, the errors, and writes a page. With --reference
    networks also learn to tell the rows of both tables apart.

    Examples:

        netable monitor runs/houses/model.netable new.parquet
        netable monitor runs/houses/model.netable new.csv --since 2026-11-01
        netable monitor runs/houses/model.netable new.csv --reference houses.csv
        netable monitor runs/houses/model.netable new.csv --json
    """
    page = output or model.parent / f"monitor-{table_name(tables[0]) if tables else 'query'}.html"
    opt.check_page(page, force=force)
    fitted = opt.load_model(model, typed["device"])
    from netable.drift import monitor_table, write_drift_page

    given = opt.named(tables, sql, database)
    also = (since.rpartition("=")[0],) if since else ()
    keep = partial(_since, fitted, since=since)
    with ExitStack() as stack:
        before = reference and stack.enter_context(labelled(fitted, opt.named(reference), typed, memory))
        new = stack.enter_context(labelled(fitted, given, typed, memory, also=also, keep=keep))
    drift = monitor_table(fitted, new.table, before.table if before else None)
    drift = replace(drift, drawn_from=new.drawn_from, before_drawn_from=before.drawn_from if before else None)
    write_drift_page(drift, page)
    if as_json:
        say_json(drift.to_dict() | {"page": str(page)})
    else:
        _show(drift, page)


def _since(model: Model, table: pa.Table, *, since: str | None) -> pa.Table:
    """The rows from a day on, by the column that is named, or the only one of dates; all if there is no day."""
    if since is None:
        return table
    import pyarrow.compute as pc

    from netable.table.canonical.casts import convert

    name, _, day = since.rpartition("=")
    dates = [column.name for column in model.schema.used if column.selected_as == "timestamp"]
    name = name or str(model.recipe.time_column or (dates[0] if len(dates) == 1 else ""))
    if name not in table.column_names:
        raise ConfigError(
            f"--since needs a column of dates; {repr(name) + ' is not in the table' if name else 'none is known'}. "
            f"Name it, as in --since COLUMN={day}."
        )
    try:
        first = datetime.combine(date.fromisoformat(day), time())
    except ValueError as error:
        raise ConfigError(f"--since must be a day such as 2026-11-01; got {day!r}.") from error
    return table.filter(pc.greater_equal(convert(table.column(name), "timestamp", name), first))


def _show(drift: Drift, page: Path) -> None:
    for sentence in drift.verdict:
        say(sentence)
    if drift.moved:
        say()
        for column in drift.moved:
            say(f"{column.name}: {column.what}. {column.advice}")
    say()
    header = ["", "moved", "PSI", "distance", "chance", "missing", "weight"]
    say_table(header, [_row(column) for column in drift.columns[:_SHOWN]])
    if len(drift.columns) > _SHOWN:
        say(
            f"  and {counted(len(drift.columns) - _SHOWN, 'column')} more, which have not moved or weigh less"
        )
    say()
    if drift.drawn_from:
        say(f"These are {sampled(drift.rows, drift.drawn_from)}.")
    say(f"The page is {page}.")


def _row(column: ColumnDrift) -> list[object]:
    measured = (f"{value:.3f}" for value in (column.psi, column.distance, column.chance))
    moved = "yes" if column.moved else "no"
    return [column.name, moved, *measured, percent(column.missing), percent(column.weight)]
