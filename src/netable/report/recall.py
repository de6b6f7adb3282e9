"""The rows behind a model that was loaded, from the table that it learned from and what was written beside it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from netable.errors import DataError
from netable.fit.preparation.split_plan import split_plan
from netable.model.learned_from import LearnedFrom
from netable.model.model import Model
from netable.table.weights import row_weights
from netable.train import TrainingPlan, metrics

# Of a published figure: what sums in another order may differ by.
_CLOSE = 1e-6


def recall(
    model: Model, table: pa.Table, out_of_fold: pa.Table, weight: NDArray[np.float64] | None = None
) -> LearnedFrom | None:
    """What `fit` knew of the rows; None if this is another table, or not in the order that it was learned from in.

    Parameters
    ----------
    table : pyarrow.Table
        Canonical, with the target.
    out_of_fold : pyarrow.Table
        As `Model.out_of_fold`. It is of this table if, with the table's target, it gives the published figures.
    """
    published, n_rows = model.results.get("valid") or {}, table.num_rows
    outcome = _outcome(model, out_of_fold)
    if not published or outcome is None or not n_rows == model.results.get("rows") == len(outcome):
        return None
    y = model.target.encode(table)
    weights = row_weights(table, model.recipe.weight_column, weight)
    weights = np.ones(n_rows) if weights is None else weights
    judged = ~np.isnan(outcome[:, 0]) & (weights > 0)
    if not judged.any():
        return None
    found = metrics(
        model.task,
        y[judged],
        outcome[judged],
        weights[judged],
        loss=model.recipe.loss,
        quantile=model.recipe.quantile,
    )
    if found.keys() != published.keys() or not all(_same(found[name], published[name]) for name in found):
        return None
    plan = _plan(table, y, model)
    member = out_of_fold.column("fold").fill_null(-1).to_numpy()
    if plan is None or not np.array_equal(plan.judged_member(n_rows), member):  # of a validation table, say
        return None
    part, unseen_by = plan.part_of_rows(n_rows), plan.unseen_by(n_rows)
    return LearnedFrom(table, weights, table, y, weights, outcome, part, unseen_by)


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
    columns = [out_of_fold.column(name).cast(pa.float64()).to_numpy() for name in names]
    return np.column_stack(columns)


def _same(found: float | None, published: float | None) -> bool:
    if found is None or published is None:
        return found is published
    return abs(found - published) <= _CLOSE * max(1.0, abs(published))
