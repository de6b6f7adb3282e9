"""`netable evaluate`: how good a model is on rows whose answer is known."""

from __future__ import annotations

from typing import Any

from netable.cli import options as opt
from netable.cli.output import say, say_intervals, say_json, say_table
from netable.cli.settings import with_settings
from netable.system.wording import counted


@with_settings
def evaluate(
    model: opt.ModelPath,
    tables: opt.Tables = None,
    sql: opt.Sql = None,
    as_json: opt.Json = False,
    **typed: Any,
) -> None:
    """Measure a model on a table that has the target column.

    Says so if the model has learned from a good part of the rows.

    Examples:

        netable evaluate runs/houses/model.netable sold_this_year.csv
        netable evaluate runs/houses/model.netable sold_this_year.csv --json
    """
    fitted = opt.load_model(model, typed["device"])
    table = opt.read_labelled(fitted, tables, sql, typed)
    found = fitted.evaluate_table(table)
    if as_json:
        say_json(found)
        return
    say(counted(found["rows"], "row"))
    valid = fitted.results.get("valid", {})
    rows = [(name, value, valid.get(name)) for name, value in found["metrics"].items()]
    say_table(["", "here", "in training, out of fold"], rows)
    say_intervals(found)
