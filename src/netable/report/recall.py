"""The training rows of a model from a file, recovered from its table and its out-of-fold predictions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from netable.errors import DataError
from netable.fit.preparation.split_plan import split_plan
from netable.model.learned_from import LearnedFrom
from netable.model.model import Model
from netable.table.rows import Rows
from netable.table.weights import row_weights
from netable.train import TrainingPlan, metrics

# The relative difference of a published metric that another order of summation may cause.
_CLOSE = 1e-6


def recall(
    model: Model, table: pa.Table, out_of_fold: pa.Table, weight: NDArray[np.float64] | None = None
) -> LearnedFrom | None:
    """The rows as `fit` knew them; None if this is another table, or its rows are in another order.

    Parameters
    ----------
    table : pyarrow.Table
        Canonical, with the target.
    out_of_fold : pyarrow.Table
        As `Model.out_of_fold`. It belongs to this table if it gives the published metrics with the table's target.
    """
    published, n_rows = model.results.get("valid") or {}, table.num_rows
    outcome = _outcome(model, out_of_fold)
    if not published or outcome is None or not n_rows == model.results.get("rows") == len(outcome):
        return None
    y = model.target.encode(table)
    weights = row_weights(table, model.recipe.weight_column, weight)
    judged = ~np.isnan(outcome[:, 0]) & (weights > 0)
    if not judged.any():
        return None
    loss, quantile = model.recipe.loss, model.recipe.quantile
    measured = metrics(model.task, y[judged], outcome[judged], weights[judged], loss=loss, quantile=quantile)
    if measured.keys() != published.keys():
        return None
    if not all(_is_same(value, published[name]) for name, value in measured.items()):
        return None
    plan = _plan(table, y, model)
    member = out_of_fold.column("fold").fill_null(-1).to_numpy()
    if plan is None or not np.array_equal(plan.judged_member(n_rows), member):
        return None  # these are predictions of a validation table, say
    part, unseen_by = plan.part_of_rows(n_rows), plan.unseen_by(n_rows)
    encoded = model.encoder.encode(model.schema.select(table, known_extra=table.column_names))
    rows = Rows(encoded, y, weights)
    return LearnedFrom(table, table, rows, rows, outcome, part, unseen_by)


def _plan(table: pa.Table, y: NDArray[Any], model: Model) -> TrainingPlan | None:
    """The plan by which the model was trained; None if the table cannot be split by it."""
    names = {model.recipe.group_column, model.recipe.time_column} - {None}
    if not names <= set(table.column_names):
        return None
    try:
        return split_plan(table, y, model.recipe)
    except DataError:
        return None


def _outcome(model: Model, out_of_fold: pa.Table) -> NDArray[np.float64] | None:
    target = model.target
    if model.task != "regression":
        names = [f"proba_{label}" for label in target.labels]
    elif len(target.names) == 1:
        names = ["prediction"]
    else:
        names = [f"prediction_{name}" for name in target.names]
    if not {"fold", *names} <= set(out_of_fold.column_names):
        return None
    return np.column_stack([out_of_fold.column(name).cast(pa.float64()).to_numpy() for name in names])


def _is_same(measured: float | None, published: float | None) -> bool:
    if measured is None or published is None:
        return measured is published
    return abs(measured - published) <= _CLOSE * max(1.0, abs(published))
