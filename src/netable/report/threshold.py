"""Thresholds on the probability of the second class, by the cost of a mistake."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from netable.model.folds import folds_and_others
from netable.pages.blocks import Block, Illustration, Panel, Table
from netable.pages.charts import DASHED, legend, new_axes
from netable.pages.page import shown
from netable.pages.svg import FAINT, SERIES
from netable.report.judged import Judged
from netable.system.wording import of_class

Floats = NDArray[np.float64]
# The cost of missing a row of the second class, relative to a false alarm.
_COSTS = (0.2, 1.0, 5.0, 20.0)
_THRESHOLDS = np.concatenate([[0.0], np.arange(1, 100) / 100, [1.01]])


def threshold_blocks(judged: Judged) -> list[Block]:
    """The threshold of least cost for several costs, and its saving."""
    first, second = (of_class(judged.model.target.names[0], label) for label in judged.model.target.labels)
    missed, alarms = _rates(judged)
    curves = [1000 * (cost * missed + alarms) for cost in _COSTS]  # for a thousand rows
    rows = []
    for cost, total in zip(_COSTS, curves, strict=True):
        picked, truth = judged.outcome[:, 1] >= _thresholds_of_others(judged, cost), judged.y == 1
        with_it = 1000 * np.average(cost * (truth & ~picked) + (~truth & picked), weights=judged.weight)
        half, always = total[np.searchsorted(_THRESHOLDS, 0.5)], min(total[0], total[-1])
        costs = (float(f"{value:.3g}") for value in (with_it, half, always))
        rows.append((cost, float(_THRESHOLDS[_best(total)]), *costs))
    description = "; ".join(f"cost {shown(cost)}: least at {at:.2f}" for cost, at, *_ in rows)
    panel = Panel(_chart(curves), "Cost by threshold", description)
    caption = (
        f"The cost of mistakes by the threshold from which {second} is predicted, if missing {second} costs 0.2, 1, 5 "
        f"or 20 times as much as predicting it for {first}. Each curve is relative to the cost without a model; dots "
        "are its minimum. Where a curve is flat, the threshold matters little."
    )
    which = "earlier ones" if _in_order(judged) else "the others"
    table = Table(
        f"The probability from which to predict {second}. A false alarm costs 1; costs are for 1,000 rows, measured "
        f"with thresholds for each part of the rows from {which}. netable predict takes one as --threshold.",
        (f"Cost of missing {second}", "Threshold", "Cost with it", "With 0.5", "Same class for all"),
        rows,
    )
    return [Illustration([panel], caption), table]


def _rates(judged: Judged, rows: NDArray[np.bool_] | slice = slice(None)) -> tuple[Floats, Floats]:
    """The shares of missed rows and of false alarms among all rows, for each threshold."""
    score, truth, weight = judged.outcome[rows, 1], judged.y[rows] == 1, judged.weight[rows]
    order = np.argsort(score, kind="stable")
    score, truth, weight = score[order], truth[order], weight[order]
    place = np.searchsorted(score, _THRESHOLDS)  # rows before it are below the threshold
    yes = np.concatenate([[0.0], np.cumsum(weight * truth)])
    no = np.concatenate([[0.0], np.cumsum(weight * ~truth)])
    return yes[place] / weight.sum(), (no[-1] - no[place]) / weight.sum()


def _best(total: Floats) -> int:
    """The position of the middle one of the thresholds of least cost."""
    least = np.flatnonzero(total <= total.min() + 1e-12)
    return int(least[len(least) // 2])


def _thresholds_of_others(judged: Judged, cost: float) -> Floats:
    """The threshold of each row, chosen by the other parts; in order of time, by those before it."""
    chosen = np.full(len(judged.y), 1 / (1 + cost))
    for part, others in folds_and_others(judged.part, in_order=_in_order(judged)):
        if others.any():
            missed, alarms = _rates(judged, others)
            chosen[part] = _THRESHOLDS[_best(cost * missed + alarms)]
    return chosen


def _in_order(judged: Judged) -> bool:
    return judged.source == "folds" and judged.model.recipe.time_column is not None


def _chart(curves: list[Floats]) -> Figure:
    chart, ax = new_axes("threshold", "cost, relative to no model", height=280)
    inner = slice(1, -1)
    for cost, total, color in zip(_COSTS, curves, SERIES, strict=False):
        share = total / max(min(total[0], total[-1]), 1e-12)
        ax.plot(_THRESHOLDS[inner], share[inner], color=color, label=f"{cost:g}")
        best = _best(total)
        if 0 < best < len(total) - 1:
            ax.plot(_THRESHOLDS[best], share[best], "o", color=color, ms=5)
    ax.axhline(1, color=FAINT, lw=1, ls=DASHED)
    ax.set_xlim(0, 1)
    ax.set_ylim(0, 1.6)
    legend(ax, "cost of a miss, in false alarms")
    return chart
