"""Section on the worst predictions, and on parts of the table that are predicted worse."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from netable.explanation.loss import RowLoss
from netable.pages.blocks import Block, Cell, Paragraph, Section, Table
from netable.pages.page import shown
from netable.report.judged import Judged
from netable.system.wording import counted, percent, shortened
from netable.table.canonical.casts import convert
from netable.table.kinds.column import Column
from netable.table.spread import level_counts

Floats = NDArray[np.float64]
_SHOWN, _COLUMNS_SHOWN, _LETTERS = 12, 4, 32
_LOSS_WORDS = {
    "mse": "squared error",
    "huber": "Huber loss",
    "mae": "absolute error",
    "quantile": "pinball loss",
    "poisson": "Poisson deviance",
}
# A part of the table is shown if its mean loss is this many standard errors above the rest.
_STANDS_OUT, _PARTS_SHOWN = 4.0, 8
_LEAST_ROWS, _LEAST_SHARE, _LEVELS_LOOKED_AT = 20, 0.02, 30


def section(judged: Judged, columns: Sequence[str]) -> Section:
    """The worst rows with the most important columns, and parts that stand out.

    Parameters
    ----------
    columns : sequence of str
        The most important ones first.
    """
    losses = judged.losses
    worst = np.argsort(-losses, kind="stable")[:_SHOWN]
    shown_columns = [name for name in columns if name in judged.table.column_names][:_COLUMNS_SHOWN]
    cells = _cells(judged, worst, shown_columns)
    measure = "the lowest probability of the actual class"
    if judged.model.task == "regression":
        measure = _error(judged)
    blocks: list[Block] = [
        Paragraph(
            f"By {measure}. {_share_of_loss(judged, worst)} Check whether they are mistakes in the table, cases that "
            "the columns cannot distinguish, or of a kind that is rare in training."
        ),
        Table(
            "The worst predictions; rows are counted from 1, as in the table"
            + (f", with the {len(shown_columns)} most important columns." if shown_columns else "."),
            [name for name, _ in cells],
            list(zip(*(values for _, values in cells), strict=True)),
        ),
        _weak_parts(judged, losses),
    ]
    return Section("The worst predictions", blocks)


def _error(judged: Judged) -> str:
    """The name of `Judged.losses`."""
    if judged.model.task != "regression":
        return "log loss"
    several = len(judged.model.target.names) > 1
    return "mean absolute error, each target in units of its spread" if several else "absolute error"


def _share_of_loss(judged: Judged, rows: NDArray[np.int64]) -> str:
    """The share of some rows in the loss that the model was trained to reduce."""
    if len(rows) == len(judged.y):
        return "There are no other rows."
    recipe = judged.model.recipe
    loss = RowLoss(judged.model.task, recipe.loss, recipe.quantile, judged.y, judged.weight)
    losses = (loss.of_rows(judged.outcome) / loss.constant_loss()).mean(1) * judged.weight
    share = float(losses[rows].sum() / (losses.sum() or 1.0))
    name = _LOSS_WORDS[recipe.loss] if judged.model.task == "regression" else "log loss"
    return f"These {counted(len(rows), 'row')} cause {percent(share)} of the total {name}."


def _cells(judged: Judged, rows: NDArray[np.int64], columns: list[str]) -> list[tuple[str, Sequence[Cell]]]:
    """The columns of the table of the worst rows: names, and the cells of the rows."""
    target, y, outcome = judged.model.target, judged.y[rows], judged.outcome[rows]
    cells: list[tuple[str, Sequence[Cell]]] = [("Row", (judged.row[rows] + 1).tolist())]
    if target.task == "regression":
        for i, name in enumerate(target.names):
            whose = f" {name}" if len(target.names) > 1 else ""
            cells += [(f"Actual{whose}", y[:, i].tolist()), (f"Predicted{whose}", outcome[:, i].tolist())]
    else:
        cells += [
            ("Actual", [str(target.labels[code]) for code in y]),
            ("Predicted", [str(target.labels[code]) for code in outcome.argmax(1)]),
            ("Probability of actual", outcome[np.arange(len(y)), y].tolist()),
            ("Of predicted", outcome.max(1).tolist()),
        ]
    for name in columns:
        values = judged.table.column(name).take(pa.array(rows)).to_pylist()
        cells.append((name, [_cell(value) for value in values]))
    return cells


def _cell(value: Any) -> Cell:
    if value is None or isinstance(value, bool | int | float):
        return value
    return shortened(str(value).removesuffix(" 00:00:00"), _LETTERS)


def _weak_parts(judged: Judged, losses: Floats) -> Block:
    """Levels and ranges of columns whose rows are predicted worse than the rest by more than chance."""
    overall = float(np.average(losses, weights=judged.weight))
    worse, n_parts = [], 0
    for column in judged.model.schema.used:
        for part, mask in _parts(column, judged.table.column(column.name)):
            n, rest = int(mask.sum()), ~mask
            if n < max(_LEAST_ROWS, _LEAST_SHARE * len(losses)) or rest.sum() < _LEAST_ROWS:
                continue
            n_parts += 1
            inside, squared = _mean_and_variance(losses[mask], judged.weight[mask])
            outside, other = _mean_and_variance(losses[rest], judged.weight[rest])
            error = (squared + other) ** 0.5
            score = (inside - outside) / error if error > 0 else 0.0
            if score > _STANDS_OUT:
                worse.append((score, column.name, part, n, inside / max(overall, 1e-300)))
    if not worse:
        return Paragraph(
            f"No quarter or level of a column ({n_parts:,} were tested) is predicted worse than the rest by more than "
            "chance."
        )
    worse.sort(key=lambda part: -part[0])
    rows = [(name, part, n, times) for _, name, part, n, times in worse[:_PARTS_SHOWN]]
    return Table(
        f"Parts of the table that are predicted worse than the rest, by more than {_STANDS_OUT:g} standard errors, "
        f"of {n_parts:,} quarters and levels tested. The last column is their {_error(judged)} relative to "
        "that of all rows.",
        ("Column", "Part", "Rows", "Relative error"),
        rows,
    )


def _mean_and_variance(losses: Floats, weight: Floats) -> tuple[float, float]:
    """The weighted mean, and its squared standard error."""
    share = weight / weight.sum()
    mean = float(share @ losses)
    return mean, float(np.square(share * (losses - mean)).sum())


def _parts(column: Column, data: pa.ChunkedArray) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    """The quarters of a number or date, the frequent levels of other columns, and the rows without a value."""
    missing = data.is_null().to_numpy()
    if missing.any():
        yield "missing", missing
    if column.is_continuous:
        values = column.positions(data)
        known = values[~missing]
        ends = np.unique(np.quantile(known, (0, 0.25, 0.5, 0.75, 1))).tolist() if len(known) else []
        for number, (low, high) in enumerate(pairwise(ends)):
            last = number == len(ends) - 2
            mask = (values >= low) & ((values <= high) if last else (values < high))
            yield f"{shown(column.value_at(low))} to {shown(column.value_at(high))}", mask
        return
    text = convert(data, "text", column.name)
    for level in list(level_counts(text.drop_null()))[:_LEVELS_LOOKED_AT]:
        yield shortened(level, _LETTERS), pc.equal(text, level).fill_null(False).to_numpy()
