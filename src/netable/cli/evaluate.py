"""`netable evaluate`: metrics of a model on labelled rows."""

from __future__ import annotations

from typing import Any

from netable.cli import options as opt
from netable.cli.output import say, say_intervals, say_json, say_table
from netable.cli.settings import with_settings
from netable.errors import said_once
from netable.system.wording import counted, percent


@with_settings
def evaluate(
    model: opt.ModelPath,
    tables: opt.Tables = None,
    sql: opt.Sql = None,
    database: opt.Database = None,
    as_json: opt.Json = False,
    **typed: Any,
) -> None:
    """Measure a model on a table that has the target column.

    Warns if many of the rows were used in training. Says which share of them is later than the training rows, or has
    levels or groups that training did not have.

    Examples:

        netable evaluate runs/houses/model.netable sold_this_year.csv
        netable evaluate runs/houses/model.netable sold_this_year.csv --json
    """
    fitted = opt.load_model(model, typed["device"])
    with said_once():
        given = opt.named(tables, sql, database)
        results = fitted.evaluate_pieces(opt.read_labelled_pieces(fitted, given, typed))
    if as_json:
        say_json(results)
        return
    say(counted(results["rows"], "row"))
    valid = fitted.results.get("valid", {})
    rows = [(name, value, valid.get(name)) for name, value in results["metrics"].items()]
    say_table(["", "here", "in training, out of fold"], rows)
    say_intervals(results)
    for name, share in results["share_of_rows_beyond_training"].items():
        say(f"beyond the training rows in {name!r}: {percent(share)} of these rows")
