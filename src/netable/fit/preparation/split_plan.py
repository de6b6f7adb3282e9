"""The members of a fit and their rows: folds, a hold-out, or neither."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa
from numpy.typing import NDArray

from netable.config.recipe import Recipe
from netable.errors import DataError
from netable.fit.preparation.resolve import TINY_ROWS
from netable.table.split import fold_parts, holdout_part
from netable.train import TrainingPlan

# Members that learn from all rows and make the model, if folds are in order of time.
TIME_MEMBERS = 4


def split_plan(table: pa.Table, y: NDArray[Any], recipe: Recipe) -> TrainingPlan:
    """The plan for a table; it depends on the table and the recipe only.

    Parameters
    ----------
    table : pyarrow.Table
        With the columns of groups and times, if the recipe names any.
    y : (rows, d_out) numbers, or (rows,) codes of classes

    Raises
    ------
    DataError
        If the rows are too few for the recipe's folds.
    """
    n_rows, folds = len(y), recipe.folds
    split: Mapping[str, Any] = {
        "seed": recipe.seed,
        "codes": None if recipe.task == "regression" else y,
        "groups": table.column(recipe.group_column) if recipe.group_column else None,
        "times": table.column(recipe.time_column) if recipe.time_column else None,
    }
    stops_early = recipe.early_stopping
    if folds == 1 and not stops_early:
        return TrainingPlan.all_rows(n_rows)
    if n_rows < 2:
        raise DataError(
            "There is only one sample; two rows are needed: one to learn from and one to judge by."
        )
    if folds == 1:
        train, valid = holdout_part(n_rows, recipe.validation_fraction, **split)
        return TrainingPlan.holdout(train, valid, seed=recipe.seed)
    parts = fold_parts(n_rows, folds, **split)
    if n_rows < TINY_ROWS:
        return TrainingPlan.scoring_folds(parts, n_rows, n_final=1, stops_early=False)
    if recipe.time_column:
        return TrainingPlan.scoring_folds(parts, n_rows, n_final=TIME_MEMBERS, stops_early=stops_early)
    return TrainingPlan.folds(parts, stops_early=stops_early)
