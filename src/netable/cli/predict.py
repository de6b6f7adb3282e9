"""`netable predict`: predictions for the rows of a table."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from netable.cli import options as opt
from netable.cli.output import say_json, write_note
from netable.cli.settings import with_settings
from netable.config.parsing import WITH_COMMA, names
from netable.errors import ConfigError, SchemaError, warn
from netable.system.wording import counted

if TYPE_CHECKING:
    import pyarrow as pa

    from netable.model.guard.guard import Guard
    from netable.model.model import Model
    from netable.table.encode import Encoded

# In place of the names of columns to keep.
ALL = "all"


@with_settings
def predict(
    model: opt.ModelPath,
    tables: opt.Tables = None,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="A .csv or .parquet file; - or none: CSV on standard output."),
    ] = None,
    interval: Annotated[
        float | None,
        typer.Option(help="Add columns lower and upper, which hold this share of targets, such as 0.9."),
    ] = None,
    threshold: Annotated[
        float | None,
        typer.Option(help="Probability from which to predict the second of two classes. (default: 0.5)"),
    ] = None,
    keep: Annotated[
        list[str] | None,
        typer.Option(
            help=f"Columns of TABLE to carry over, separated by commas, or all. {WITH_COMMA}",
            show_default=False,
        ),
    ] = None,
    flag_unusual: Annotated[
        str | None,
        typer.Option(
            help="Add a column of this name, which says why a row is unlike those of training; empty for others.",
            metavar="COLUMN",
        ),
    ] = None,
    sql: opt.Sql = None,
    database: opt.Database = None,
    force: opt.Force = False,
    as_json: opt.Json = False,
    **typed: Any,
) -> None:
    """Predict every row of a table, in its order.

    The output has a column prediction, for classes also proba_CLASS for each,
    with --interval also lower and upper; for several targets, each of these
    for each target, such as prediction_NAME.
    Columns of TABLE are matched by name; the target need not be there.
    A last line says what these rows have more often than those of training, if
    chance does not explain it: numbers beyond their range, new levels, gaps,
    columns that do not go together.

    Examples:

        netable predict runs/houses/model.netable new.csv -o out.csv
        netable predict runs/houses/model.netable new.csv --keep id,street
        netable predict runs/houses/model.netable new.csv --keep all
        netable predict runs/houses/model.netable new.csv --interval 0.9
        netable predict runs/loans/model.netable new.csv --threshold 0.2
        netable predict runs/loans/model.netable new.csv --flag-unusual why
        zcat new.csv.gz | netable predict runs/houses/model.netable - > out.csv
        netable predict runs/houses/model.netable 'new/*.parquet' --json
    """
    from netable.cli.tables import check_output, show_csv, write_table
    from netable.model.prediction import check_threshold
    from netable.table.canonical.messages import check_columns

    if output == Path("-"):
        output = None
    if output:
        check_output(output, tables or [], model, force=force)
    fitted = opt.load_model(model, typed["device"])
    check_threshold(fitted.target, threshold)
    if interval is not None:
        fitted.intervals.check(interval)
    to_keep = list(dict.fromkeys(name for text in keep or () for name in names(text)))
    # Columns that the model does not use are read as text, so that their cells stay unchanged.
    storage = dict.fromkeys(to_keep, "text") | fitted.schema.storage
    kept = None if to_keep == [ALL] else to_keep
    table, unchanged = opt.read_table_beside(
        kept, tables, sql, database, opt.reading_for(fitted, typed), storage
    )
    check_columns(kept or (), table.column_names, "The column to keep,")
    encoded = fitted.encode(table, warns=False)
    predicted = fitted.predict_encoded(encoded, interval, threshold)
    guard = fitted.guard_of(encoded)
    if flag_unusual is not None:
        predicted = _with_reasons(predicted, flag_unusual, guard)
    predicted = _with_kept(predicted, fitted, table, table.column_names if kept is None else kept, unchanged)
    if output:
        write_table(predicted, output)
    if as_json:
        told: dict[str, Any] = {"rows": predicted.num_rows, "output": str(output)}
        if not output:
            told = {"predictions": predicted.to_pylist()}
        say_json(told | {"guard": guard and guard.to_dict()})
    elif output:
        write_note(f"{counted(predicted.num_rows, 'prediction')} in {output}")
    else:
        show_csv(predicted)
    _say_guard(guard, encoded)


def _say_guard(guard: Guard | None, encoded: Encoded) -> None:
    """What the rows have more often than those of training; else a note on cells that training did not have."""
    from netable.model.guard.guard import NO_REFERENCE
    from netable.model.prediction import with_warnings

    if guard and guard.words:
        warn(f"Unlike the training rows: {guard.words}")
        return
    with_warnings(encoded)
    if guard is None:
        warn(NO_REFERENCE)


def _with_reasons(predicted: pa.Table, name: str, guard: Guard | None) -> pa.Table:
    """Predictions, and behind them why a row is unusual."""
    import pyarrow as pa

    from netable.model.guard.guard import NO_REFERENCE

    if guard is None:
        raise ConfigError(NO_REFERENCE)
    if name in predicted.column_names:
        raise ConfigError(
            f"The reasons cannot be called {name!r}: a column of predictions has this name. "
            "Name another one with --flag-unusual."
        )
    return predicted.append_column(name, pa.array(guard.reasons, pa.string()))


def _with_kept(
    predicted: pa.Table, model: Model, table: pa.Table, to_keep: Sequence[str], unchanged: pa.Table
) -> pa.Table:
    """Predictions after the columns to keep."""
    taken = [name for name in to_keep if name in predicted.column_names]
    if taken:
        raise SchemaError(
            f"The column {taken[0]!r} cannot be kept: a column of predictions has this name. "
            "Rename it in the table, or name the other columns with --keep."
        )
    for place, name in enumerate(to_keep):
        column = table.column(name)
        if model.schema.storage.get(name, "text") in ("text", "category"):
            column = _whole_if_exact(unchanged.column(name))
        predicted = predicted.add_column(place, name, column)
    return predicted


def _whole_if_exact(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Texts as integers, if every one is written as Arrow would write its integer."""
    import pyarrow as pa

    if not pa.types.is_string(column.type):
        return column
    try:
        whole = column.cast(pa.int64())
    except pa.ArrowInvalid:
        return column
    return whole if whole.cast(pa.string()).equals(column) else column
