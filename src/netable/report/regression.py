"""Section on the errors of a regression: predicted and actual, residuals, intervals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from netable.model.folds import folds_and_others
from netable.model.intervals import COVERAGE, MEASURED, Intervals, measure
from netable.pages.blocks import Block, Cell, Heading, Illustration, Panel, Paragraph, Section, Table
from netable.pages.charts import (
    DASHED,
    POINTS_AT_MOST,
    diagonal,
    histogram,
    in_legend,
    legend,
    new_axes,
    points,
    sample,
)
from netable.pages.page import shown
from netable.pages.svg import FAINT, SERIES
from netable.report.judged import Judged
from netable.system.wording import counted

Floats = NDArray[np.float64]
_TARGETS_SHOWN, _PARTS = 3, 5
# The mean of fewer rows is too uncertain.
_ROWS_OF_A_PART = 10


def section(judged: Judged) -> Section:
    """Charts of the errors of each target, and of the intervals."""
    names = judged.model.target.names
    blocks: list[Block] = []
    for place, name in enumerate(names[:_TARGETS_SHOWN]):
        y, predicted = judged.y[:, place], judged.outcome[:, place]
        if len(names) > 1:
            blocks.append(Heading(name))
        panels = [
            Panel(_predicted_actual(y, predicted, name), "Predicted and actual", _correlation(y, predicted)),
            Panel(_residuals(y, predicted, name), "Residuals", _spread(y - predicted)),
        ]
        drawn = ""
        if len(y) > POINTS_AT_MOST:
            drawn = f" {POINTS_AT_MOST:,} of {len(y):,} rows, drawn at random, are shown."
        caption = (
            f"{'Out-of-fold p' if judged.source == 'folds' else 'P'}redictions of {name!r}. (a) On the dashed line, "
            "predicted and actual values agree. (b) Actual minus predicted; the line is the median of rows with "
            "similar predictions, the band holds the middle 80% of them. A line off zero is a bias; a band that "
            f"widens is noise that grows.{drawn}"
        )
        blocks.append(Illustration(panels, caption))
        if len(y) >= _PARTS * _ROWS_OF_A_PART:
            blocks.append(_by_fifth(judged, place, name))
    if len(names) > _TARGETS_SHOWN:
        blocks.append(Paragraph(f"{counted(len(names) - _TARGETS_SHOWN, 'more target')} are not shown."))
    blocks += _intervals(judged)
    return Section("Errors in detail", blocks)


def _predicted_actual(y: Floats, predicted: Floats, name: str) -> Figure:
    chart, ax = new_axes(f"predicted {name}", f"actual {name}", height=300)
    rows = sample(len(y))
    ends = np.concatenate([y[rows], predicted[rows]])
    diagonal(ax, float(ends.min()), float(ends.max()))
    points(ax, predicted[rows], y[rows])
    return chart


def _residuals(y: Floats, predicted: Floats, name: str) -> Figure:
    chart, ax = new_axes(f"predicted {name}", "actual − predicted", height=300)
    rows = sample(len(y))
    ax.axhline(0, color=FAINT, lw=1, ls=DASHED, zorder=1)
    points(ax, predicted[rows], (y - predicted)[rows])
    order = np.argsort(predicted, kind="stable")
    n_parts = min(12, len(order) // 25)
    if n_parts >= 3:
        parts = np.array_split(order, n_parts)
        centers = [np.median(predicted[part]) for part in parts]
        low, middle, high = np.array(
            [np.quantile((y - predicted)[part], (0.1, 0.5, 0.9)) for part in parts]
        ).T
        ax.fill_between(centers, low, high, color=SERIES[1], alpha=0.16, lw=0)
        ax.plot(centers, middle, color=SERIES[1], lw=2)
    return chart


def _correlation(y: Floats, predicted: Floats) -> str:
    if np.ptp(y) == 0 or np.ptp(predicted) == 0:
        return "Predicted or actual values do not vary."
    # Divided by their spans, squares of the smallest numbers do not vanish.
    correlation = np.corrcoef((y - y[0]) / np.ptp(y), (predicted - predicted[0]) / np.ptp(predicted))[0, 1]
    return f"A cloud of points along the diagonal; the correlation is {correlation:.3f}."


def _spread(residuals: Floats) -> str:
    low, middle, high = map(shown, np.quantile(residuals, (0.1, 0.5, 0.9)).tolist())
    return f"The median residual is {middle}; 80% lie between {low} and {high}."


def _by_fifth(judged: Judged, place: int, name: str) -> Table:
    """Metrics of each fifth of the predictions."""
    y, predicted, weight = judged.y[:, place], judged.outcome[:, place], judged.weight
    ends = _intervals_of_others(judged)
    rows = []
    for number, part in enumerate(np.array_split(np.argsort(predicted, kind="stable"), _PARTS)):
        error, share = (y - predicted)[part], weight[part]
        row: list[Any] = [
            ("lowest", "second", "third", "fourth", "highest")[number],
            len(part),
            *(float(np.average(values[part], weights=share)) for values in (predicted, y)),
            float(np.average(error**2, weights=share)) ** 0.5,
        ]
        if ends is not None:
            within = (ends[0][:, place] <= y) & (y <= ends[1][:, place])
            known = ~np.isnan(ends[0][part, place])
            row.append(
                100 * float(np.average(within[part][known], weights=share[known])) if known.any() else None
            )
        rows.append(row)
    header = ["Predictions", "Rows", "Mean predicted", "Mean actual", "RMSE"]
    if ends is not None:
        header.append(f"Within {COVERAGE:.0%} interval, %")
    caption = f"Rows by their prediction of {name!r}, a fifth each. If the means differ, there is a bias."
    return Table(caption, header, rows)


def _intervals_of_others(judged: Judged) -> tuple[Floats, Floats] | None:
    """The ends of each row's interval, from the model or, in training, from the other folds; NaN if there are none."""
    intervals = judged.model.intervals
    if intervals.why_none or intervals.most_coverage < COVERAGE:
        return None
    if judged.source == "table":
        return intervals.around(judged.outcome, COVERAGE)
    lower, upper = (np.full_like(judged.outcome, np.nan) for _ in range(2))
    in_order = judged.model.recipe.time_column is not None
    for fold, others in folds_and_others(judged.part, in_order=in_order):
        learned = Intervals.learn(
            judged.outcome[others], judged.y[others], judged.weight[others], intervals.units
        )
        if learned.most_coverage >= COVERAGE:
            lower[fold], upper[fold] = learned.around(judged.outcome[fold], COVERAGE)
    return lower, upper


def _intervals(judged: Judged) -> list[Block]:
    """The coverage of intervals, asked for and measured."""
    model = judged.model
    if judged.source == "table":
        measured = measure(model.intervals, judged.outcome, judged.y, judged.weight)
    else:
        measured = model.results.get("intervals") or {}
    if not measured:
        return [Paragraph(f"The model has no intervals: {model.intervals.why_none or 'none were measured'}.")]
    names = model.target.names
    asked = [float(level) for level in measured]
    shares = np.array([np.atleast_1d(level["coverage"]) for level in measured.values()])  # (levels, targets)
    widths = np.array([np.atleast_1d(level["mean_width"]) for level in measured.values()])
    description = "; ".join(f"asked {a:.0%}, held {s:.1%}" for a, s in zip(asked, shares[:, 0], strict=True))
    residuals = (judged.y - judged.outcome)[:, 0]
    distribution = histogram(residuals, f"actual − predicted {names[0]}", zero=True)
    panels = [
        Panel(_coverage(asked, shares, names), "Coverage of intervals", description),
        Panel(distribution, "Spread of residuals", _spread(residuals)),
    ]
    several = len(names) > 1
    rows: list[Sequence[Cell]] = [
        (f"{level:.0%}", *([name] if several else []), 100 * float(share), float(width))
        for level, held, spans in zip(asked, shares, widths, strict=True)
        for name, share, width in zip(names, held, spans, strict=True)
    ]
    which = "held-out rows, those of each part learned from the others"
    return [
        Illustration(
            panels,
            "(a) The share of actual values within the intervals against the share asked for: below the dashed line "
            "intervals are too narrow, above it too wide. (b) The distribution of residuals.",
        ),
        Table(
            f"Intervals on {'this table' if judged.source == 'table' else which}.",
            ("Asked for", *(["Target"] if several else []), "Held, %", "Mean width"),
            rows,
            foldable=len(rows) > 8,
        ),
    ]


def _coverage(asked: list[float], shares: Floats, names: Sequence[str]) -> Figure:
    chart, ax = new_axes("share asked for", "share held")
    diagonal(ax, 0.4, 1)
    for place, name in enumerate(names[: len(SERIES)]):
        ax.plot(asked, shares[:, place], marker="o", ms=5, color=SERIES[place], label=in_legend(name))
    if len(names) > 1:
        legend(ax)
    ax.set_xlim(min(MEASURED) - 0.05, 1)
    ax.set_ylim(min(0.45, float(shares.min()) - 0.03), 1.01)
    return chart
