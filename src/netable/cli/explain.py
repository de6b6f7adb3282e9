"""`netable explain`: importance of columns, and their contributions to predictions."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from math import floor, log10
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from netable.cli import options as opt
from netable.cli.output import say, say_json, say_table, write_note
from netable.cli.settings import with_settings
from netable.errors import ConfigError, DataError, SchemaError, check_at_least, check_choice
from netable.system.wording import counted

if TYPE_CHECKING:
    import pyarrow as pa

    from netable.explanation import Contributions
    from netable.model.model import Model

# Columns to print; the rest is summed.
_SHOWN = 20
_BAR = 24
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
    from netable.cli.tables import check_output, show_csv, write_table

    _check_choices(row, every_row, of, max_rows)
    if output:
        check_output(output, tables or [], model, force=force)
    fitted = opt.load_model(model, typed["device"])
    table = opt.read_labelled(fitted, tables, sql, database, typed)
    options = {"seed": seed} | ({} if max_rows is None else {"max_rows": max_rows})
    results: Any
    if row is not None:
        results = _row(fitted, table, row, of, options)
        rows, show = _as_table(results["contributions"]), partial(_say_row, results)
    elif every_row:
        rows = _every_row(fitted, table, of, options)
        results, show = rows.to_pylist(), partial(show_csv, rows)
    else:
        results = _importance(fitted, table, options)
        rows, show = _as_table(results["importance"]), partial(_say_importance, results)
    if output:
        write_table(rows, output)
        written = f"{counted(rows.num_rows, 'row')} in {output}"
        results, show = {"rows": rows.num_rows, "output": str(output)}, partial(write_note, written)
    if as_json:
        say_json(results)
    else:
        show()


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
        [one | {"value": _cell(one["value"])} if "value" in one else one for one in rows]
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
    shown, most = importance[:_SHOWN], max(importance[0]["mean"], 0.0)
    say(f"rise of the loss ({_UNITS[results['loss']]}) when a column is shuffled, and its standard error")
    columns = {
        "column": [one["name"] for one in shown],
        "loss": _alike([one["mean"] for one in shown]),
        "±": _alike([one["deviation"] for one in shown], like=most),
    }
    if results["metric"] != results["loss"]:
        columns[results["metric"]] = _alike([one["metric"] for one in shown])
    columns[""] = [_bar(one["mean"], most) for one in shown]
    _say_columns(columns)
    if len(importance) > _SHOWN:
        say(f"  and {counted(len(importance) - _SHOWN, 'column')} more, of less importance")


def _say_columns(columns: dict[str, list[Any]]) -> None:
    say()
    say_table(columns, zip(*columns.values(), strict=True))


def _alike(values: list[float], like: float | None = None) -> list[str]:
    """Numbers with the same number of decimals, four digits in the largest (or in `like`)."""
    largest = max(map(abs, values)) if like is None else like
    decimals = min(9, max(0, 3 - floor(log10(largest)))) if largest > 0 else 3
    return [f"{value:z.{decimals}f}" for value in values]


def _bar(value: float, most: float, sign: str = "█") -> str:
    return sign * round(_BAR * max(value, 0.0) / most) if most > 0 else ""


def _contributions(
    model: Model, rows: pa.Table, table: pa.Table, of: str | None, options: dict[str, Any]
) -> tuple[Contributions, list[int]]:
    """The contributions, and the index of the output to explain for each row."""
    from netable.explanation import contributions

    if table.num_rows == 1:
        raise DataError(
            "The table has one row, and a row is explained by comparison with others: give a table of several, "
            "such as the training table."
        )
    contributed = contributions(model, rows, table, **options)
    if of is not None:
        check_choice("--of", of, contributed.outputs)
        return contributed, [contributed.outputs.index(of)] * rows.num_rows
    if model.task == "regression":
        return contributed, [0] * rows.num_rows
    return contributed, contributed.outcome.argmax(1).tolist()


def _row(model: Model, table: pa.Table, row: int, of: str | None, options: dict[str, Any]) -> dict[str, Any]:
    if not 1 <= row <= table.num_rows:
        raise ConfigError(f"--row must be from 1 to {table.num_rows}, the rows of the table; got {row}.")
    explained_row = table.slice(row - 1, 1)
    contributed, (output,) = _contributions(model, explained_row, table, of, options)
    rows = [
        {
            "column": name,
            "value": explained_row.column(name)[0].as_py(),
            "contribution": float(value),
            "deviation": float(deviation),
        }
        for name, value, deviation in zip(
            contributed.columns,
            contributed.values[0, :, output],
            contributed.deviation[0, :, output],
            strict=True,
        )
    ]
    name = contributed.outputs[output]
    return {
        "row": row,
        "explained": name if model.task == "regression" else f"probability of {name}",
        "base": float(contributed.base[output]),
        "outcome": float(contributed.outcome[0, output]),
        "contributions": sorted(rows, key=lambda one: -abs(one["contribution"])),
    }


def _cell(value: Any) -> str | None:
    if hasattr(value, "isoformat"):
        return str(value).removesuffix(" 00:00:00")
    return f"{value:.6g}" if isinstance(value, float) else None if value is None else str(value)


def _say_row(results: dict[str, Any]) -> None:
    shown, rest = results["contributions"][:_SHOWN], results["contributions"][_SHOWN:]
    names = [one["column"] for one in shown]
    values = ["missing" if one["value"] is None else _cell(one["value"]) for one in shown]
    parts = [one["contribution"] for one in shown]
    most = max(map(abs, parts))
    bars = [_bar(abs(part), most, "+" if part > 0 else "-") for part in parts]
    largest = max(most, abs(results["base"]), abs(results["outcome"]))
    deviations = _alike([one["deviation"] for one in shown], like=largest)
    if rest:
        names.append(f"{counted(len(rest), 'column')} more")
        parts.append(sum(one["contribution"] for one in rest))
        for cells in (values, deviations, bars):
            cells.append("")
    say(f"row {results['row']}: {results['explained']}")
    _say_columns(
        {
            "column": ["base: the mean prediction", *names, "sum: the prediction"],
            "value": ["", *values, ""],
            "adds": _alike([results["base"], *parts, results["outcome"]]),
            "±": ["", *deviations, ""],
            "": ["", *bars, ""],
        }
    )


def _every_row(model: Model, table: pa.Table, of: str | None, options: dict[str, Any]) -> pa.Table:
    import numpy as np
    import pyarrow as pa

    contributed, outputs = _contributions(model, table, table, of, options)
    rows = np.arange(table.num_rows)
    columns: dict[str, Any] = (
        {} if model.task == "regression" else {"class": [contributed.outputs[i] for i in outputs]}
    )
    columns |= {"outcome": contributed.outcome[rows, outputs], "base": contributed.base[outputs]}
    for i, name in enumerate(contributed.columns):
        columns[f"from_{name}"] = contributed.values[rows, i, outputs]
    return pa.table(columns)
