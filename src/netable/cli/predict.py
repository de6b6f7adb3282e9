"""`netable predict`: a model's predictions for the rows of a table."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from netable.cli import options as opt
from netable.cli.output import say_json


def predict(
    model: opt.ModelPath,
    tables: opt.Tables = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", help="A .csv or .parquet file; as CSV on standard output if left out."
        ),
    ] = None,
    keep: Annotated[str | None, typer.Option(help="Columns of TABLE to carry over, by commas.")] = None,
    sql: opt.Sql = None,
    device: opt.Device = None,
    delimiter: opt.Delimiter = None,
    decimal: opt.Decimal = None,
    encoding: opt.Encoding = None,
    bad_rows: opt.BadRows = "error",
    na_values: opt.NaValues = None,
    force: opt.Force = False,
    as_json: opt.Json = False,
) -> None:
    """Predict every row of a table, in its order: prediction, and for classes proba_CLASS.

    Examples:

        netable predict runs/houses/model.netable new.csv -o out.csv --keep id
        netable predict runs/houses/model.netable 'new/*.parquet' -o out.parquet
        netable predict runs/houses/model.netable new.csv --json
    """
    from netable import model_file
    from netable.cli.tables import check_output, write_csv, write_table
    from netable.errors import SchemaError, did_you_mean
    from netable.model import move

    if output:
        check_output(output, [*(tables or []), str(model)], force=force)
    fitted = move(model_file.load(model), device or "auto")
    how = opt.read_options(delimiter, decimal, encoding, bad_rows, na_values)
    table = opt.read_table(tables, sql, how, storage=fitted.schema.storage)
    kept = opt.names(keep) if keep else []
    for name in kept:
        if name not in table.column_names:
            raise SchemaError(
                f"The column to keep, {name!r}, is not there. {did_you_mean(name, table.column_names)}"
            )
    predicted = fitted.predict_table(table, kept)
    if output:
        write_table(predicted, output)
        if as_json:
            say_json({"rows": predicted.num_rows, "output": str(output)})
        else:
            typer.echo(f"{predicted.num_rows} predictions in {output}", err=True)
    elif as_json:
        say_json(predicted.to_pylist())
    else:
        write_csv(predicted, sys.stdout.buffer)
