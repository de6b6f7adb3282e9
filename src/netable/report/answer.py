"""The first section: metrics of the model, of a constant and of a linear model."""

from __future__ import annotations

import numpy as np

from netable.fit.evidence.linear import rows_learned
from netable.model.model import Model
from netable.pages.blocks import Block, Cell, Illustration, Panel, Paragraph, Section, Table, Words
from netable.pages.charts import label_rows, new_axes
from netable.pages.page import shown
from netable.pages.svg import SERIES
from netable.report.confidence import FOLDS_AT_LEAST, Estimate
from netable.report.judged import Judged
from netable.system.wording import capitalized, counted, percent

_METRIC_WORDS = {
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
# Metrics for which higher is better.
_HIGHER = ("r2", "roc_auc", "accuracy", "balanced_accuracy")
_SHARES = (*_HIGHER, "share_below")
_PREDICTORS = {"netable": "netable", "linear": "linear model", "constant": "constant"}
_SOURCES = {
    "folds": "Out of fold",
    "holdout": "On held-out rows",
    "validation": "On the validation table",
    "table": "On this table",
}
_UNKNOWN = (
    "The quality of this model is unknown: no labelled row was held out of training, or the rows are not available. "
    "A labelled table shows it: netable report MODEL TABLE."
)


def summary(model: Model, judged: Judged | None) -> list[Words]:
    """Two or three sentences for a reader in a hurry."""
    if judged is None:
        valid = model.results.get("valid")
        if not valid:
            return [_UNKNOWN]
        metric, value = next(iter(valid.items()))
        constant = (model.results.get("baseline") or {}).get(metric)
        return [
            f"Out of fold, the {_METRIC_WORDS.get(metric, metric)} was {shown(value)}; that of a constant was "
            f"{shown(constant)}. Charts that need rows are not shown here: netable report MODEL TABLE."
        ]
    metric = judged.metric
    first = (
        f"{_SOURCES[judged.source]}, the {_METRIC_WORDS[metric]} is "
        f"{_with_interval(judged.estimates['netable', metric], metric)}{_accuracy(judged)}."
    )
    return [" ".join([first, _against(judged, "linear"), _against(judged, "constant")])]


def _accuracy(judged: Judged) -> str:
    """The accuracy, or the share of the variance explained, as a continuation of a sentence."""
    if judged.model.task != "regression":
        right, always = (judged.estimates[name, "accuracy"].value for name in ("netable", "constant"))
        return (
            f"; {percent(right)} of the rows are classified correctly, {percent(always)} by always predicting the "
            "same class"
        )
    r2 = judged.estimates.get(("netable", "r2"), Estimate(None)).value
    return f", and {percent(r2)} of the variance is explained" if r2 is not None and r2 > 0 else ""


def _against(judged: Judged, other: str) -> str:
    """One sentence that compares the model with a linear model or a constant."""
    gain, theirs = judged.estimates["gain", other], judged.estimates[other, judged.metric]
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
    low, high = sorted((gain.low, gain.high), key=abs)
    interval = f"{percent(abs(low))} to {percent(abs(high))}"
    if gain.low * gain.high <= 0:
        interval = f"{_way(gain.low)} to {_way(gain.high)}"
    between = f"(95% interval: {interval})"
    if gain.low <= 0 <= gain.high:
        return f"{difference}, which may be chance {between}."
    if gain.high < 0:
        return f"{difference} {between}: the simpler model is better here."
    return f"{difference} {between}."


def _way(gain: float) -> str:
    return f"{percent(abs(gain))} {'lower' if gain >= 0 else 'higher'}"


def section(model: Model, judged: Judged | None) -> Section:
    """The metrics as a table and a chart."""
    if judged is None:
        return Section("Quality", _from_results(model))
    blocks: list[Block] = []
    if judged.source == "table" and judged.share_seen > 0.05:
        blocks.append(
            Paragraph(
                f"About {judged.share_seen:.0%} of these rows equal training rows. If they are the same rows, every "
                "metric here is too optimistic."
            )
        )
    names = [judged.metric, *[name for name in _HIGHER if name in judged.metric_names][:1]]
    panels = [_panel(judged, name) for name in names]
    blocks += [
        Paragraph(_how_judged(judged)),
        Table(
            f"Metrics on {len(judged.y):,} rows.",
            ("Metric", "netable", "Linear model", "Constant", "95% interval", "Better is"),
            [_row(judged, name) for name in judged.metric_names],
        ),
        Illustration(
            [panel for panel in panels if panel],
            "netable, a linear model and a constant. Dots are the metrics of all rows, lines their 95% intervals"
            + (", small marks single folds" if judged.estimates["netable", judged.metric].by_fold else "")
            + ". Look for intervals that do not overlap.",
        ),
    ]
    return Section("Quality", blocks)


def _row(judged: Judged, metric: str) -> list[Cell]:
    """A metric of the three predictors; shares are rounded to four decimals."""
    ours, linear, constant = (judged.estimates[name, metric] for name in _PREDICTORS)
    values = [e.value for e in (ours, linear, constant)]
    if metric in _SHARES:
        values = [None if value is None else round(value, 4) for value in values]
    better = "higher" if metric in _HIGHER else "lower"
    if metric == "share_below":
        better = f"near {judged.model.recipe.quantile:g}"
    return [_METRIC_WORDS[metric], *values, _interval(ours, metric) or "–", better]


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


def _panel(judged: Judged, metric: str) -> Panel | None:
    """A metric of the three predictors as dots; None if one of them does not have it."""
    chart, ax = new_axes(_METRIC_WORDS[metric], height=150, grid="x")
    descriptions = []
    for place, (name, words) in enumerate(_PREDICTORS.items()):
        estimate, color = judged.estimates[name, metric], SERIES[place]
        if estimate.value is None:
            return None
        if ends := _ends(estimate, metric):
            ax.plot(ends, [place, place], color=color, lw=2.2)
        ax.plot(estimate.by_fold, [place + 0.28] * len(estimate.by_fold), "|", color=color, ms=6, mew=1.1)
        ax.plot([estimate.value], [place], "o", color=color, ms=7)
        descriptions.append(f"{words} {_with_interval(estimate, metric)}")
    label_rows(ax, list(_PREDICTORS.values()))
    ax.margins(x=0.06)
    better = "higher is better" if metric in _HIGHER else "lower is better"
    return Panel(chart, f"{capitalized(_METRIC_WORDS[metric])} ({better})", "; ".join(descriptions))


def _from_results(model: Model) -> list[Block]:
    """The metrics that the model file holds, without intervals."""
    valid, baseline = model.results.get("valid") or {}, model.results.get("baseline") or {}
    if not valid:
        return [Paragraph(_UNKNOWN)]
    rows = [(_METRIC_WORDS.get(name, name), value, baseline.get(name)) for name, value in valid.items()]
    blocks: list[Block] = [
        Paragraph(
            "These metrics were measured out of fold when the model was trained. The model file does not contain the "
            "rows, so intervals, charts of errors and the importance of columns need a table: "
            "netable report MODEL TABLE."
        ),
        Table("Out-of-fold metrics of the training run.", ("Metric", "netable", "Constant"), rows),
    ]
    if linear := model.results.get("linear"):
        rows = [
            (_METRIC_WORDS.get(n, n), linear["netable"].get(n), value)
            for n, value in linear["linear"].items()
        ]
        caption = (
            f"Comparison with a linear model, on {counted(linear['rows'], 'row')} that neither was trained on; it was "
            f"trained on {counted(linear['learned_rows'], 'row')}."
        )
        blocks.append(Table(caption, ("Metric", "netable", "Linear model"), rows))
    return blocks


def _ends(estimate: Estimate, metric: str) -> tuple[float, float] | None:
    """The ends of an interval, clipped to the range of the metric."""
    if estimate.low is None or estimate.high is None:
        return None
    low = estimate.low if metric == "r2" else max(estimate.low, 0.0)
    return low, min(estimate.high, 1.0) if metric in _SHARES else estimate.high


def _interval(estimate: Estimate, metric: str) -> str:
    ends = _ends(estimate, metric)
    return f"{shown(ends[0], 3)} to {shown(ends[1], 3)}" if ends else ""


def _with_interval(estimate: Estimate, metric: str) -> str:
    interval = _interval(estimate, metric)
    return f"{shown(estimate.value, 3)}" + (f" (95% interval: {interval})" if interval else "")
