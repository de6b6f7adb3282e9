"""`netable report`: one page on how good a model is, and why."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from netable.cli import options as opt
from netable.cli.output import say, say_json
from netable.cli.run_folder import PREDICTIONS, REPORT, table_name
from netable.errors import FileError
from netable.system.files import check_replaceable

if TYPE_CHECKING:
    import pyarrow as pa


def report(
    context: typer.Context,
    model: opt.ModelPath,
    tables: opt.Tables = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            help="The page. (default: report-TABLE.html beside the model)",
            show_default=False,
        ),
    ] = None,
    sql: opt.Sql = None,
    device: opt.Device = None,
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
    """Write one page that shows how good a model is on a table, and why.

    The table needs the target column. If it is the one that the model learned
    from, and predictions.parquet lies beside the model, each row is judged by
    networks that have not seen it. Without a table the page has what the
    model file holds: figures, columns, how training went.

    Examples:

        netable report runs/houses/model.netable sold_this_year.csv
        netable report runs/houses/model.netable houses.csv -o houses.html
        netable report runs/houses/model.netable --force
    """
    page = output or model.parent / _name(tables, sql)
    if page.is_dir():
        raise FileError(f"{page} is a folder; name a file for the page with -o.")
    if page.exists() and not force:
        raise FileError(f"{page} exists already. Name another file with -o, or overwrite it with --force.")
    check_replaceable(page)
    fitted = opt.load_model(model, device)
    table = kept = None
    if tables or sql:
        how = opt.reading_for(fitted, context.params)
        table = opt.read_table(tables, sql, how, storage=fitted.schema.storage | fitted.target.storage)
        kept = _kept(model.parent / PREDICTIONS)
    from netable.report import write_table_report

    write_table_report(fitted, page, table, out_of_fold=kept)
    if as_json:
        say_json({"report": str(page)})
    else:
        say(f"The report is {page}.")


def _name(tables: list[str] | None, sql: str | None) -> str:
    if not tables and not sql:
        return REPORT
    return f"report-{table_name(tables[0]) if tables else 'query'}.html"


def _kept(path: Path) -> pa.Table | None:
    """What was predicted in training, if it lies beside the model."""
    import pyarrow as pa
    import pyarrow.parquet

    try:
        return pa.parquet.read_table(path) if path.is_file() else None
    except (pa.ArrowInvalid, OSError) as error:
        raise FileError(f"{path} cannot be read: {error}.") from error
