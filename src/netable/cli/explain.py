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
    table = opt.read_labelled(fitted, tables, sql, typed)
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
    from netable.errors import ConfigError, check_at_least

    if max_rows is not None:
        check_at_least("--max-rows", max_rows, 1, integer=True)
    if row is not None and every_row:
        raise ConfigError("Give --row or --every-row, not both.")
    if of is not None and row is None and not every_row:
        raise ConfigError("--of goes with --row or --every-row; importance is that for the whole model.")


def _as_table(rows: list[dict[str, Any]]) -> pa.Table:
    import pyarrow as pa

    # Cells of one column are numbers, of another text.
    return pa.Table.from_pylist(
        [one | {"value": _cell(one["value"])} if "value" in one else one for one in rows]
    )


def _importance(model: Model, table: pa.Table, options: dict[str, Any]) -> dict[str, Any]:
    from netable.errors import SchemaError
    from netable.explanation import judging_rows, permutation_importance
    from netable.train import metric_names

    lacking = [name for name in model.target.names if name not in table.column_names]
    if lacking:
        raise SchemaError(
            f"The target column {lacking[0]!r} is not in the table; importance needs it. Without it, --row explains "
            "a prediction."
        )
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
    say()
    columns = {
        "column": [one["name"] for one in shown],
        "loss": _alike([one["mean"] for one in shown]),
        "±": _alike([one["deviation"] for one in shown], like=most),
    }
    if results["metric"] != results["loss"]:
        columns[results["metric"]] = _alike([one["metric"] for one in shown])
    columns[""] = [_bar(one["mean"], most) for one in shown]
    say_table(columns, zip(*columns.values(), strict=True))
    if len(importance) > _SHOWN:
        say(f"  and {counted(len(importance) - _SHOWN, 'column')} more, of less importance")


def _alike(values: list[float], like: float | None = None) -> list[str]:
    """Numbers with the same number of decimals, four digits in the largest (or in `like`)."""
    largest = max(map(abs, values)) if like is None else like
    decimals = min(9, max(0, 3 - floor(log10(largest)))) if largest > 0 else 3
    return [f"{value + 0.0:.{decimals}f}" for value in values]


def _bar(value: float, most: float, sign: str = "█") -> str:
    return sign * round(_BAR * max(value, 0.0) / most) if most > 0 else ""


def _contributions(model: Model, rows: pa.Table, table: pa.Table, options: dict[str, Any]) -> Contributions:
    from netable.errors import DataError
    from netable.explanation import contributions

    if table.num_rows == 1:
        raise DataError(
            "The table has one row, and a row is explained by comparison with others: give a table of several, "
            "such as the training table."
        )
    return contributions(model, rows, table, **options)


def _explained(model: Model, contributed: Contributions, of: str | None) -> list[int]:
    """The index of the output to explain for each row."""
    from netable.errors import check_choice

    if of is not None:
        check_choice("--of", of, contributed.outputs)
        return [contributed.outputs.index(of)] * len(contributed.outcome)
    if model.task == "regression":
        return [0] * len(contributed.outcome)
    return [int(code) for code in contributed.outcome.argmax(1)]


def _row(model: Model, table: pa.Table, row: int, of: str | None, options: dict[str, Any]) -> dict[str, Any]:
    from netable.errors import ConfigError

    if not 1 <= row <= table.num_rows:
        raise ConfigError(f"--row must be from 1 to {table.num_rows}, the rows of the table; got {row}.")
    explained_row = table.slice(row - 1, 1)
    contributed = _contributions(model, explained_row, table, options)
    output = _explained(model, contributed, of)[0]
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
    what = contributed.outputs[output]
    return {
        "row": row,
        "explained": what if model.task == "regression" else f"probability of {what}",
        "base": float(contributed.base[output]),
        "outcome": float(contributed.outcome[0, output]),
        "contributions": sorted(rows, key=lambda one: -abs(one["contribution"])),
    }


def _cell(value: Any) -> str | None:
    if hasattr(value, "isoformat"):
        return str(value).removesuffix(" 00:00:00")
    return f"{value:.6g}" if isinstance(value, float) else None if value is None else str(value)


def _say_row(results: dict[str, Any]) -> None:
    columns_shown, rest = results["contributions"][:_SHOWN], results["contributions"][_SHOWN:]
    adds = [results["base"], *(one["contribution"] for one in columns_shown), results["outcome"]]
    values = ["missing" if one["value"] is None else _cell(one["value"]) for one in columns_shown]
    names, bars = [one["column"] for one in columns_shown], _signed_bars(adds[1:-1])
    deviations = _alike([one["deviation"] for one in columns_shown], like=max(map(abs, adds)))
    if rest:
        adds.insert(-1, sum(one["contribution"] for one in rest))
        names, values = [*names, f"{counted(len(rest), 'column')} more"], [*values, ""]
        deviations, bars = [*deviations, ""], [*bars, ""]
    columns = {
        "column": ["base: the mean prediction", *names, "sum: the prediction"],
        "value": ["", *values, ""],
        "adds": _alike(adds),
        "±": ["", *deviations, ""],
        "": ["", *bars, ""],
    }
    say(f"row {results['row']}: {results['explained']}")
    say()
    say_table(columns, zip(*columns.values(), strict=True))


def _signed_bars(values: list[float]) -> list[str]:
    most = max(map(abs, values))
    return [_bar(abs(value), most, "+" if value > 0 else "-") for value in values]


def _every_row(model: Model, table: pa.Table, of: str | None, options: dict[str, Any]) -> pa.Table:
    import numpy as np
    import pyarrow as pa

    contributed = _contributions(model, table, table, options)
    explained = np.array(_explained(model, contributed, of), dtype=np.int64)
    rows = np.arange(len(explained))
    columns = (
        {} if model.task == "regression" else {"class": pa.array([contributed.outputs[i] for i in explained])}
    )
    columns |= {"outcome": contributed.outcome[rows, explained], "base": contributed.base[explained]}
    for i, name in enumerate(contributed.columns):
        columns[f"from_{name}"] = contributed.values[rows, i, explained]
    return pa.table(columns)
