"""`netable report`: the page about a model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from netable.cli import options as opt
from netable.cli.imports import import_charts
from netable.cli.large import labelled
from netable.cli.output import say, say_json
from netable.cli.settings import with_settings
from netable.errors import FileError
from netable.fit.resume.run_folder import PREDICTIONS, REPORT, table_name

if TYPE_CHECKING:
    import pyarrow as pa


@with_settings
def report(
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
    database: opt.Database = None,
    memory: opt.Memory = None,
    force: opt.Force = False,
    as_json: opt.Json = False,
    **typed: Any,
) -> None:
    """Write one page that shows how good a model is on a table, and why.

    The table needs the target column. If it is the training table, and
    predictions.parquet lies beside the model, each row is judged by networks
    that have not seen it. Without a table the page shows what the model file
    holds: metrics, columns, the course of training.

    Examples:

        netable report runs/houses/model.netable sold_this_year.csv
        netable report runs/houses/model.netable houses.csv -o houses.html
        netable report runs/houses/model.netable --force
    """
    page = output or model.parent / _name(tables, sql)
    opt.check_page(page, force=force)
    fitted = opt.load_model(model, typed["device"])
    import_charts()
    from netable.report import write_table_report

    words, told = opt.typed_table(tables, sql, database), dict[str, int]()
    if tables or sql:
        out_of_fold = _read_out_of_fold(model.parent / PREDICTIONS)
        with labelled(fitted, opt.named(tables, sql, database), typed, memory) as found:
            write_table_report(
                fitted,
                page,
                found.table,
                out_of_fold=out_of_fold,
                typed=words,
                drawn_from=found.drawn_from,
            )
        told = found.told
    else:
        write_table_report(fitted, page, typed=words)
    if as_json:
        say_json({"report": str(page)} | told)
    else:
        say(f"The report is {page}.")


def _name(tables: list[str] | None, sql: str | None) -> str:
    if not tables and not sql:
        return REPORT
    return f"report-{table_name(tables[0]) if tables else 'query'}.html"


def _read_out_of_fold(path: Path) -> pa.Table | None:
    import pyarrow as pa
    import pyarrow.parquet

    try:
        return pa.parquet.read_table(path) if path.is_file() else None
    except (pa.ArrowInvalid, OSError) as error:
        raise FileError(f"{path} cannot be read: {error}.") from error
