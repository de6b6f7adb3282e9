"""What columns add to the predictions for rows, for `netable explain`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from netable.cli.bars import SHOWN, alike, bar, say_columns
from netable.cli.large import Labelled
from netable.cli.output import say, say_json, write_note
from netable.errors import ConfigError, DataError, check_choice
from netable.system.wording import counted, sampled

if TYPE_CHECKING:
    import pyarrow as pa

    from netable.explanation import Contributions
    from netable.model.model import Model


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


def explained(
    model: Model, found: Labelled, row: int, of: str | None, options: dict[str, Any]
) -> dict[str, Any]:
    """What leads from the mean prediction to that for a row of the table, counted from 1."""
    explained_row = _row_of(found, row)
    contributed, (output,) = _contributions(model, explained_row, found.table, of, options)
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


def _row_of(found: Labelled, row: int) -> pa.Table:
    start = 1
    for piece in found.pieces():
        if start <= row < start + piece.num_rows:
            return piece.slice(row - start, 1)
        start += piece.num_rows
    raise ConfigError(f"--row must be from 1 to {found.n_rows}, the rows of the table; got {row}.")


def value_text(value: Any) -> str | None:
    """The value of a cell as it is shown; None if it is missing."""
    if hasattr(value, "isoformat"):
        return str(value).removesuffix(" 00:00:00")
    return f"{value:.6g}" if isinstance(value, float) else None if value is None else str(value)


def say_explained(results: dict[str, Any]) -> None:
    """Print what `explained` found."""
    shown, rest = results["contributions"][:SHOWN], results["contributions"][SHOWN:]
    names = [one["column"] for one in shown]
    values = ["missing" if one["value"] is None else value_text(one["value"]) for one in shown]
    parts = [one["contribution"] for one in shown]
    most = max(map(abs, parts))
    bars = [bar(abs(part), most, "+" if part > 0 else "-") for part in parts]
    largest = max(most, abs(results["base"]), abs(results["outcome"]))
    deviations = alike([one["deviation"] for one in shown], like=largest)
    if rest:
        names.append(f"{counted(len(rest), 'column')} more")
        parts.append(sum(one["contribution"] for one in rest))
        for cells in (values, deviations, bars):
            cells.append("")
    say(f"row {results['row']}: {results['explained']}")
    say_columns(
        {
            "column": ["base: the mean prediction", *names, "sum: the prediction"],
            "value": ["", *values, ""],
            "adds": alike([results["base"], *parts, results["outcome"]]),
            "±": ["", *deviations, ""],
            "": ["", *bars, ""],
        }
    )


def tell_every_row(
    model: Model,
    found: Labelled,
    of: str | None,
    options: dict[str, Any],
    output: Path | None,
    *,
    as_json: bool,
) -> None:
    """Write or print the contributions to every prediction, piece by piece."""
    from netable.cli.tables import table_writer

    pieces = (_every_row(model, piece, found.table, of, options) for piece in found.pieces())
    if as_json and not output:
        say_json([row for piece in pieces for row in piece.to_pylist()])
        return
    with table_writer(output) as write:
        for piece in pieces:
            write(piece)
    if found.drawn_from:
        write_note(f"compared with {sampled(found.table.num_rows, found.drawn_from)}")
    if as_json:
        say_json({"rows": found.n_rows, "output": str(output)})
    elif output:
        write_note(f"{counted(found.n_rows, 'row')} in {output}")


def _every_row(
    model: Model, rows_of: pa.Table, table: pa.Table, of: str | None, options: dict[str, Any]
) -> pa.Table:
    """The contributions to the predictions of some rows, by comparison with those of a table."""
    import numpy as np
    import pyarrow as pa

    contributed, outputs = _contributions(model, rows_of, table, of, options)
    rows = np.arange(rows_of.num_rows)
    columns: dict[str, Any] = (
        {} if model.task == "regression" else {"class": [contributed.outputs[i] for i in outputs]}
    )
    columns |= {"outcome": contributed.outcome[rows, outputs], "base": contributed.base[outputs]}
    for i, name in enumerate(contributed.columns):
        columns[f"from_{name}"] = contributed.values[rows, i, outputs]
    return pa.table(columns)
