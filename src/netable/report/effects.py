"""Section on the columns: importance, partial dependence of the top ones, interaction of the top two."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from netable.errors import silence
from netable.explanation import (
    Dependence,
    Importances,
    Interaction,
    interaction,
    partial_dependence,
    permutation_importance,
    redundant_columns,
)
from netable.pages.blocks import Block, Heading, Illustration, Panel, Section, Table
from netable.pages.charts import bars, in_legend, legend, new_axes, place_values, short
from netable.pages.page import shown
from netable.pages.svg import PAPER, SERIES
from netable.report.judged import Judged
from netable.system.wording import capitalized, counted, listed, of_class
from netable.table.kinds import KINDS

Floats = NDArray[np.float64]
_BARS_SHOWN, _CURVES_SHOWN, _OUTPUTS_SHOWN, _LEVELS, _LINES, _PAIRS_SHOWN = 15, 4, 4, 8, 4, 3
# Few rows, so that a report takes a moment; the same ones in every report of a model.
_ROWS_OF_IMPORTANCE, _ROWS_OF_CURVES, _ROWS_OF_PAIRS = 500, 150, 40
_POINTS, _POINTS_OF_PAIRS, _REPEATS = 14, 8, 3
# With more cells, importance is first measured on fewer rows.
_CELLS_AT_MOST = 20_000


def measure_importances(judged: Judged) -> Importances:
    """The importance of each column, out of fold if possible; the most important first.

    If there are many columns, few rows tell which of them matter; these are measured again on more rows.
    """
    member = judged.member if (judged.member >= 0).any() else None
    measure = partial(
        permutation_importance,
        judged.model,
        judged.table,
        fold=member,
        weight=judged.weight,
        repeats=_REPEATS,
    )
    cells_a_row = len(judged.model.schema.used) * _REPEATS
    rows = max(50, min(_ROWS_OF_IMPORTANCE, _CELLS_AT_MOST // cells_a_row))
    with silence():  # the same warnings came when the rows were judged
        every = measure(max_rows=rows)
        if rows >= min(_ROWS_OF_IMPORTANCE, len(judged.y)):
            return every
        top = measure(max_rows=_ROWS_OF_IMPORTANCE, columns=[each.name for each in every[:_BARS_SHOWN]])
    return Importances([*top, *every[_BARS_SHOWN:]])


def section(judged: Judged, importances: Importances) -> Section:
    """Charts of the effects, and the importance of every column."""
    unit = "rise of the log loss"
    if judged.model.task == "regression":
        unit = "rise of the loss, relative to a constant's"
    top = importances[:_BARS_SHOWN]
    chart = bars([f.name for f in top], [f.mean for f in top], unit, [2 * f.deviation for f in top])
    description = "; ".join(f"{f.name} {shown(f.mean, 3)}" for f in top[:5])
    notes = ""
    if len(importances) > len(top):
        notes += f" {counted(len(importances) - len(top), 'less important column')} in the table only."
    if judged.source == "folds" and (judged.member < 0).all():
        notes += " The networks were trained on these rows, which overstates columns that they memorized."
    if top and top[0].mean <= 2 * top[0].deviation:
        notes += " Here no column is beyond chance: a few rows make most of the loss, or columns replace each other."
    n_rows = min(_ROWS_OF_IMPORTANCE, len(judged.y))
    caption = (
        f"How much worse predictions of {n_rows} rows get when the cells of a column are shuffled among them. Lines "
        "are two standard errors on either side: a bar whose line reaches zero may be due to chance. Columns with the "
        f"same information share their importance{_redundant(judged)}.{notes}"
    )
    blocks: list[Block] = [Illustration([Panel(chart, "Importance of columns", description)], caption)]
    blocks += _effects(judged, [f.name for f in importances])
    metric = judged.metric.replace("_", " ")
    header = ("Column", capitalized(unit), "Standard error", f"Rise of the {metric}")
    rows = [(f.name, f.mean, f.deviation, f.metric) for f in importances]
    blocks.append(Table("The importance of every column.", header, rows, foldable=True))
    return Section("Importance of columns", blocks)


def _redundant(judged: Judged) -> str:
    with silence():
        pairs = redundant_columns(judged.model, judged.table)
    names = listed(
        [f"{one} and {other} ({correlation:.2f})" for one, other, correlation in pairs[:_PAIRS_SHOWN]]
    )
    more = f", and {counted(len(pairs) - _PAIRS_SHOWN, 'more pair')}" if len(pairs) > _PAIRS_SHOWN else ""
    return f", such as {names}{more} with these rank correlations" if pairs else ""


def _effects(judged: Judged, names: Sequence[str]) -> list[Block]:
    """Partial dependence on the most important columns, and the interaction of the first two."""
    model, table = judged.model, judged.table
    is_continuous = {column.name: column.is_continuous for column in model.schema.used}
    top = [name for name in names if table.column(name).null_count < table.num_rows][:_CURVES_SHOWN]
    blocks: list[Block] = []
    with silence():
        if top:
            curves = [
                partial_dependence(
                    model,
                    table,
                    name,
                    points=_POINTS if is_continuous[name] else _LEVELS,
                    max_rows=_ROWS_OF_CURVES,
                )
                for name in top
            ]
            blocks += [Heading("Predictions by the most important columns"), _curves(judged, curves)]
        if len(top) > 1:
            pair = interaction(model, table, *top[:2], points=_POINTS_OF_PAIRS, max_rows=_ROWS_OF_PAIRS)
            blocks.append(_pair(judged, pair))
    return blocks


def _outputs(judged: Judged) -> list[tuple[int, str]]:
    """The positions and names of the outputs that are drawn."""
    target = judged.model.target
    if target.task == "regression":
        return list(enumerate(target.names))[:_OUTPUTS_SHOWN]
    if target.task == "binary":
        return [(1, f"probability of {of_class(target.names[0], target.labels[1])}")]
    frequent = np.argsort(-np.bincount(judged.y, minlength=len(target.labels)), kind="stable")
    return [(int(code), str(target.labels[code])) for code in sorted(frequent[:_OUTPUTS_SHOWN])]


def _curves(judged: Judged, dependences: Sequence[Dependence]) -> Illustration:
    outputs = _outputs(judged)
    drawn = np.concatenate([d.outcome[:, [place for place, _ in outputs]].ravel() for d in dependences])
    span = _span(drawn, is_share=judged.model.task != "regression")
    what = _what(judged)
    panels = []
    for curve in dependences:
        chart = _curve(curve, outputs, span, what)
        panels.append(Panel(chart, f"{capitalized(what)} by {curve.name}", _extremes(curve, outputs[0][0])))
    which = ""
    if judged.model.task == "multiclass" and len(judged.model.target.labels) > len(outputs):
        which = f" The {len(outputs)} most frequent classes are drawn."
    n_rows = min(_ROWS_OF_CURVES, judged.table.num_rows)
    return Illustration(
        panels,
        f"The mean {'prediction' if judged.model.task == 'regression' else 'probability'} of {n_rows} rows "
        "if all had the same value in a column, with the other columns unchanged; all panels have the same scale. A "
        "flat line means that the column alone changes nothing. For correlated columns, some of these rows are not "
        f"realistic.{which}",
    )


def _what(judged: Judged) -> str:
    target = judged.model.target
    if target.task == "binary":
        return f"probability of {of_class(target.names[0], target.labels[1])}"
    if target.task == "multiclass":
        return "probability"
    return f"predicted {target.names[0]}" if len(target.names) == 1 else "prediction"


def _span(values: Floats, *, is_share: bool) -> tuple[float, float]:
    low, high = float(values.min()), float(values.max())
    margin = 0.08 * (high - low) or 0.05 * abs(high) or 1.0
    low, high = low - margin, high + margin
    return (max(low, -0.02), min(high, 1.02)) if is_share else (low, high)


def _curve(curve: Dependence, outputs: list[tuple[int, str]], span: tuple[float, float], what: str) -> Figure:
    if KINDS[curve.kind].is_continuous:
        chart, ax = new_axes(curve.name, what, height=240)
        x = place_values(ax, curve.values)
        for color, (place, name) in zip(SERIES, outputs, strict=False):
            ax.plot(x, curve.outcome[:, place], color=color, lw=2, label=in_legend(name))
        ax.plot(x, [span[0]] * len(x), "|", color=SERIES[0], ms=7, mew=1, alpha=0.7, clip_on=False)
        ax.set_ylim(*span)
    else:
        chart, ax = new_axes(what, height=240)
        y = np.arange(len(curve.values))
        for color, (place, name) in zip(SERIES, outputs, strict=False):
            ax.plot(curve.outcome[:, place], y, "o", color=color, ms=7, mec=PAPER, label=in_legend(name))
        ax.set_yticks(y, _names(curve.values, 16))
        ax.set_ylim(len(y) - 0.5, -0.5)
        ax.set_xlim(*span)
    if len(outputs) > 1:
        legend(ax)
    return chart


def _names(values: Sequence[object], letters: int) -> list[str]:
    return ["missing" if value is None else short(value, letters) for value in values]


def _extremes(curve: Dependence, place: int) -> str:
    outcome = curve.outcome[:, place]
    low, high = int(outcome.argmin()), int(outcome.argmax())
    return (
        f"Least, {shown(float(outcome[low]), 3)}, at {_value(curve.values[low])}; most, "
        f"{shown(float(outcome[high]), 3)}, at {_value(curve.values[high])}."
    )


def _value(value: object) -> str:
    return "missing" if value is None else str(shown(value))


def _pair(judged: Judged, pair: Interaction) -> Illustration:
    """Curves along the first column, one for each of some values of the second."""
    first, second = pair.names
    place, name = _outputs(judged)[0]
    what = _what(judged) if judged.model.task != "multiclass" else f"probability of {name}"
    chart, ax = new_axes(first, what, height=260)
    n_second = len(pair.values[1])
    lines = np.unique(np.linspace(0, n_second - 1, min(_LINES, n_second)).round().astype(int))
    if KINDS[pair.kinds[0]].is_continuous:
        x = place_values(ax, pair.values[0])
    else:
        x = list(range(len(pair.values[0])))
        ax.set_xticks(x, _names(pair.values[0], 9))
        ax.tick_params(axis="x", labelrotation=30 if len(x) > 3 else 0)
    for color, line in zip(SERIES, lines, strict=False):
        label = in_legend(_value(pair.values[1][line]), 14)
        ax.plot(x, pair.outcome[:, line, place], "o-", ms=4, color=color, label=label)
    legend(ax, short(second, 40))
    title = f"{capitalized(what)} by {first} and {second}"
    description = f"The strength of the interaction is {pair.strength:.2f}."
    return Illustration(
        [Panel(chart, title, description)],
        f"Interaction of {first!r} and {second!r}: there is one if the lines are not parallel. Friedman's H is "
        f"{pair.strength:.2f} (0: additive; 1: interaction only), and the interaction changes predictions by "
        f"{shown(pair.size, 3)}.",
    )
