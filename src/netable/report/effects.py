"""What matters: the columns by importance, how predictions follow the top ones, and whether the top two act "
"together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from netable.errors import said_before
from netable.explanation import Dependence, Importance, Interaction, interaction, partial_dependence
from netable.explanation import permutation_importance as importance
from netable.pages.blocks import Block, Heading, Illustration, Panel, Section, Table
from netable.pages.charts import axes, bars, in_legend, short
from netable.pages.page import shown
from netable.pages.svg import PAPER, SERIES, new_chart
from netable.report.judged import Judged
from netable.system.wording import capitalized, counted, of_class
from netable.table.kinds import KINDS

Floats = NDArray[np.float64]
_BARS_SHOWN, _CURVES_SHOWN, _OUTPUTS_SHOWN, _LEVELS, _LINES = 15, 4, 4, 8, 4
# A report is to be written in a moment: fewer rows, and they are the same for every report of a model.
_ROWS_OF_IMPORTANCE, _ROWS_OF_CURVES, _ROWS_OF_PAIRS = 500, 150, 40
_POINTS, _POINTS_OF_PAIRS, _REPEATS = 14, 8, 3
# Beyond these, columns are judged by fewer rows.
_CELLS_AT_MOST = 20_000
# What a chart's axis can hold, with some room: days from 1970 of the years 1 and 9999, and numbers.
_FIRST_DAY, _LAST_DAY = -719_162, 2_932_896
_FARTHEST = 1e300


@dataclass(frozen=True)
class Effects:
    """What is known of the columns of a model.

    Attributes
    ----------
    importances : list of Importance
        The most important first.
    dependences : list of Dependence
    interaction : Interaction or None
        Of the two most important columns.
    """

    importances: list[Importance]
    dependences: list[Dependence]
    interaction: Interaction | None


def find_effects(judged: Judged) -> Effects:
    """Measure on some of the rows, each by networks that have not seen it where there are such."""
    model, table = judged.model, judged.table
    n_columns = len(model.schema.used)
    member = judged.member if (judged.member >= 0).any() else None
    rows = max(50, min(_ROWS_OF_IMPORTANCE, _CELLS_AT_MOST // (n_columns * _REPEATS)))
    with said_before():  # when the rows were judged
        found = importance(model, table, fold=member, weight=judged.weight, repeats=_REPEATS, max_rows=rows)
        kept = {column.name: column for column in model.schema.used}
        top = [f.name for f in found if table.column(f.name).null_count < table.num_rows][:_CURVES_SHOWN]
        curves = [
            partial_dependence(
                model,
                table,
                name,
                points=_POINTS if kept[name].is_continuous else _LEVELS,
                max_rows=_ROWS_OF_CURVES,
            )
            for name in top
        ]
        pair = None
        if len(top) > 1:
            pair = interaction(model, table, top[0], top[1], points=_POINTS_OF_PAIRS, max_rows=_ROWS_OF_PAIRS)
    return Effects(found, curves, pair)


def section(judged: Judged, effects: Effects) -> Section:
    """Pictures of the effects, and the importance of every column."""
    found = effects.importances
    unit = (
        "rise of the log loss" if judged.model.task != "regression" else "rise of the loss, of a constant's"
    )
    top = found[:_BARS_SHOWN]
    chart = bars([f.name for f in top], [f.mean for f in top], unit, [2 * f.deviation for f in top])
    told = "; ".join(f"{f.name} {shown(f.mean, 3)}" for f in top[:5])
    seen = (
        ""
        if judged.source in ("holdout", "validation", "table") or (judged.member >= 0).any()
        else " The networks that predict have learned from these rows, which flatters columns learned by heart."
    )
    rest = (
        f" {counted(len(found) - len(top), 'column')} of less weight are in the table."
        if len(found) > len(top)
        else ""
    )
    caption = (
        "How much worse predictions get when the cells of a column are dealt out anew among the rows. Lines are "
        "two standard errors on either side: a bar whose line reaches zero may be nothing. Columns that say the "
        f"same share what they are worth.{rest}{seen}"
    )
    blocks: list[Block] = [Illustration([Panel(chart, "Importance of columns", told)], caption)]
    if effects.dependences:
        blocks += [
            Heading("How predictions follow the columns that matter most"),
            _curves(judged, effects.dependences),
        ]
    if effects.interaction is not None:
        blocks.append(_pair(judged, effects.interaction))
    metric = judged.metric.replace("_", " ")
    rows = [(f.name, f.mean, f.deviation, f.metric) for f in found]
    blocks.append(
        Table(
            "The importance of every column.",
            ("Column", capitalized(unit), "Standard error", f"Rise of the {metric}"),
            rows,
            foldable=True,
        )
    )
    return Section("What matters", blocks)


def _outputs(judged: Judged) -> list[tuple[int, str]]:
    """The parts of an outcome that are drawn, and their names."""
    target = judged.model.target
    if target.task == "regression":
        return list(enumerate(target.names))[:_OUTPUTS_SHOWN]
    if target.task == "binary":
        return [(1, f"probability of {of_class(target.names[0], target.labels[1])}")]
    frequent = np.argsort(-np.bincount(judged.y, minlength=len(target.labels)), kind="stable")
    return [(int(code), str(target.labels[code])) for code in sorted(frequent[:_OUTPUTS_SHOWN])]


def _curves(judged: Judged, dependences: Sequence[Dependence]) -> Illustration:
    outputs = _outputs(judged)
    several = len(outputs) > 1
    drawn = np.concatenate([d.outcome[:, [place for place, _ in outputs]].ravel() for d in dependences])
    span = _span(drawn, is_share=judged.model.task != "regression")
    what = _what(judged)
    panels = []
    for found in dependences:
        chart = new_chart(340, 240)
        _draw_curve(chart, found, outputs, span, what)
        told = _told(found, outputs[0][0])
        panels.append(Panel(chart, f"{capitalized(what)} by {found.name}", told))
    which = (
        f" The {len(outputs)} most frequent classes are drawn."
        if judged.model.task == "multiclass" and (len(judged.model.target.labels) > len(outputs))
        else ""
    )
    n_rows = min(_ROWS_OF_CURVES, judged.table.num_rows)
    return Illustration(
        panels,
        f"The mean {'prediction' if judged.model.task == 'regression' else 'probability'} of {n_rows} rows "
        "if all had the same value in a column, the others as they are; all panels have one scale. A flat line "
        "says that the column, by itself, moves nothing; where columns go together, rows are made up that do not "
        f"exist.{which if several else ''}",
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


def _draw_curve(
    chart: Figure, found: Dependence, outputs: list[tuple[int, str]], span: tuple[float, float], what: str
) -> None:
    if KINDS[found.kind].is_continuous:
        ax = axes(chart, found.name, what)
        x = _places(ax, found.values)
        for color, (place, name) in zip(SERIES, outputs, strict=False):
            ax.plot(x, found.outcome[:, place], color=color, lw=2, label=in_legend(name))
        ax.plot(x, [span[0]] * len(x), "|", color=SERIES[0], ms=7, mew=1, alpha=0.7, clip_on=False)
        ax.set_ylim(*span)
    else:
        ax = axes(chart, what, grid="both")
        y = np.arange(len(found.values))
        for color, (place, name) in zip(SERIES, outputs, strict=False):
            ax.plot(found.outcome[:, place], y, "o", color=color, ms=7, mec=PAPER, label=in_legend(name))
        ax.set_yticks(y, ["missing" if v is None else short(v, 16) for v in found.values])
        ax.set_ylim(len(y) - 0.5, -0.5)
        ax.set_xlim(*span)
    if len(outputs) > 1:
        ax.legend()


def _places(ax: Axes, values: Sequence[object]) -> list[float]:
    """Where values of a number or date are on an axis."""
    if isinstance(values[0], date | datetime):
        days = [float(np.datetime64(value, "s").astype(np.int64) / 86_400) for value in values]  # type: ignore[call-overload]
        room = (max(days) - min(days)) / 4
        if min(days) - room < _FIRST_DAY or max(days) + room > _LAST_DAY:
            return [1970 + day / 365.2425 for day in days]
        locator = AutoDateLocator(maxticks=6)
        ax.xaxis.set_major_locator(locator)
        ax.xaxis.set_major_formatter(ConciseDateFormatter(locator))
        return days
    numbers = [min(max(float(value), -_FARTHEST), _FARTHEST) for value in values]  # type: ignore[arg-type]
    if all(number.is_integer() for number in numbers):
        ax.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    return numbers


def _told(found: Dependence, place: int) -> str:
    outcome = found.outcome[:, place]
    low, high = int(outcome.argmin()), int(outcome.argmax())
    return (
        f"Least, {shown(float(outcome[low]), 3)}, at {_value(found.values[low])}; most, "
        f"{shown(float(outcome[high]), 3)}, at {_value(found.values[high])}."
    )


def _value(value: object) -> str:
    return "missing" if value is None else str(shown(value))


def _pair(judged: Judged, found: Interaction) -> Illustration:
    """Curves along the first column, one for each of some values of the second."""
    first, second = found.names
    place, name = _outputs(judged)[0]
    chart = new_chart(340, 260)
    what = _what(judged) if judged.model.task != "multiclass" else f"probability of {name}"
    ax = axes(chart, first, what)
    n_second = len(found.values[1])
    lines = np.unique(np.linspace(0, n_second - 1, min(_LINES, n_second)).round().astype(int))
    if KINDS[found.kinds[0]].is_continuous:
        x = _places(ax, found.values[0])
    else:
        x = list(range(len(found.values[0])))
        ax.set_xticks(x, ["missing" if v is None else short(v, 9) for v in found.values[0]])
        ax.tick_params(axis="x", labelrotation=30 if len(x) > 3 else 0)
    for color, line in zip(SERIES, lines, strict=False):
        ax.plot(
            x,
            found.outcome[:, line, place],
            "o-",
            ms=4,
            color=color,
            label=in_legend(_value(found.values[1][line]), 14),
        )
    ax.legend(title=short(second, 16))
    title = f"{capitalized(what)} by {first} and {second}"
    told = f"The strength of the interaction is {found.strength:.2f}."
    return Illustration(
        [Panel(chart, title, told)],
        f"Whether {first!r} and {second!r} act together: lines that are not parallel say so. Friedman's H is "
        f"{found.strength:.2f} (0: each by itself; 1: only together), and what they do together moves predictions "
        f"by {shown(found.size, 3)}.",
    )
