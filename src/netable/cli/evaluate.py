"""`netable evaluate`: how good a model is on rows whose answer is known."""

from __future__ import annotations

import typer

from netable.cli import options as opt
from netable.cli.output import say, say_intervals, say_json, say_table
from netable.system.wording import counted


def evaluate(
    context: typer.Context,
    model: opt.ModelPath,
    tables: opt.Tables = None,
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
    as_json: opt.Json = False,
) -> None:
    """Measure a model on a table that has the target column.

    Says so if the model has learned from a good part of the rows.

    Examples:

        netable evaluate runs/houses/model.netable sold_this_year.csv
        netable evaluate runs/houses/model.netable sold_this_year.csv --json
    """
    fitted = opt.load_model(model, device)
    how = opt.reading_for(fitted, context.params)
    table = opt.read_table(tables, sql, how, storage=fitted.schema.storage | fitted.target.storage)
    found = fitted.evaluate_table(table)
    if as_json:
        say_json(found)
        return
    say(counted(found["rows"], "row"))
    valid = fitted.results.get("valid", {})
    rows = [(name, value, valid.get(name)) for name, value in found["metrics"].items()]
    say_table(["", "here", "in training, out of fold"], rows)
    say_intervals(found)
