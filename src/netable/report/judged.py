"""Labelled rows with the predictions of the model, of a constant and of a linear model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from netable.errors import DataError
from netable.fit.evidence.linear import linear_outcome
from netable.fit.members.score import best_constant
from netable.fit.preparation.target_transform import check_targets
from netable.model.learned_from import LearnedFrom
from netable.model.model import Model
from netable.report.confidence import Estimate, estimate
from netable.table.rows import Rows
from netable.table.weights import row_weights
from netable.train import metric_names, metrics

Floats = NDArray[np.float64]
Source = Literal["folds", "holdout", "validation", "table"]
_PARTS_OF_A_TABLE = 5


@dataclass(frozen=True)
class Judged:
    """Rows of a positive weight that a model is judged by.

    The references are learned from the networks' training rows; for another table, from its other fifths.
    """

    model: Model
    source: Source  # the folds of training, a hold-out, a validation table, or another table
    table: pa.Table
    row: NDArray[np.int64]  # (rows,), positions in the table, from 0
    y: NDArray[Any]  # (rows,) codes of classes, or (rows, d_out) numbers
    weight: Floats  # (rows,)
    outcome: Floats  # (rows, d_out or classes)
    part: NDArray[np.int64]  # (rows,)
    member: NDArray[np.int64]  # (rows,), of each stack, that did not learn from the row; -1 for none
    constant: Floats  # as outcome, of the best constant
    linear: Floats  # as outcome, of a linear model
    ratio: float  # judged rows per training row, the mean over the parts
    share_seen: float = 0.0  # the approximate share of rows that equal training rows

    @property
    def metric_names(self) -> tuple[str, ...]:
        """The main metric first."""
        return metric_names(self.model.task, self.model.recipe.loss)

    @property
    def metric(self) -> str:
        """The main metric; lower is better."""
        return self.metric_names[0]

    @cached_property
    def estimates(self) -> dict[tuple[str, str], Estimate]:
        """Each metric of "netable", "constant" and "linear".

        ("gain", "constant") and ("gain", "linear") are the relative reductions of the main metric.
        """
        outcomes = {"netable": self.outcome, "constant": self.constant, "linear": self.linear}

        def measure(rows: NDArray[np.bool_]) -> dict[tuple[str, str], float | None]:
            values = {
                (predictor, name): value
                for predictor, outcome in outcomes.items()
                for name, value in self.metrics(outcome[rows], rows).items()
            }
            ours = values["netable", self.metric]
            for other in ("linear", "constant"):
                theirs = values[other, self.metric]
                is_known = ours is not None and theirs is not None and theirs > 0
                values["gain", other] = 1 - ours / theirs if is_known else None
            return values

        return estimate(measure, self.part, self.ratio if self.source == "folds" else None)

    def metrics(self, outcome: Floats, rows: NDArray[np.bool_] | slice = slice(None)) -> dict[str, Any]:
        """The metrics of an outcome of some of the rows."""
        task, recipe = self.model.task, self.model.recipe
        y, weight = self.y[rows], self.weight[rows]
        return metrics(task, y, outcome, weight, loss=recipe.loss, quantile=recipe.quantile)

    @property
    def losses(self) -> Floats:
        """The error of each row, (rows,): absolute, for several targets in units of their spread; or the log loss."""
        if self.model.task != "regression":
            picked = self.outcome[np.arange(len(self.y)), self.y]
            return np.asarray(-np.log(np.maximum(picked, np.finfo(np.float64).tiny)))
        error = np.abs(self.y - self.outcome)
        if error.shape[1] > 1:
            spread = self.y.std(0)
            error = error / np.where(spread > 0, spread, 1.0)
        mean: Floats = error.mean(1)
        return mean


def judged_in_training(model: Model) -> Judged | None:
    """The rows that judged a model when it was fitted; None if there were none, or the model comes from a file."""
    rows = model.learned_from
    if rows is None:
        return None
    source: Source = "folds"
    if rows.judged is not rows.table:
        source = "validation"
    elif model.recipe.folds == 1:
        source = "holdout"
    return _judged(model, source, rows)


def judged_on(model: Model, table: pa.Table, weight: Floats | None = None) -> Judged:
    """The rows of another labelled table, judged by the whole model.

    Raises
    ------
    UserError
        If the table has fewer than two rows that count, or lacks the target or a column; or if its target holds a class
        absent from training, or a number that the model's loss or transform does not take.
    """
    if not table.num_rows:
        raise DataError("The table has 0 rows; there is nothing to report on.")
    y = model.target.encode(table)
    check_targets(model.recipe, model.target, y, "In this table, the target")
    weights = row_weights(table, model.recipe.weight_column, weight)
    counting = np.flatnonzero(weights > 0)
    if len(counting) < 2:
        counts = "1 row that counts" if len(y) > 1 else "1 row"
        raise DataError(f"The table has {counts}; a report needs two or more, to compare with others.")
    encoded = model.encode(table)
    part, nobody = np.full(len(y), -1), np.full(len(y), -1)
    part[counting] = np.random.default_rng(0).permutation(len(counting)) % min(
        _PARTS_OF_A_TABLE, len(counting)
    )
    labelled = Rows(encoded, y, weights)
    rows = LearnedFrom(table, table, labelled, labelled, model.outcome_of(encoded), part, nobody)
    judged = _judged(model, "table", rows)
    assert judged is not None
    return replace(judged, share_seen=model.sketch.share_seen(encoded))


def _judged(model: Model, source: Source, rows: LearnedFrom) -> Judged | None:
    """The rows that have a prediction and count, with those of the references."""
    judged = rows.judged_rows
    counting = np.flatnonzero(~np.isnan(rows.outcome[:, 0]) & (judged.weight > 0))
    if not len(counting):
        return None
    constant, linear, ratio = _references(model, source, rows)
    return Judged(
        model=model,
        source=source,
        table=rows.judged.take(counting),
        row=counting,
        y=judged.y[counting],
        weight=judged.weight[counting],
        outcome=rows.outcome[counting],
        part=rows.part[counting],
        member=rows.unseen_by[counting],
        constant=constant[counting],
        linear=linear[counting],
        ratio=ratio,
    )


def _references(model: Model, source: Source, rows: LearnedFrom) -> tuple[Floats, Floats, float]:
    """Predictions of a constant and a linear model of the members' training rows, and judged rows per training row."""
    recipe, target, train = model.recipe, model.target, rows.table_rows
    constant = np.full((len(rows.part), target.width), np.nan)
    linear = constant.copy() if rows.linear is None else rows.linear
    ratios = []
    for judging, learning in _splits(model, source, rows.part, len(train)):
        ratios.append(judging.sum() / max(learning.sum(), 1))
        learned = train.take(learning)
        if not learned.weight.any():
            continue
        constant[judging] = best_constant(recipe, target, learned.y, learned.weight)
        if rows.linear is None:
            others = rows.judged_rows.take(judging).encoded
            codes, n_classes = (model.encoder.cardinalities, model.encoder.code_widths), len(target.labels)
            linear[judging] = linear_outcome(learned, others, *codes, n_classes, recipe)
    return constant, linear, float(np.mean(ratios))


def _splits(
    model: Model, source: Source, part: NDArray[np.int64], n_train: int
) -> Iterator[tuple[NDArray[np.bool_], NDArray[np.bool_]]]:
    """Masks of the judged rows and of their training rows."""
    if source == "validation":
        yield part >= 0, np.ones(n_train, dtype=bool)
    elif source == "holdout":
        yield part >= 0, part < 0
    else:
        # The parts of another table are drawn at random, even if the model was trained in order of time.
        in_order = source == "folds" and model.recipe.time_column is not None
        for number in np.unique(part[part >= 0]):
            yield part == number, (part < number if in_order else part != number)
