"""The answer: how good the model is, beside a constant and a linear model."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from netable.fit.evidence.reference import ROWS_AT_MOST
from netable.model.model import Model
from netable.pages.blocks import Block, Illustration, Panel, Paragraph, Section, Table, Words
from netable.pages.charts import axes
from netable.pages.page import shown
from netable.pages.svg import INK, SERIES, new_chart
from netable.report.confidence import FOLDS_AT_LEAST, Estimate
from netable.report.judged import Judged
from netable.system.wording import capitalized, counted, percent

METRIC_WORDS = {
    "rmse": "root mean squared error",
    "mae": "mean absolute error",
    "r2": "share of variance explained (R²)",
    "log_loss": "log loss",
    "roc_auc": "area under the ROC curve",
    "accuracy": "accuracy",
    "balanced_accuracy": "balanced accuracy",
    "mean_poisson_deviance": "mean Poisson deviance",
    "pinball_loss": "pinball loss",
    "share_below": "share of targets at most the prediction",
}
# Shares, of which more are better.
_HIGHER = ("r2", "roc_auc", "accuracy", "balanced_accuracy")
_WHO = {"netable": "netable", "linear": "linear model", "constant": "constant"}
SEEN = {
    "folds": "On rows that the networks judging them had not seen",
    "holdout": "On rows that were held out",
    "validation": "On the validation table",
    "table": "On this table",
}
NOT_JUDGED = (
    "Nothing here says how good the model is: no row with a known answer was kept from its training, or the rows "
    "are not at hand. A table whose answers are known tells: netable report MODEL TABLE."
)


def summary(model: Model, judged: Judged | None) -> list[Words]:
    """Two or three sentences for a reader in a hurry."""
    if judged is None:
        told = model.results.get("valid") or {}
        if not told:
            return [NOT_JUDGED]
        metric, value = next(iter(told.items()))
        constant = (model.results.get("baseline") or {}).get(metric)
        return [
            f"In training, on rows that the networks had not seen, the {METRIC_WORDS.get(metric, metric)} was "
            f"{shown(value)}; that of a constant was {shown(constant)}. What needs rows is not shown "
            "here: netable report MODEL TABLE."
        ]
    metric = judged.metric
    ours = judged.estimates["netable"][metric]
    first = (
        f"{SEEN[judged.source]}, the {METRIC_WORDS[metric]} is {_with_interval(ours, metric)}{_more(judged)}."
    )
    return [" ".join(filter(None, (first, against(judged, "linear"), against(judged, "constant"))))]


def _more(judged: Judged) -> str:
    ours, constant = judged.estimates["netable"], judged.estimates["constant"]
    if judged.model.task != "regression":
        right, always = ours["accuracy"].value, constant["accuracy"].value
        return (
            f"; {percent(right)} of the rows are classified rightly, where the same class for all would be right "
            f"in {percent(always)}"
        )
    r2 = ours.get("r2", Estimate(None)).value
    return f", and {percent(r2)} of the variance is explained" if r2 is not None and r2 > 0 else ""


def against(judged: Judged, other: str) -> str:
    """One sentence on what is gained over a linear model or a constant, or lost."""
    gain, theirs = judged.estimates["gain"][other], judged.estimates[other][judged.metric]
    whose = {"linear": "A linear model's", "constant": "That of a constant prediction"}[other]
    if judged.source == "table" and other == "linear":
        n_parts = len(np.unique(judged.part))
        n_learned = min(len(judged.y) - len(judged.y) // n_parts, ROWS_AT_MOST)
        whose += f", learned from the rest of this table ({counted(n_learned, 'row')}),"
    if gain.value is None:
        return f"{whose} is {shown(theirs.value, 3)}."
    difference = f"{whose} is {shown(theirs.value, 3)}; netable's is {_way(gain.value)}"
    if gain.low is None or gain.high is None:
        return f"{difference}."
    between = f"(95% interval: {_ways(gain.low, gain.high)})"
    if gain.low <= 0 <= gain.high:
        return f"{difference}, which may be chance {between}."
    if gain.high < 0:
        return f"{difference} {between}: the simpler one is better here."
    return f"{difference} {between}."


def _way(gain: float) -> str:
    return f"{percent(abs(gain))} {'lower' if gain >= 0 else 'higher'}"


def _ways(low: float, high: float) -> str:
    """An interval of a gain, the smaller difference first."""
    if low * high <= 0:
        return f"{_way(low)} to {_way(high)}"
    ends = sorted((abs(low), abs(high)))
    return f"{percent(ends[0])} to {percent(ends[1])}"


def section(model: Model, judged: Judged | None) -> Section:
    """How good, in a table and a picture."""
    if judged is None:
        return Section("The answer", _from_results(model))
    found = judged.estimates
    rows = []
    for name, ours in found["netable"].items():
        values = [_figure(found[who][name].value, name) for who in ("linear", "constant")]
        better = "higher" if name in _HIGHER else "lower"
        if name == "share_below":
            better = f"near {judged.model.config.quantile:g}"
        rows.append((METRIC_WORDS[name], _figure(ours.value, name), _interval(ours, name), *values, better))
    header = ("Figure", "netable", "95% interval", "Linear model", "Constant", "Better is")
    blocks: list[Block] = [
        Paragraph(_how_judged(judged)),
        Table(f"How good the predictions are, on {len(judged.y):,} rows.", header, rows),
    ]
    names = [judged.metric, *[n for n in _HIGHER if n in found["netable"]][:1]]
    panels = [_panel(judged, name) for name in names]
    blocks.append(
        Illustration(
            [panel for panel in panels if panel],
            "netable beside a linear model and a constant. Dots are figures of all rows, lines their 95% intervals"
            + (", small marks single folds" if found["netable"][judged.metric].by_fold else "")
            + ". Look for intervals that stand apart.",
        )
    )
    if judged.source == "table" and judged.share_seen > 0.05:
        blocks.insert(
            0,
            Paragraph(
                f"About {judged.share_seen:.0%} of these rows equal rows that the model learned from. If they are "
                "the same ones, every figure here flatters."
            ),
        )
    return Section("The answer", blocks)


def _how_judged(judged: Judged) -> str:
    n_parts = len(set(judged.part.tolist()))
    linear = (
        "The linear model (ridge or logistic regression on standardized numbers and a column for each level) and "
        "the constant learned from the same rows."
    )
    if judged.source == "folds":
        how = f"Each row was judged by networks that had not learned from it, in {n_parts} folds."
        if judged.model.config.time_column:
            how = f"Each row was judged by networks that had learned from earlier rows only, in {n_parts} blocks."
        interval = (
            "Intervals follow from the spread between folds, widened because folds share most of what they learned "
            "from."
            if n_parts >= FOLDS_AT_LEAST
            else "Intervals say what other rows of this kind might have shown."
        )
        return f"{how} {linear} {interval}"
    interval = "Intervals say what other rows of this kind might have shown, not what another training run might have."
    if judged.source == "table":
        return (
            "Every row was judged by the whole model. The linear model and the constant had no part in its "
            "training: they learned from this very table, each fifth of it judged by what the others told. "
            f"{interval}"
        )
    whose = "held out of training" if judged.source == "holdout" else "of the validation table"
    return f"The rows {whose} judge; each half by weights that the other half chose. {linear} {interval}"


def _panel(judged: Judged, name: str) -> Panel | None:
    estimates = {who: judged.estimates[who][name] for who in _WHO}
    if any(estimate.value is None for estimate in estimates.values()):
        return None
    better = "higher is better" if name in _HIGHER else "lower is better"
    told = "; ".join(f"{_WHO[who]} {_with_interval(e, name)}" for who, e in estimates.items())
    title = capitalized(METRIC_WORDS[name])
    return Panel(_dots(list(estimates.values()), list(_WHO.values()), name), f"{title} ({better})", told)


def _dots(estimates: Sequence[Estimate], names: Sequence[str], metric: str) -> Figure:
    chart = new_chart(340, 150)
    ax = axes(chart, METRIC_WORDS[metric], grid="x")
    for place, (estimate, color) in enumerate(zip(estimates, SERIES[:3], strict=False)):
        assert estimate.value is not None
        low, high = ends(estimate, metric)
        if low is not None and high is not None:
            ax.plot([low, high], [place, place], color=color, lw=2.2)
        ax.plot(estimate.by_fold, [place + 0.28] * len(estimate.by_fold), "|", color=color, ms=6, mew=1.1)
        ax.plot([estimate.value], [place], "o", color=color, ms=7)
    ax.set_yticks(range(len(names)), names)
    ax.set_ylim(len(names) - 0.4, -0.6)
    ax.tick_params(axis="y", length=0, labelcolor=INK)
    ax.spines["left"].set_visible(False)
    ax.margins(x=0.06)
    return chart


def _from_results(model: Model) -> list[Block]:
    """What the model file holds: figures without intervals."""
    valid, baseline = model.results.get("valid") or {}, model.results.get("baseline") or {}
    if not valid:
        return [Paragraph(NOT_JUDGED)]
    rows = [(METRIC_WORDS.get(name, name), value, baseline.get(name)) for name, value in valid.items()]
    blocks: list[Block] = [
        Paragraph(
            "These figures were measured when the model was trained, on rows that the networks had not seen. The "
            "rows are not in the model file, so intervals, charts of the errors and what matters need a table: "
            "netable report MODEL TABLE."
        ),
        Table(
            "How good the predictions were in training, out of fold.", ("Figure", "netable", "Constant"), rows
        ),
    ]
    if linear := model.results.get("linear"):
        beside = [
            (METRIC_WORDS.get(n, n), linear["netable"].get(n), value) for n, value in linear["linear"].items()
        ]
        caption = (
            f"Beside a linear model, on {counted(linear['rows'], 'row')} that neither had learned from; it learned "
            f"from {counted(linear['learned_rows'], 'row')}."
        )
        blocks.append(Table(caption, ("Figure", "netable", "Linear model"), beside))
    return blocks


def ends(estimate: Estimate, metric: str) -> tuple[float | None, float | None]:
    """The ends of an interval, within what the figure can be."""
    low, high = estimate.low, estimate.high
    if low is not None and metric != "r2":
        low = max(low, 0.0)
    if high is not None and metric in (*_HIGHER, "share_below"):
        high = min(high, 1.0)
    return low, high


def _figure(value: float | None, metric: str) -> float | None:
    """Shares in no more digits than say something."""
    return value if value is None or metric not in (*_HIGHER, "share_below") else round(value, 4)


def _interval(estimate: Estimate, metric: str) -> str:
    low, high = ends(estimate, metric)
    return "–" if low is None or high is None else f"{shown(low, 3)} to {shown(high, 3)}"


def _with_interval(estimate: Estimate, metric: str) -> str:
    interval = _interval(estimate, metric)
    return f"{shown(estimate.value, 3)}" + (f" (95% interval: {interval})" if interval != "–" else "")
