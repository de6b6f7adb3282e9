"""Rows whose answer is known, what the model said of them, and what a constant and a linear model say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from netable.errors import DataError
from netable.fit.evidence.reference import linear_outcome
from netable.fit.members.score import best_constant
from netable.fit.preparation.target_transform import check_targets
from netable.model.model import Model
from netable.report.confidence import Estimate, estimate
from netable.table.encode import Encoded
from netable.table.weights import row_weights
from netable.train import metric_names, metrics

Floats = NDArray[np.float64]
Source = Literal["folds", "holdout", "validation", "table"]
_PARTS_OF_A_TABLE = 5


@dataclass(frozen=True)
class Judged:
    """Rows that a model was judged by, those that count for nothing left out.

    Attributes
    ----------
    source : {"folds", "holdout", "validation", "table"}
        Where they come from: each fold in turn, rows held out, a validation table, or a table of its own.
    table : pyarrow.Table
    row : (rows,)
        The place of each in the table that was given, from 0.
    y : (rows,) codes of classes, or (rows, d_out) numbers
    weight : (rows,)
    outcome : (rows, d_out or classes)
    part : (rows,)
    member : (rows,)
        The member of each stack that did not learn from the row, -1 where all did or none.
    constant, linear : as outcome
        What the best constant and a linear model say, having learned from the rows that the networks learned from; of
        a table of its own, from its other fifths.
    ratio : float
        Rows of a part for each row that was learned from to judge it, the mean over the parts.
    share_seen : float
        About which share of the rows equals rows that were learned from.
    """

    model: Model
    source: Source
    table: pa.Table
    row: NDArray[np.int64]
    y: NDArray[Any]
    weight: Floats
    outcome: Floats
    part: NDArray[np.int64]
    member: NDArray[np.int64]
    constant: Floats
    linear: Floats
    ratio: float
    share_seen: float = 0.0

    @property
    def metric(self) -> str:
        """The figure that speaks for the model; lower is better."""
        return metric_names(self.model.task, self.model.config.loss)[0]

    @cached_property
    def estimates(self) -> dict[str, dict[str, Estimate]]:
        """By `netable`, `constant` and `linear`, every figure; by `gain`, the share of theirs that netable saves."""
        outcomes = {"netable": self.outcome, "constant": self.constant, "linear": self.linear}
        first = self.metric

        def measure(rows: NDArray[np.bool_]) -> dict[str, float | None]:
            found: dict[str, float | None] = {}
            for who, outcome in outcomes.items():
                figures = self.figures(outcome[rows], rows)
                found |= {f"{who} {name}": value for name, value in figures.items()}
            for other in ("linear", "constant"):
                ours, theirs = found[f"netable {first}"], found[f"{other} {first}"]
                known = ours is not None and theirs is not None and theirs > 0
                found[f"gain {other}"] = 1 - ours / theirs if known else None  # type: ignore[operator]
            return found

        flat = estimate(measure, self.part, self.ratio if self.source == "folds" else None)
        nested: dict[str, dict[str, Estimate]] = {}
        for key, value in flat.items():
            who, _, name = key.partition(" ")
            nested.setdefault(who, {})[name] = value
        return nested

    def figures(self, outcome: Floats, rows: NDArray[np.bool_] | slice = slice(None)) -> dict[str, Any]:
        """The metrics of an outcome of some of the rows."""
        config = self.model.config
        return metrics(
            self.model.task,
            self.y[rows],
            outcome,
            self.weight[rows],
            loss=config.loss,
            quantile=config.quantile,
        )

    @property
    def losses(self) -> Floats:
        """How wrong each row is: the absolute error, for several targets in units of their spread; or −log of the
        probability of the class that it was."""
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
    """The rows that judged a model when it was fitted; None if there were none, or they are not known any more."""
    told = model.learned_from
    if told is None:
        return None
    rows = np.flatnonzero(~np.isnan(told.outcome[:, 0]) & (told.judged_weight > 0))
    if not len(rows):
        return None
    own = told.judged is told.table
    source: Source = "validation" if not own else "holdout" if model.config.folds == 1 else "folds"
    encoded = _encoded(model, told.judged)
    train = (encoded, told.y, told.weight)
    if not own:
        train = (_encoded(model, told.table), model.target.encode(told.table), told.weight)
    references = _references(
        model, source, train, encoded, told.part, in_order=model.config.time_column is not None
    )
    return Judged(
        model=model,
        source=source,
        table=told.judged.take(rows),
        row=rows,
        y=told.y[rows],
        weight=told.judged_weight[rows],
        outcome=told.outcome[rows],
        part=told.part[rows],
        member=told.unseen_by[rows],
        constant=references.constant[rows],
        linear=references.linear[rows],
        ratio=references.ratio,
    )


def judged_on(model: Model, table: pa.Table, weight: Floats | None = None) -> Judged:
    """A labelled table of its own, judged by the whole model.

    Raises
    ------
    UserError
        If the table has fewer than two rows that count, or lacks the target or a column, or its target holds a class
        never learned, or a number that the model's loss or transform does not take.
    """
    if not table.num_rows:
        raise DataError("The table has 0 rows; there is nothing to report on.")
    y = model.target.encode(table)
    check_targets(model.config, model.target, y, "In this table, the target")
    weights = row_weights(table, model.config.weight_column, weight)
    rows = np.flatnonzero(weights > 0)
    if len(rows) < 2:
        counts = "1 row that counts" if len(y) > 1 else "1 row"
        raise DataError(f"The table has {counts}; a report needs two or more, to compare with others.")
    encoded = model.encode(table)
    part = np.full(len(y), -1)
    part[rows] = np.random.default_rng(0).permutation(len(rows)) % min(_PARTS_OF_A_TABLE, len(rows))
    # Its parts are dealt at random, also where the model itself learned in order of time.
    references = _references(model, "folds", (encoded, y, weights), encoded, part, in_order=False)
    return Judged(
        model=model,
        source="table",
        table=table.take(rows),
        row=rows,
        y=y[rows],
        weight=weights[rows],
        outcome=model.outcome_of(encoded)[rows],
        part=part[rows],
        member=np.full(len(rows), -1),
        constant=references.constant[rows],
        linear=references.linear[rows],
        ratio=references.ratio,
        share_seen=model.sketch.share_seen(encoded),
    )


class _References(NamedTuple):
    """What simpler models say, and how many rows judged them for each that they learned from."""

    constant: Floats
    linear: Floats
    ratio: float


def _references(
    model: Model,
    source: Source,
    train: tuple[Encoded, NDArray[Any], Floats],
    judged: Encoded,
    part: NDArray[np.int64],
    *,
    in_order: bool,
) -> _References:
    """What a constant and a linear model say of every row that is in a part, having learned from what members did.

    Parameters
    ----------
    in_order : bool
        Each part is judged by what was learned from those before it, and from rows of no part.
    """
    config, n_classes = model.config, len(model.target.labels)
    constant, linear = (np.full((len(part), len(model.outputs)), np.nan) for _ in range(2))
    ratios = []
    encoded, y, weight = train
    for own, learned in _splits(source, part, in_order, len(y)):
        ratios.append(own.sum() / max(learned.sum(), 1))
        rows = Encoded(encoded.numbers[learned], encoded.codes[learned])
        if not weight[learned].any():
            continue
        constant[own] = best_constant(config, model.target, y[learned], weight[learned])
        linear[own] = linear_outcome(
            (rows, y[learned], weight[learned]),
            Encoded(judged.numbers[own], judged.codes[own]),
            model.encoder.cardinalities,
            n_classes,
            config,
        )
    return _References(constant, linear, float(np.mean(ratios)))


def _splits(
    source: Source, part: NDArray[np.int64], in_order: bool, n_rows: int
) -> Iterator[tuple[NDArray[np.bool_], NDArray[np.bool_]]]:
    """Which rows are judged, and which are learned from before that."""
    if source == "validation":
        yield part >= 0, np.ones(n_rows, dtype=bool)
    elif source == "holdout":
        yield part >= 0, part < 0
    else:
        for number in np.unique(part[part >= 0]):
            yield part == number, (part < number if in_order else part != number)


def _encoded(model: Model, table: pa.Table) -> Encoded:
    """Rows that were learned from, of which nothing new is to be said."""
    return model.encoder.encode(model.schema.select(table, known_extra=table.column_names))
