"""What was learned from: the rows, the target, and each column with what was done to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from netable.model.model import Model
from netable.pages.blocks import Bars, Block, Cell, Illustration, Panel, Paragraph, Section, Table
from netable.pages.charts import bars, histogram
from netable.pages.page import shown
from netable.report.judged import Judged
from netable.system.wording import counted, listed, ordered_counts
from netable.table.canonical.convert import convert
from netable.table.kinds.column import Column

_TARGETS_SHOWN, _CLASSES_SHOWN = 4, 20
# More rows change no picture of a column.
_ROWS_OF_A_PICTURE, _BINS = 20_000, 14
_FOLDED_FROM = 30  # columns


def section(model: Model, table: pa.Table | None, judged: Judged | None, *, own: bool) -> Section:
    """The rows, the target and the columns; the table is the `own` one, or another."""
    blocks: list[Block] = [Paragraph(_rows_and_columns(model, judged))]
    if model.target.note:
        blocks.append(Paragraph(f"Note: {model.target.note}"))
    if table is not None:
        blocks.append(_target(model, table, own=own))
    blocks += [Paragraph(_done_to_all(model)), _columns(model, table, own=own)]
    left_out = [(c.name, c.reason) for c in model.schema.left_out]
    if left_out:
        blocks.append(
            Table(
                "Columns that were left out, and why. Setting a column's kind brings it back.",
                ("Left out", "Why"),
                left_out,
            )
        )
    return Section("What was learned from", blocks)


def _rows_and_columns(model: Model, judged: Judged | None) -> str:
    results, config = model.results, model.config
    used = model.schema.used
    kinds = listed(ordered_counts([column.kind for column in used]))
    n_rows = results.get("rows")
    first = f"{counted(n_rows, 'row')} and" if n_rows else "Rows that are not counted here, and"
    text = f"{first} {counted(len(used), 'column')} were learned from: {kinds}."
    folds = config.folds
    if len(model.judges.hashes):
        known = judged is not None and judged.source == "validation"
        table = "validation table" + (f" of {counted(len(judged.y), 'row')}" if judged and known else "")
        text += f" A {table} {'chose when to stop, and ' if config.early_stopping else ''}judged."
    elif config.time_column and folds != 1:
        text += (
            f" In order of {config.time_column!r}, {folds} blocks judged what was learned from earlier rows."
        )
    elif folds == 1 and not config.early_stopping:
        text += " None were held out."
    elif folds == 1:
        text += f" {config.validation_fraction:.0%} of the rows were held out."
    else:
        text += f" The rows were dealt into {folds} folds"
        text += f", those of one {config.group_column!r} together." if config.group_column else "."
    if config.weight_column:
        text += f" Rows count by {config.weight_column!r}."
    return text


def _done_to_all(model: Model) -> str:
    embeddings = {str(stack.get("embedding")) for stack in model.results.get("stacks") or [{}]}
    text = (
        "Numbers are scaled by the median and the spread of each network's own training rows; where any are "
        "missing, the network is told."
    )
    more = []
    if "bins" in embeddings:
        more.append("by its place among the quantiles of its column")
    if "periodic" in embeddings:
        more.append("as learned waves")
    if more:
        text += f" Beside that, some networks see each number {' or '.join(more)}."
    if model.encoder.levels:
        text += " A category is one of the levels that the network has met, or missing, or never seen."
    return (
        text
        + " One cell in a hundred is hidden at random in training, so that missing values are no surprise."
    )


def _target(model: Model, table: pa.Table, *, own: bool) -> Illustration:
    """How the target is distributed."""
    target = model.target
    whose = "the training rows" if own else "this table"
    if target.task != "regression":
        counts = np.bincount(target.encode(table), minlength=len(target.labels))
        order = np.argsort(-counts, kind="stable")[:_CLASSES_SHOWN]
        names = [target.labels[i] for i in order]
        chart = bars(names, counts[order].tolist(), "rows")
        rest = len(target.labels) - len(order)
        more = f" {rest} rarer classes are not shown." if rest else ""
        told = "; ".join(f"{name}: {count}" for name, count in zip(names, counts[order], strict=True))
        return Illustration(
            [Panel(chart, f"Classes of {target.names[0]}", told)],
            f"The classes of {target.names[0]!r} in {whose}.{more} Rare classes are hard to learn, and to judge.",
        )
    values = target.encode(table)[:, :_TARGETS_SHOWN].T
    panels = [
        Panel(histogram(y, name), name, _five_numbers(y))
        for name, y in zip(target.names, values, strict=False)
    ]
    caption = f"The target in {whose}. Look for far tails, heaps at one value, and more than one hill."
    return Illustration(panels, caption)


def _five_numbers(y: Any) -> str:
    least, low, middle, high, most = np.quantile(y, (0, 0.25, 0.5, 0.75, 1))
    return (
        f"From {shown(float(least))} to {shown(float(most))}, median {shown(float(middle))}, the middle half "
        f"between {shown(float(low))} and {shown(float(high))}."
    )


def _columns(model: Model, table: pa.Table | None, *, own: bool) -> Table:
    header = ["Column", "Kind", "Missing, %", "Distinct", "Spread", "Values", "Seen as"]
    rows: list[Sequence[Cell]] = []
    for column in model.schema.used:
        there = table is not None and column.name in table.column_names
        data = table.column(column.name) if table is not None and there else None
        rows.append(_row(model, column, data))
    if table is None:
        caption = "The columns, as far as the model file knows them; how values are spread needs a table."
        keep = [0, 1, 5, 6]
        header, rows = [header[i] for i in keep], [[row[i] for i in keep] for row in rows]
    else:
        whose = "the training rows" if own else "this table"
        caption = f"The columns that the networks saw, in {whose}."
    return Table(caption, header, rows, foldable=len(rows) > _FOLDED_FROM)


def _row(model: Model, column: Column, data: pa.ChunkedArray | None) -> list[Cell]:
    seen = column.seen_as(model.encoder.levels.get(column.name, ()))
    if data is None:
        return [column.name, column.kind, None, None, None, _known(model, column), seen]
    if pa.types.is_dictionary(data.type):
        data = data.cast(pa.string())
    distinct = pc.count_distinct(data, mode="only_valid").as_py()
    missing = float(f"{100 * data.null_count / max(len(data), 1):.3g}")
    few = data.take(np.linspace(0, len(data) - 1, min(len(data), _ROWS_OF_A_PICTURE)).astype(np.int64))
    picture, values = _picture(column, few)
    return [column.name, column.kind, missing, distinct, picture, values, seen]


def _picture(column: Column, data: pa.ChunkedArray) -> tuple[Bars | None, str]:
    """A small histogram and a few words on a column's values."""
    data = data.drop_null()
    if not len(data):
        return None, "none"
    if column.is_continuous:
        positions = column.positions(data)
        low, middle, high = (shown(column.value_at(q)) for q in np.quantile(positions, (0, 0.5, 1)).tolist())
        return _bins(positions), f"{low} to {high}" + (f", median {middle}" if column.is_raw else "")
    counted_values = convert(data, "text", column.name).value_counts().to_pylist()
    counted_values.sort(key=lambda found: (-found["counts"], found["values"]))
    counts = [found["counts"] for found in counted_values]
    words = ", ".join(
        f"{_cut(found['values'])} ({found['counts'] / len(data):.0%})" for found in counted_values[:3]
    )
    return Bars(tuple(counts[:_BINS])), words + (", …" if len(counts) > 3 else "")


def _bins(values: Any) -> Bars:
    # In units of a power of two, which bars do not show, spans do not overflow.
    values = np.ldexp(values, -int(np.frexp(np.abs(values).max())[1]) - 1)
    low, high = np.quantile(values, (0.01, 0.99))
    counts, _ = np.histogram(values, bins=_BINS, range=(low, high) if high > low else None)
    if not counts.any():  # two values, and both of them ends
        counts, _ = np.histogram(values, bins=_BINS)
    return Bars(tuple(counts.tolist()))


def _known(model: Model, column: Column) -> str:
    """What the model file knows of a column's values."""
    if column.name in model.encoder.levels:
        levels = model.encoder.levels[column.name]
        return ", ".join(map(_cut, levels[:3])) + (", …" if len(levels) > 3 else "")
    if levels := column.known_texts:
        return " or ".join(map(_cut, levels))
    place = {name: i for i, name in enumerate(model.encoder.number_names)}.get(column.name)
    if place is None:
        return "–"
    low, high = model.encoder.ranges[place]
    return f"{shown(low)} to {shown(high)}"


def _cut(text: str, letters: int = 20) -> str:
    text = text.strip() or "(blank)"
    return text if len(text) <= letters else text[: letters - 1] + "…"
