"""`netable explain`: importance of columns, and their contributions to predictions."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from netable.cli import options as opt
from netable.cli.bars import SHOWN, alike, bar, say_columns
from netable.cli.contributions import explained, say_explained, tell_every_row, value_text
from netable.cli.large import labelled
from netable.cli.output import say, say_json, write_note
from netable.cli.settings import with_settings
from netable.errors import ConfigError, SchemaError, check_at_least
from netable.system.wording import counted

if TYPE_CHECKING:
    import pyarrow as pa

    from netable.model.model import Model

# Units of importance; see `netable.explanation.Importance`.
_UNITS = {
    "log_loss": "log loss",
    "mse": "squared errors over the target's variance",
    "huber": "Huber loss over that of the mean",
    "mae": "absolute errors over those of the median",
    "quantile": "pinball loss over that of the constant quantile",
    "poisson": "Poisson deviance over that of the mean",
}


@with_settings
def explain(
    model: opt.ModelPath,
    tables: opt.Tables = None,
    row: Annotated[
        int | None, typer.Option(help="Explain the prediction for this row of TABLE; the first one is 1.")
    ] = None,
    every_row: Annotated[
        bool, typer.Option("--every-row", help="Contributions of columns to every prediction, as a table.")
    ] = False,
    of: Annotated[
        str | None,
        typer.Option(
            help="The class, or the target, to explain; the predicted class or first target if left out."
        ),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="A .csv or .parquet file for all results.")
    ] = None,
    max_rows: Annotated[int | None, typer.Option(help="Rows of TABLE to use at most.")] = None,
    seed: Annotated[int, typer.Option(help="Seed of the choice of rows and of shuffling.")] = 0,
    sql: opt.Sql = None,
    database: opt.Database = None,
    memory: opt.Memory = None,
    force: opt.Force = False,
    as_json: opt.Json = False,
    **typed: Any,
) -> None:
    """Show which columns matter, or what they add to a prediction.

    The importance of a column is the rise of the loss when its cells are
    shuffled among rows. TABLE needs the target for that; use rows that were not
    in training.
    With --row, contributions lead from the mean prediction for TABLE, the base,
    to the prediction for the row; no target is needed.

    Examples:

        netable explain runs/houses/model.netable sold.csv
        netable explain runs/houses/model.netable sold.csv --row 3
        netable explain runs/houses/model.netable sold.csv --every-row -o why.csv
    """
    from netable.cli.tables import check_output, write_table

    _check_choices(row, every_row, of, max_rows)
    given = opt.named(tables, sql, database)
    if output:
        check_output(output, given, model, force=force)
    fitted = opt.load_model(model, typed["device"])
    options = {"seed": seed} | ({} if max_rows is None else {"max_rows": max_rows})
    with labelled(fitted, given, typed, memory) as found:
        if every_row:
            tell_every_row(fitted, found, of, options, output, as_json=as_json)
            return
        if row is not None:
            results = explained(fitted, found, row, of, options) | found.told
            rows, show = _as_table(results["contributions"]), partial(say_explained, results)
        else:
            results = _importance(fitted, found.table, options) | found.told
            rows, show = _as_table(results["importance"]), partial(_say_importance, results)
    if output:
        write_table(rows, output)
        written = f"{counted(rows.num_rows, 'row')} in {output}"
        results, show = {"rows": rows.num_rows, "output": str(output)}, partial(write_note, written)
    if as_json:
        say_json(results)
    else:
        show()
        found.say()


def _check_choices(row: int | None, every_row: bool, of: str | None, max_rows: int | None) -> None:
    if max_rows is not None:
        check_at_least("--max-rows", max_rows, 1, integer=True)
    if row is not None and every_row:
        raise ConfigError("Give --row or --every-row, not both.")
    if of is not None and row is None and not every_row:
        raise ConfigError("--of goes with --row or --every-row; importance is that for the whole model.")


def _as_table(rows: list[dict[str, Any]]) -> pa.Table:
    import pyarrow as pa

    # Values of different columns have different types; Arrow needs one.
    return pa.Table.from_pylist(
        [one | {"value": value_text(one["value"])} if "value" in one else one for one in rows]
    )


def _importance(model: Model, table: pa.Table, options: dict[str, Any]) -> dict[str, Any]:
    from netable.explanation import judging_rows, permutation_importance
    from netable.table.target_values import labelled
    from netable.train import metric_names

    lacking = [name for name in model.target.names if name not in table.column_names]
    if lacking:
        raise SchemaError(
            f"The target column {lacking[0]!r} is not in the table; importance needs it. Without it, --row explains "
            "a prediction."
        )
    table, _ = labelled(table, model.recipe)
    columns = permutation_importance(model, table, **options)
    return {
        "rows": table.num_rows,
        "judging_rows": len(judging_rows(model, table, **options)),
        "loss": model.recipe.loss if model.task == "regression" else "log_loss",
        "metric": metric_names(model.task, model.recipe.loss)[0],
        "importance": [asdict(importance) for importance in columns],
    }


def _say_importance(results: dict[str, Any]) -> None:
    importance = results["importance"]
    shown, most = importance[:SHOWN], max(importance[0]["mean"], 0.0)
    say(f"rise of the loss ({_UNITS[results['loss']]}) when a column is shuffled, and its standard error")
    columns = {
        "column": [one["name"] for one in shown],
        "loss": alike([one["mean"] for one in shown]),
        "±": alike([one["deviation"] for one in shown], like=most),
    }
    if results["metric"] != results["loss"]:
        columns[results["metric"]] = alike([one["metric"] for one in shown])
    columns[""] = [bar(one["mean"], most) for one in shown]
    say_columns(columns)
    if len(importance) > SHOWN:
        say(f"  and {counted(len(importance) - SHOWN, 'column')} more, of less importance")
