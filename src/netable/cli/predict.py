"""`netable predict`: predictions for the rows of a table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from netable.cli import options as opt
from netable.cli.output import say_json, write_note
from netable.cli.settings import with_settings
from netable.config.parsing import WITH_COMMA, names
from netable.errors import ConfigError, SchemaError, said_once, warn
from netable.system.wording import counted

if TYPE_CHECKING:
    import pyarrow as pa

    from netable.model.guard.counts import Counts
    from netable.model.guard.guard import Guard
    from netable.model.model import Model

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
    from netable.cli.tables import check_output, table_writer
    from netable.model.prediction import check_threshold
    from netable.table.reading.read import read_beside

    if output == Path("-"):
        output = None
    given = opt.named(tables, sql, database)
    if output:
        check_output(output, given, model, force=force)
    fitted = opt.load_model(model, typed["device"])
    check_threshold(fitted.target, threshold)
    if interval is not None:
        fitted.intervals.check(interval)
    to_keep = list(dict.fromkeys(name for text in keep or () for name in names(text)))
    # Columns that the model does not use are read as text, so that their cells stay unchanged.
    storage = dict.fromkeys(to_keep, "text") | fitted.schema.storage
    kept = None if to_keep == [ALL] else to_keep
    options = opt.reading_for(fitted, typed)
    used = None if kept is None else {*kept, *storage}
    pieces = read_beside(given, kept, options=options, storage=storage, used=used)
    answers = _Answers(fitted, interval, threshold, kept, flag_unusual)
    shown: list[dict[str, Any]] = []
    with said_once(), table_writer(output) as write:
        for predicted in answers.of(pieces):
            if as_json and not output:
                shown += predicted.to_pylist()
            else:
                write(predicted)
    if as_json:
        told = {"rows": answers.rows, "output": str(output)} if output else {"predictions": shown}
        say_json(told | {"guard": answers.guard and answers.guard.to_dict()})
    elif output:
        write_note(f"{counted(answers.rows, 'prediction')} in {output}")
    answers.warn()


class _Answers:
    """The predictions for a table, piece by piece, and what is counted in all pieces.

    Attributes
    ----------
    rows : int
        Rows so far.
    guard : Counts, optional
        What they have that the training rows did not have; None for a model without a reference.
    """

    def __init__(
        self,
        model: Model,
        interval: float | None,
        threshold: float | None,
        kept: Sequence[str] | None,
        flag: str | None,
    ) -> None:
        self._model, self._kept, self._flag = model, kept, flag
        self._asked = interval, threshold
        self._unseen, self._far_out = Counter[str](), Counter[str]()
        self.rows = 0
        self.guard: Counts | None = None

    def of(self, pieces: Iterator[tuple[pa.Table, pa.Table]]) -> Iterator[pa.Table]:
        """Predictions and kept columns of each piece."""
        following = next(pieces, None)
        while piece := following:
            following = next(pieces, None)
            # A later piece may hold texts where this one has whole numbers.
            yield self._piece(*piece, is_whole=following is None and not self.rows)

    def _piece(self, table: pa.Table, unchanged: pa.Table, *, is_whole: bool) -> pa.Table:
        from netable.table.canonical.messages import check_columns

        check_columns(self._kept or (), table.column_names, "The column to keep,")
        encoded = self._model.encode(table, warns=False)
        predicted = self._model.predict_encoded(encoded, *self._asked)
        guard = self._model.guard_of(encoded)
        if guard:
            self.guard = self.guard.plus(guard.counts) if self.guard else guard.counts
        if self._flag is not None:
            predicted = _with_reasons(predicted, self._flag, guard)
        self.rows += table.num_rows
        self._unseen.update(encoded.unseen)
        self._far_out.update(encoded.far_out)
        kept = table.column_names if self._kept is None else self._kept
        return _with_kept(predicted, self._model, table, kept, unchanged, is_whole=is_whole)

    def warn(self) -> None:
        """What the rows have more often than those of training; else cells that training did not have."""
        from netable.model.guard.guard import NO_REFERENCE
        from netable.model.prediction import warn_of_cells

        if self.guard and self.guard.words:
            warn(f"Unlike the training rows: {self.guard.words}")
            return
        warn_of_cells(self._unseen, self._far_out)
        if self.guard is None:
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
    predicted: pa.Table,
    model: Model,
    table: pa.Table,
    to_keep: Sequence[str],
    unchanged: pa.Table,
    *,
    is_whole: bool,
) -> pa.Table:
    """Predictions after the columns to keep; of a whole table, codes of digits become numbers where that is exact."""
    taken = [name for name in to_keep if name in predicted.column_names]
    if taken:
        raise SchemaError(
            f"The column {taken[0]!r} cannot be kept: a column of predictions has this name. "
            "Rename it in the table, or name the other columns with --keep."
        )
    for place, name in enumerate(to_keep):
        column = table.column(name)
        if model.schema.storage.get(name, "text") in ("text", "category"):
            column = unchanged.column(name)
            column = _whole_if_exact(column) if is_whole else column
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
