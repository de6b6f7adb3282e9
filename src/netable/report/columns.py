"""Section on the training data: rows, target, and each column with its encoding."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from netable.model.model import Model
from netable.pages.blocks import Bars, Block, Cell, Illustration, Panel, Paragraph, Section, Table
from netable.pages.charts import bars, histogram
from netable.pages.page import shown
from netable.report.classes import not_shown
from netable.report.judged import Judged
from netable.system.wording import counted, listed, ordered_counts, shortened
from netable.table.kinds.column import Column
from netable.table.spread import Spread, measure_spread

_TARGETS_SHOWN, _CLASSES_SHOWN = 4, 20
_LEVELS_SHOWN = 3
_FOLDED_FROM = 30  # columns


def section(
    model: Model, table: pa.Table | None, judged: Judged | None, advise: Callable[[str], str] = str
) -> Section:
    """The rows, the target and the columns, of the training table or of another one.

    Parameters
    ----------
    advise : callable
        Words settings as the reader types them.
    """
    name = "this table"
    if table is None and model.learned_from is not None:
        table, name = model.learned_from.table, "the training rows"
    blocks: list[Block] = [Paragraph(_rows_and_columns(model, judged))]
    if model.target.note:
        blocks.append(Paragraph(f"Note: {advise(model.target.note)}"))
    if table is not None:
        blocks.append(_target(model, table, name))
    blocks += [Paragraph(_encoding(model)), _columns(model, table, name)]
    if model.schema.left_out:
        left_out = [(column.name, column.reason) for column in model.schema.left_out]
        caption = "Columns that were left out, and why. Set the kind of a column to use it."
        blocks.append(Table(caption, ("Left out", "Why"), left_out))
    for name, words in model.results.get("mixed", {}).items():
        kind = model.results["used"][name]
        blocks.append(Paragraph(f"Note: {name!r} is read as {kind}, and {words}."))
    return Section("Training data", blocks)


def _rows_and_columns(model: Model, judged: Judged | None) -> str:
    config, used = model.recipe, model.schema.used
    kinds = listed(ordered_counts([column.kind for column in used]))
    n_rows = model.results.get("rows")
    rows = counted(n_rows, "row") if n_rows else "an unknown number of rows"
    text = f"The model was trained on {rows} and {counted(len(used), 'column')}: {kinds}."
    folds = config.folds
    if len(model.judges.hashes):
        size = ""
        if judged is not None and judged.source == "validation":
            size = f" of {counted(len(judged.y), 'row')}"
        use = "stop early and to validate" if config.early_stopping else "validate"
        text += f" A validation table{size} was used to {use}."
    elif config.time_column and folds != 1:
        text += (
            f" In order of {config.time_column!r}, {folds} blocks validated networks trained on earlier rows."
        )
    elif folds == 1 and not config.early_stopping:
        text += " No rows were held out."
    elif folds == 1:
        text += f" {config.validation_fraction:.0%} of the rows were held out."
    else:
        text += f" The rows were split into {folds} folds"
        text += f", with all rows of a {config.group_column!r} in one." if config.group_column else "."
    if config.weight_column:
        text += f" Rows are weighted by {config.weight_column!r}."
    return text


def _encoding(model: Model) -> str:
    embeddings = {str(stack.get("embedding")) for stack in model.results.get("stacks") or [{}]}
    text = (
        "Numbers are scaled by the median and the spread of each network's training rows; missing values have an "
        "input of their own."
    )
    more = []
    if "bins" in embeddings:
        more.append("as its position among the quantiles of its column")
    if "periodic" in embeddings:
        more.append("as learned periodic functions")
    if more:
        text += f" Some networks also see each number {' or '.join(more)}."
    if model.encoder.levels:
        text += " A category is one of the levels of training, or missing, or unseen."
    if any(stack.get("categories") == "means" for stack in model.results.get("stacks") or ()):
        text += (
            " Some networks see the mean target of their training rows with the same level or pair of levels in place "
            "of categories; for a training row that mean leaves out its own part of the rows."
        )
    if max(model.encoder.code_widths, default=1) > 1:
        text += " A text is the sum of what the networks learned about its words and parts of words."
    if model.recipe.target_transform == "log":
        text += " The networks learn the logarithm of the target."
    return text + " In training, 1% of the cells are masked at random, so that missing values are learned."


def _target(model: Model, table: pa.Table, table_name: str) -> Illustration:
    """The distribution of the target."""
    target = model.target
    if target.task != "regression":
        counts = np.bincount(target.encode(table), minlength=len(target.labels))
        order = np.argsort(-counts, kind="stable")[:_CLASSES_SHOWN]
        names = [target.labels[i] for i in order]
        chart = bars(names, counts[order].tolist(), "rows")
        more = not_shown(len(target.labels) - len(order))
        description = "; ".join(f"{name}: {count}" for name, count in zip(names, counts[order], strict=True))
        return Illustration(
            [Panel(chart, f"Classes of {target.names[0]}", description)],
            f"The classes of {target.names[0]!r} in {table_name}.{more} Rare classes are hard to learn and to "
            "evaluate.",
        )
    values = target.encode(table)[:, :_TARGETS_SHOWN].T
    panels = [
        Panel(histogram(y, name), name, _five_numbers(y))
        for name, y in zip(target.names, values, strict=False)
    ]
    caption = f"The target in {table_name}. Look for long tails, repeated values and several peaks."
    return Illustration(panels, caption)


def _five_numbers(y: Any) -> str:
    least, low, middle, high, most = map(shown, np.quantile(y, (0, 0.25, 0.5, 0.75, 1)).tolist())
    return f"From {least} to {most}, median {middle}, the middle half between {low} and {high}."


def _columns(model: Model, table: pa.Table | None, table_name: str) -> Table:
    caption = "The columns as the model file has them; the distribution of values needs a table."
    measured: tuple[str, ...] = ()
    if table is not None:
        caption = f"The columns that the networks use, in {table_name}."
        measured = ("Missing, %", "Distinct", "Spread")
    rows: list[Sequence[Cell]] = []
    for column in model.schema.used:
        cells = [_known(model, column)] if table is None else _measured(column, table.column(column.name))
        encoding = column.seen_as(model.encoder.levels.get(column.name, ()))
        rows.append((column.name, column.kind, *cells, encoding))
    header = ("Column", "Kind", *measured, "Values", "Encoded as")
    return Table(caption, header, rows, foldable=len(rows) > _FOLDED_FROM)


def _measured(column: Column, data: pa.ChunkedArray) -> list[Cell]:
    """Missing cells in percent, distinct values, a small histogram, and the values in words."""
    spread = measure_spread(column, data)
    missing = float(f"{100 * spread.missing / max(spread.rows, 1):.3g}")
    return [missing, spread.distinct, Bars(spread.bars) if spread.bars else None, in_words(column, spread)]


def in_words(column: Column, spread: Spread) -> str:
    """The range of a continuous column, or the most frequent values of another."""
    if spread.quantiles:
        low, middle, high = map(shown, spread.quantiles)
        return f"{low} to {high}" + (f", median {middle}" if column.is_raw else "")
    words = ", ".join(f"{_cut(level)} ({share:.0%})" for level, share in spread.levels[:_LEVELS_SHOWN])
    return (words or "none") + (", …" if spread.n_levels > _LEVELS_SHOWN else "")


def _known(model: Model, column: Column) -> str:
    """The values of a column that the model file has."""
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


def _cut(text: str) -> str:
    return shortened(text.strip() or "(blank)", 20)
