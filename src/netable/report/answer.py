"""The first section: metrics of the model, of a constant and of a linear model."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from netable.fit.evidence.linear import rows_learned
from netable.model.model import Model
from netable.pages.blocks import Block, Illustration, Panel, Paragraph, Section, Table, Words
from netable.pages.charts import axes, label_rows
from netable.pages.page import shown
from netable.pages.svg import SERIES, new_chart
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
# Shares for which higher is better.
_HIGHER = ("r2", "roc_auc", "accuracy", "balanced_accuracy")
_WHO = {"netable": "netable", "linear": "linear model", "constant": "constant"}
SEEN = {
    "folds": "Out of fold",
    "holdout": "On held-out rows",
    "validation": "On the validation table",
    "table": "On this table",
}
NOT_JUDGED = (
    "The quality of this model is unknown: no labelled row was held out of training, or the rows are not available. "
    "A labelled table shows it: netable report MODEL TABLE."
)


def summary(model: Model, judged: Judged | None) -> list[Words]:
    """Two or three sentences for a reader in a hurry."""
    if judged is None:
        valid = model.results.get("valid") or {}
        if not valid:
            return [NOT_JUDGED]
        metric, value = next(iter(valid.items()))
        constant = (model.results.get("baseline") or {}).get(metric)
        return [
            f"Out of fold, the {METRIC_WORDS.get(metric, metric)} was {shown(value)}; that of a constant was "
            f"{shown(constant)}. Charts that need rows are not shown here: netable report MODEL TABLE."
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
            f"; {percent(right)} of the rows are classified correctly, {percent(always)} by always predicting the "
            "same class"
        )
    r2 = ours.get("r2", Estimate(None)).value
    return f", and {percent(r2)} of the variance is explained" if r2 is not None and r2 > 0 else ""


def against(judged: Judged, other: str) -> str:
    """One sentence that compares the model with a linear model or a constant."""
    gain, theirs = judged.estimates["gain"][other], judged.estimates[other][judged.metric]
    whose = {"linear": "A linear model's", "constant": "That of a constant prediction"}[other]
    if judged.source == "table" and other == "linear":
        n_parts = len(np.unique(judged.part))
        others = len(judged.y) - len(judged.y) // n_parts
        n_learned = rows_learned(others, len(judged.model.target.labels))
        whose += f", trained on the rest of this table ({counted(n_learned, 'row')}),"
    if gain.value is None:
        return f"{whose} is {shown(theirs.value, 3)}."
    difference = f"{whose} is {shown(theirs.value, 3)}; netable's is {_way(gain.value)}"
    if gain.low is None or gain.high is None:
        return f"{difference}."
    between = f"(95% interval: {_ways(gain.low, gain.high)})"
    if gain.low <= 0 <= gain.high:
        return f"{difference}, which may be chance {between}."
    if gain.high < 0:
        return f"{difference} {between}: the simpler model is better here."
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
    """The metrics as a table and a chart."""
    if judged is None:
        return Section("Quality", _from_results(model))
    estimates = judged.estimates
    rows = []
    for name, ours in estimates["netable"].items():
        values = [_rounded(estimates[who][name].value, name) for who in ("linear", "constant")]
        better = "higher" if name in _HIGHER else "lower"
        if name == "share_below":
            better = f"near {judged.model.recipe.quantile:g}"
        rows.append((METRIC_WORDS[name], _rounded(ours.value, name), _interval(ours, name), *values, better))
    header = ("Metric", "netable", "95% interval", "Linear model", "Constant", "Better is")
    blocks: list[Block] = [
        Paragraph(_how_judged(judged)),
        Table(f"Metrics on {len(judged.y):,} rows.", header, rows),
    ]
    names = [judged.metric, *[n for n in _HIGHER if n in estimates["netable"]][:1]]
    panels = [_panel(judged, name) for name in names]
    blocks.append(
        Illustration(
            [panel for panel in panels if panel],
            "netable, a linear model and a constant. Dots are the metrics of all rows, lines their 95% intervals"
            + (", small marks single folds" if estimates["netable"][judged.metric].by_fold else "")
            + ". Look for intervals that do not overlap.",
        )
    )
    if judged.source == "table" and judged.share_seen > 0.05:
        blocks.insert(
            0,
            Paragraph(
                f"About {judged.share_seen:.0%} of these rows equal training rows. If they are the same rows, every "
                "metric here is too optimistic."
            ),
        )
    return Section("Quality", blocks)


def _how_judged(judged: Judged) -> str:
    n_parts = len(set(judged.part.tolist()))
    linear = (
        "The linear model (ridge or logistic regression on standardized numbers and one-hot categories) and the "
        "constant were trained on the same rows."
    )
    if judged.source == "folds":
        how = f"Each row was predicted by networks that were not trained on it, in {n_parts} folds."
        if judged.model.recipe.time_column:
            how = f"Each row was predicted by networks that were trained on earlier rows only, in {n_parts} blocks."
        interval = (
            "Intervals follow from the spread between folds, widened because folds share most of their training rows."
            if n_parts >= FOLDS_AT_LEAST
            else "Intervals show how the metrics would vary with other rows of this kind."
        )
        return f"{how} {linear} {interval}"
    interval = "Intervals show how the metrics would vary with other rows of this kind, not with another training run."
    if judged.source == "table":
        return (
            "Every row was predicted by the whole model. The linear model and the constant were trained on this "
            f"table, each fifth of it predicted from the others. {interval}"
        )
    whose = "held-out rows" if judged.source == "holdout" else "rows of the validation table"
    how = f"The metrics are those of the {whose}, each half with weights that the other half chose."
    return f"{how} {linear} {interval}"


def _panel(judged: Judged, name: str) -> Panel | None:
    estimates = {who: judged.estimates[who][name] for who in _WHO}
    if any(estimate.value is None for estimate in estimates.values()):
        return None
    better = "higher is better" if name in _HIGHER else "lower is better"
    description = "; ".join(f"{_WHO[who]} {_with_interval(e, name)}" for who, e in estimates.items())
    title = capitalized(METRIC_WORDS[name])
    return Panel(
        _dots(list(estimates.values()), list(_WHO.values()), name), f"{title} ({better})", description
    )


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
    label_rows(ax, names)
    ax.margins(x=0.06)
    return chart


def _from_results(model: Model) -> list[Block]:
    """The metrics that the model file holds, without intervals."""
    valid, baseline = model.results.get("valid") or {}, model.results.get("baseline") or {}
    if not valid:
        return [Paragraph(NOT_JUDGED)]
    rows = [(METRIC_WORDS.get(name, name), value, baseline.get(name)) for name, value in valid.items()]
    blocks: list[Block] = [
        Paragraph(
            "These metrics were measured out of fold when the model was trained. The model file does not contain the "
            "rows, so intervals, charts of errors and the importance of columns need a table: "
            "netable report MODEL TABLE."
        ),
        Table("Out-of-fold metrics of the training run.", ("Metric", "netable", "Constant"), rows),
    ]
    if linear := model.results.get("linear"):
        beside = [
            (METRIC_WORDS.get(n, n), linear["netable"].get(n), value) for n, value in linear["linear"].items()
        ]
        caption = (
            f"Comparison with a linear model, on {counted(linear['rows'], 'row')} that neither was trained on; it was "
            f"trained on {counted(linear['learned_rows'], 'row')}."
        )
        blocks.append(Table(caption, ("Metric", "netable", "Linear model"), beside))
    return blocks


def ends(estimate: Estimate, metric: str) -> tuple[float | None, float | None]:
    """The ends of an interval, clipped to the range of the metric."""
    low, high = estimate.low, estimate.high
    if low is not None and metric != "r2":
        low = max(low, 0.0)
    if high is not None and metric in (*_HIGHER, "share_below"):
        high = min(high, 1.0)
    return low, high


def _rounded(value: float | None, metric: str) -> float | None:
    """The value, rounded to four decimals if it is a share."""
    return value if value is None or metric not in (*_HIGHER, "share_below") else round(value, 4)


def _interval(estimate: Estimate, metric: str) -> str:
    low, high = ends(estimate, metric)
    return "–" if low is None or high is None else f"{shown(low, 3)} to {shown(high, 3)}"


def _with_interval(estimate: Estimate, metric: str) -> str:
    interval = _interval(estimate, metric)
    return f"{shown(estimate.value, 3)}" + (f" (95% interval: {interval})" if interval != "–" else "")
