"""Predictions and errors of new rows beside those of training rows.

Training rows were predicted by networks that had not seen them, each by one network of every stack. The mean of all
networks varies less, so new rows are predicted in the same way here, one network a row.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from netable.drift.distances import Distance, scale_distances
from netable.drift.result import ErrorDrift
from netable.explanation.outcomes import outcome_by_members
from netable.model.guard.judged import Judged, errors_of, in_float32
from netable.model.guard.scales import Scales
from netable.model.model import Model
from netable.system.wording import number, percent
from netable.table.encode import Encoded
from netable.train import metrics

Floats = NDArray[np.float64]
# The distance of an output, with its values in training and now in words.
Outcome = tuple[Distance, tuple[str, str]]


def outcome_by_turns(model: Model, encoded: Encoded) -> Floats:
    """The outcome of each row by one member of every stack, which take turns: (rows, d_out or classes)."""
    return outcome_by_members(model, encoded, np.arange(len(encoded.codes)) % len(model.net.stacks[0]))


def measure_outcomes(model: Model, judged: Judged, outcome: Floats) -> dict[str, Outcome]:
    """Each target's predictions, or each class's probabilities, beside those of training."""
    distances = scale_distances(judged.outcomes, judged.rows, in_float32(outcome))
    show = number if model.task == "regression" else percent
    words = [
        (f"mean {show(before)}", f"mean {show(now)}")
        for before, now in zip(_means(judged.outcomes), outcome.mean(0).tolist(), strict=True)
    ]
    return dict(zip(model.outputs, zip(distances, words, strict=True), strict=True))


def measure_errors(
    model: Model, judged: Judged, table: pa.Table, encoded: Encoded, outcome: Floats
) -> ErrorDrift | None:
    """The errors of rows with an answer of every target, beside those of training; None if there are none."""
    rows = np.flatnonzero(_answered(model, table))
    if not len(rows):
        return None
    y = model.target.encode(table.take(rows))
    errors = errors_of(model.task, outcome[rows], y)
    distances = scale_distances(judged.errors, judged.rows, errors)
    farthest = min(distances, key=lambda one: one.chance)
    by_all = model.outcome_of(encoded.take(rows))
    loss = {"loss": model.objective.loss, "quantile": model.objective.quantile}
    return ErrorDrift(
        rows=len(rows),
        metrics=metrics(model.task, y, by_all, np.ones(len(y)), **loss),  # type: ignore[arg-type]
        metrics_before=model.results.get("valid", {}),
        distance=farthest.distance,
        chance=min(1.0, farthest.chance * len(distances)),
        moved=False,
        rose=bool((errors.mean(0) > _means(judged.errors)).any()),
    )


def _means(scales: Scales) -> list[float]:
    """The mean of each distribution, about."""
    steps = np.diff(scales.up_to.astype(np.float64), axis=1, prepend=0)
    values = scales.values.astype(np.float64)
    middles = (values + np.concatenate([values[:, :1], values[:, :-1]], 1)) / 2
    means: list[float] = (steps * middles).sum(1).tolist()
    return means


def _answered(model: Model, table: pa.Table) -> NDArray[np.bool_]:
    if not set(model.target.names) <= set(table.column_names):
        return np.zeros(table.num_rows, np.bool_)
    valid = [pc.is_valid(table.column(name)).to_numpy() for name in model.target.names]
    return np.asarray(np.logical_and.reduce(valid))
