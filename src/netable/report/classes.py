"""Section on the errors of a classifier: confusion, ranking, calibration, thresholds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from netable.pages.blocks import Block, Illustration, Panel, Section, Table
from netable.pages.charts import DASHED, diagonal, grid_of_shares, in_legend, legend, new_axes, short
from netable.pages.page import shown
from netable.pages.svg import FAINT, SERIES
from netable.report.judged import Judged
from netable.report.ranking import Ranking
from netable.report.threshold import threshold_blocks
from netable.system.wording import of_class

Floats = NDArray[np.float64]
# More classes make a chart unreadable; the table has them all.
_CELLS_OF_CLASSES, _CURVES = 12, 6
_BINS = 10
_POINTS_OF_A_CURVE = 200


def section(judged: Judged) -> Section:
    """Charts of the errors, and metrics of each class."""
    labels = judged.model.target.labels
    counts = np.bincount(judged.y, minlength=len(labels))
    common = np.argsort(-counts, kind="stable")
    blocks: list[Block] = _confusion(judged, np.sort(common[:_CELLS_OF_CLASSES]))
    # For two classes one curve is enough.
    curves = [1] if len(labels) == 2 else np.sort(common[:_CURVES]).tolist()
    weights = np.bincount(judged.y, judged.weight, len(labels))
    curves = [code for code in curves if 0 < weights[code] < weights.sum()]
    if curves:
        blocks.append(_ranking(judged, curves))
    blocks.append(_reliability(judged))
    if len(labels) == 2:
        blocks += threshold_blocks(judged)
    blocks.append(_by_class(judged, counts))
    return Section("Errors in detail", blocks)


def _confusion(judged: Judged, codes: NDArray[np.int64]) -> list[Block]:
    """The confusion matrix of the most frequent classes."""
    labels = judged.model.target.labels
    picked = judged.outcome.argmax(1)
    matrix = _crossed(judged.y, picked, np.ones(len(picked), np.int64), len(labels))
    shown_part = matrix[np.ix_(codes, codes)]
    shares = shown_part / np.maximum(matrix[codes].sum(1, keepdims=True), 1)
    texts = [[str(n or "") for n in row] for row in shown_part.tolist()]
    if len(codes) <= 5:
        space = "  " if len(codes) <= 2 else "\n"
        texts = [
            [f"{n:,}{space}({share:.0%})" for n, share in zip(*pair, strict=True)]
            for pair in zip(shown_part, shares, strict=True)
        ]
    names = [labels[code] for code in codes]
    chart, ax = grid_of_shares(shares, texts, names, names)
    ax.set_xlabel("predicted")
    ax.set_ylabel("actual")
    wrong = matrix.copy()
    np.fill_diagonal(wrong, 0)
    caption = (
        "Confusion matrix: each line is an actual class, the darker the larger the share of its rows. Rows off the "
        f"diagonal are wrong.{not_shown(len(labels) - len(codes))}"
    )
    description = "No row was predicted as another class."
    if wrong.any():
        a, b = np.unravel_index(int(wrong.argmax()), wrong.shape)
        description = (
            f"The most frequent error is {labels[a]} as {labels[b]}: {wrong[a, b]} of {matrix[a].sum()} rows."
        )
    blocks: list[Block] = [Illustration([Panel(chart, "Confusion", description)], f"{caption} {description}")]
    if len(labels) > 4 and wrong.any():
        worst = np.argsort(-wrong, axis=None, kind="stable")[:10]
        pairs = [divmod(int(place), len(labels)) for place in worst]
        rows = [
            (str(labels[a]), str(labels[b]), int(wrong[a, b]), 100 * float(wrong[a, b] / matrix[a].sum()))
            for a, b in pairs
            if wrong[a, b]
        ]
        header = ("Actual", "Predicted", "Rows", "Of the actual class, %")
        blocks.append(Table("The most frequent confusions.", header, rows))
    return blocks


def _crossed(
    y: NDArray[np.int64], picked: NDArray[np.int64], weight: NDArray[Any], n_classes: int
) -> NDArray[Any]:
    """Sums of weights by actual and predicted class."""
    matrix = np.zeros((n_classes, n_classes), weight.dtype)
    np.add.at(matrix, (y, picked), weight)
    return matrix


def not_shown(n_classes: int) -> str:
    """A sentence on classes that a chart leaves out; empty if there are none."""
    return f" {n_classes} rarer classes are not shown." if n_classes else ""


def _ranking(judged: Judged, codes: Sequence[int]) -> Illustration:
    """ROC and precision-recall curves of one class against all others."""
    labels = judged.model.target.labels
    roc, left = new_axes("false positive rate", "true positive rate", height=300)
    recall, right = new_axes("recall", "precision", height=300)
    diagonal(left, 0, 1)
    areas, precisions = [], []
    for place, code in enumerate(codes):
        truth, score = judged.y == code, judged.outcome[:, code]
        name, color = short(labels[code], 16), SERIES[place]
        ranking = Ranking.of(truth, score, judged.weight)
        area = ranking.roc_area()
        left.plot(*_fewer(*ranking.roc()), color=color, label=in_legend(f"{name}: {area:.3f}", 30))
        areas.append((name, f"area {area:.3f}"))
        area = ranking.average_precision()
        right.plot(*_fewer(*ranking.precision()), color=color, label=in_legend(f"{name}: {area:.3f}", 30))
        precisions.append((name, f"average precision {area:.3f}"))
        share = float(np.average(truth, weights=judged.weight))
        right.axhline(share, color=color if len(codes) > 1 else FAINT, lw=0.9, ls=DASHED, alpha=0.8)
    for ax in (left, right):
        ax.set_xlim(-0.02, 1.02)
        ax.set_ylim(-0.02, 1.03)
    if len(codes) > 1:
        legend(left)
        legend(right)
    whose, more = "of each class", not_shown(len(labels) - len(codes))
    if len(labels) == 2:
        whose, more = f"of {of_class(judged.model.target.names[0], labels[1])}", ""
    return Illustration(
        [
            Panel(roc, *_titled("ROC curve", areas)),
            Panel(recall, *_titled("Precision and recall", precisions)),
        ],
        f"Ranking of rows {whose} above all others. (a) The nearer to the upper left corner the better; dashed is "
        "chance. (b) The share of picked rows that are correct against the share of correct rows that are picked; "
        f"dashed lines are chance.{more}",
    )


def _titled(what: str, metrics: list[tuple[str, str]]) -> tuple[str, str]:
    """A title, with the metric of a single curve, and a description."""
    description = "; ".join(f"{name}: {metric}" for name, metric in metrics)
    return (f"{what}, {metrics[0][1]}" if len(metrics) == 1 else what), description


def _fewer(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """A curve with no more points than are visible."""
    if len(x) <= _POINTS_OF_A_CURVE:
        return x, y
    steps = np.concatenate([[0.0], np.cumsum(np.abs(np.diff(x)) + np.abs(np.diff(y)))])
    places = np.unique(
        np.searchsorted(steps, np.linspace(0, steps[-1], _POINTS_OF_A_CURVE)).clip(0, len(x) - 1)
    )
    return x[places], y[places]


def _reliability(judged: Judged) -> Illustration:
    """Calibration: observed shares by probability, and the distribution of probabilities."""
    binary = len(judged.model.target.labels) == 2
    if binary:
        score, truth = judged.outcome[:, 1], judged.y == 1
        what = f"probability of {of_class(judged.model.target.names[0], judged.model.target.labels[1])}"
    else:
        score, truth = judged.outcome.max(1), judged.outcome.argmax(1) == judged.y
        what = "probability of the predicted class"
    chart, ax = new_axes(what, "observed share", height=300)
    diagonal(ax, 0, 1)
    parts = [p for p in np.array_split(np.argsort(score, kind="stable"), min(_BINS, len(score))) if len(p)]
    means = np.array([np.average(score[p], weights=judged.weight[p]) for p in parts])
    shares = np.array([np.average(truth[p], weights=judged.weight[p]) for p in parts])
    sizes = np.array([len(p) for p in parts])
    low, high = _wilson(shares, sizes)
    ax.vlines(means, low, high, color=SERIES[0], lw=1.2, alpha=0.7)
    ax.plot(means, shares, "o-", color=SERIES[0], ms=5)
    ax.set_xlim(-0.02, 1.02)
    ax.set_ylim(-0.02, 1.02)
    gap = float(np.average(np.abs(means - shares), weights=sizes))
    spread = _distribution(score, truth, what)
    return Illustration(
        [
            Panel(chart, "Reliability", f"The mean distance from the diagonal is {shown(gap, 2)}."),
            Panel(spread, "Distribution of probabilities", f"The median {what} is {np.median(score):.2f}."),
        ],
        f"Calibration of the {what}. (a) Rows in {len(parts)} equal groups: on the dashed line, the observed share "
        "equals the probability; below it, the model is overconfident. Lines are 95% intervals; the mean distance is "
        f"{shown(gap, 2)}. (b) The number of rows by probability; yes: the event occurred.",
    )


def _distribution(score: Floats, truth: NDArray[np.bool_], what: str) -> Figure:
    """A stacked histogram of probabilities, with the rows where the event occurred at the bottom."""
    chart, ax = new_axes(what, "rows", height=300, grid="y")
    edges = np.linspace(0, 1, 26)
    base = np.zeros(25)
    for mask, color, name in ((truth, SERIES[0], "yes"), (~truth, SERIES[1], "no")):
        top = base + np.histogram(score[mask], bins=edges)[0]
        ax.stairs(top, edges, baseline=base, fill=True, color=color, alpha=0.75, lw=0, label=name)
        base = top
    legend(ax)
    ax.set_ylim(0, float(base.max()) * 1.22)
    return chart


def _wilson(shares: Floats, sizes: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Wilson's 95% interval of a share among `sizes` rows (E. B. Wilson 1927)."""
    z = 1.96
    middle = (shares + z**2 / (2 * sizes)) / (1 + z**2 / sizes)
    margin = z * np.sqrt(shares * (1 - shares) / sizes + z**2 / (4 * sizes**2)) / (1 + z**2 / sizes)
    return middle - margin, middle + margin


def _by_class(judged: Judged, counts: NDArray[np.int64]) -> Table:
    labels = judged.model.target.labels
    codes = np.arange(len(labels))
    matrix = _crossed(judged.y, judged.outcome.argmax(1), judged.weight, len(labels))
    correct, actual, predicted = matrix.diagonal(), matrix.sum(1), matrix.sum(0)
    rows = []
    for code in codes:
        truth, area = judged.y == code, None
        if 0 < actual[code] < actual.sum():
            area = Ranking.of(truth, judged.outcome[:, code], judged.weight).roc_area()
        wholes = predicted[code], actual[code], (predicted[code] + actual[code]) / 2
        scores = [float(correct[code] / whole) if whole else None for whole in wholes]
        rows.append((str(labels[code]), int(counts[code]), *scores, area))
    return Table(
        "Metrics of each class: the share of its predictions that are correct (precision), the share of its rows that "
        "are predicted (recall), their harmonic mean (F1), and the ranking above other classes (ROC area).",
        ("Class", "Rows", "Precision", "Recall", "F1", "ROC area"),
        rows,
        foldable=len(rows) > 20,
    )
