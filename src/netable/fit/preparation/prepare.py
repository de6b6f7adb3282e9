"""Prepare training: arrays, a recipe and a split plan from a table and settings."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pyarrow as pa
import torch
from numpy.typing import NDArray

from netable.config.recipe import Recipe
from netable.config.settings import Settings
from netable.doctor.structure import Structure
from netable.errors import ConfigError, DataError, MemoryShortage, in_gigabytes
from netable.fit.preparation.resolve import TINY_ROWS, resolve
from netable.fit.preparation.split_plan import split_plan
from netable.fit.preparation.target_transform import (
    check_other_targets,
    check_targets,
    choose_transform,
    task_for,
)
from netable.fit.stored.all_rows import AllRows
from netable.fit.stored.store import RowEncoding, store_rows
from netable.fit.stored.stored_rows import StoredRows
from netable.fit.structure.find import find_structure, split_by
from netable.nn.build import body_settings, body_shapes
from netable.system.machine import usable_memory
from netable.table.asked import check_asked
from netable.table.canonical.marks import check_usable
from netable.table.canonical.messages import check_columns
from netable.table.canonical.storage import storage_of
from netable.table.encode import Encoder
from netable.table.rows import Rows
from netable.table.schema import IGNORED, Schema
from netable.table.split import check_groups_apart
from netable.table.target import Target
from netable.table.weights import class_weights, row_weights
from netable.train import TrainingPlan
from netable.train.row_losses import RowLoss, row_loss_function

Weights = NDArray[np.floating]
# Why a group column is no feature.
GROUPS = "tells which rows belong together"
# Parts of learned rows that are in no held-out part.
PARTS = 5
# Storage types in order of time.
TIME_STORAGES = ("timestamp", "number")


@dataclass(frozen=True)
class Prepared:
    """Everything that training needs.

    Attributes
    ----------
    tries_log : bool
        Short runs will decide whether the target is learned as its logarithm; until then the recipe says "none".
    rows : Rows
        The training table's rows, then those of a validation table, if there is one.
    n_rows : int
        Rows of the training table.
    selected : pyarrow.Table
        The training table's columns, as `Schema.select` returns them.
    structures : list of Structure, optional
        The groups and times among its rows, if the split asked for them.
    stored : StoredRows, optional
        All rows, of which `rows` are a sample, for the steps of training.
    """

    recipe: Recipe
    tries_log: bool
    target: Target
    encoder: Encoder
    rows: Rows
    n_rows: int
    plan: TrainingPlan
    selected: pa.Table
    structures: list[Structure] | None = None
    stored: StoredRows | None = None

    @property
    def schema(self) -> Schema:
        """The columns."""
        return self.encoder.schema

    @property
    def tiny(self) -> bool:
        """True if the rows are so few that folds only score (architecture, "Tiny tables")."""
        return self.n_rows < TINY_ROWS

    @property
    def has_valid_table(self) -> bool:
        """True if a validation table takes the place of folds."""
        return len(self.rows) > self.n_rows

    @property
    def in_order(self) -> bool:
        """True if folds follow each other in time: only earlier ones may be used to predict later ones."""
        return self.recipe.time_column is not None

    def row_loss(self) -> RowLoss:
        """A function of the outcome and the numbers of rows; see `netable.train.row_losses`."""
        recipe = self.recipe
        return row_loss_function(recipe.task, recipe.loss, self.rows.y, recipe.quantile)

    @property
    def n_rows_of_all(self) -> int:
        """Rows of the training table, of which those in memory may be a sample."""
        return self.stored.n_rows if self.stored else self.n_rows

    def class_weights(self) -> NDArray[np.float64]:
        """The weight of each class, by the training table's rows: (classes,)."""
        rows = self.train_rows
        return class_weights(self.target.labels, rows.y, self.recipe.class_weight, rows.weight)

    def training_weight(self) -> NDArray[np.float64]:
        """The weight of each row in training, class weights included: (rows,)."""
        if self.target.task == "regression":
            return self.rows.weight
        weight: NDArray[np.float64] = self.rows.weight * self.class_weights()[self.rows.y]
        return weight

    def parts(self) -> NDArray[np.int64]:
        """The part of each row, 1 and above: the held-out part that it is in, or a random one; see `MemberRows`."""
        held_out = self.plan.part_of_rows(len(self.rows))
        spread = np.random.default_rng(self.recipe.seed).permutation(len(held_out)) % PARTS
        return np.where(held_out < 0, spread, held_out) + 1

    @property
    def train_rows(self) -> Rows:
        """The training table's rows."""
        return self.rows.take(slice(self.n_rows))

    @property
    def judging(self) -> slice:
        """The places of the rows that can judge the model: the validation table's, if there is one."""
        return slice(self.n_rows if self.has_valid_table else 0, None)

    @property
    def judging_rows(self) -> Rows:
        """The rows that can judge the model."""
        return self.rows.take(self.judging)


def prepare(
    table: pa.Table,
    settings: Settings,
    valid_table: pa.Table | None = None,
    weight: Weights | None = None,
    valid_weight: Weights | None = None,
    target: Target | None = None,
    all_rows: AllRows | None = None,
) -> Prepared:
    """Infer, encode, decide and split; see `netable.fit.fit.fit` for the arguments.

    A given `target` is not inferred: the rows need not hold all of its classes.

    Raises
    ------
    UserError
        If the table and the settings do not fit together.
    """
    if not settings.target:
        raise ConfigError("target is not set: name the column to predict.")
    check_asked(settings, table.column_names)
    target = target or Target.infer(table, settings.target, task_for(settings, table))
    if settings.class_weight is not None and target.task == "regression":
        raise ConfigError("class_weight is for classes; this is a regression. A weight column weighs rows.")
    _check_row_columns(table, settings, target)
    schema, selected = _infer_schema(table, settings, target)
    encoder = Encoder.learn(schema, selected)
    if all_rows:
        encoder = all_rows.with_all_levels(encoder)
    n_rows = table.num_rows
    dtype = np.float64 if n_rows < TINY_ROWS else np.float32
    row_weight = row_weights(table, settings.weight_column, weight, required=True)
    rows = Rows(encoder.encode(selected, dtype), target.encode(table), row_weight)
    transform = choose_transform(settings, target, rows.y, rows.weight)
    structures = None
    if settings.split == "auto" and valid_table is None:
        structures = find_structure(table, settings, target, encoder, rows)
        if found := split_by(structures):  # again, as a group is no feature
            ignored = (*settings.ignore_columns, *filter(None, [found.get("group_column")]))
            declared = replace(settings, split="random", ignore_columns=ignored, **found)
            return prepare(table, declared, None, weight, None, target, all_rows)
    recipe = resolve(
        settings,
        table,
        target,
        encoder,
        rows,
        transform,
        n_rows=all_rows.n_rows if all_rows else n_rows,
        one_network=valid_table is not None,
    )
    if valid_table is None:
        plan = split_plan(table, rows.y, recipe)
    else:
        _check_valid_table(table, valid_table, settings.group_column)
        row_weight = row_weights(valid_table, settings.weight_column, valid_weight, required=True)
        valid_selected = schema.select(valid_table, known_extra=valid_table.column_names)
        y = target.encode(valid_table)
        check_targets(recipe, target, y, "In the validation table, the target")
        rows = rows.then(Rows(encoder.encode(valid_selected, dtype), y, row_weight))
        plan = TrainingPlan.holdout(np.arange(n_rows), n_rows + np.arange(len(y)), seed=recipe.seed)
        plan = replace(plan, stops_early=recipe.early_stopping)
    _check_learners(plan, rows.weight)
    _check_memory(recipe, len(plan), encoder.d_num, target.d_out, min(n_rows, recipe.batch_size))
    prepared = Prepared(
        recipe, transform == "auto", target, encoder, rows, n_rows, plan, selected, structures
    )
    return _with_stored(prepared, all_rows, table) if all_rows else prepared


def _with_stored(prepared: Prepared, all_rows: AllRows, table: pa.Table) -> Prepared:
    """With all rows stored, and an encoder that knows their ranges."""
    encoding = RowEncoding(
        table,
        all_rows.sampled,
        prepared.target,
        prepared.encoder,
        prepared.recipe,
        prepared.plan,
        prepared.parts(),
        prepared.class_weights() if prepared.target.labels else np.empty(0),
        prepared.training_weight().max() or 1.0,
        partial(check_other_targets, prepared.recipe, prepared.target, prepared.rows.y, prepared.tries_log),
    )
    stored = store_rows(all_rows, encoding)
    return replace(prepared, encoder=stored.encoder, stored=stored)


def _infer_schema(table: pa.Table, settings: Settings, target: Target) -> tuple[Schema, pa.Table]:
    ignored = dict.fromkeys(settings.ignore_columns, IGNORED)
    # The time column is a feature unless it is ignored, too.
    order = settings.time_column if settings.time_column in ignored else None
    group = settings.group_column
    if group in ignored:  # a column of all tables, as a group that was found is
        ignored[group], group = GROUPS, None
    no_features = [*target.names, *filter(None, (settings.weight_column, group, order))]
    # A reused configuration may name kinds of columns that are now the target, the weight or the group.
    kinds = {name: kind for name, kind in settings.kinds.items() if name not in no_features}
    return Schema.infer(table, exclude=no_features, kinds=kinds, ignore=ignored)


def _check_row_columns(table: pa.Table, settings: Settings, target: Target) -> None:
    for what in ("weight", "group", "time"):
        if name := getattr(settings, f"{what}_column"):
            check_usable(table, [name])
    time_column = settings.time_column
    if time_column and (storage := storage_of(table.column(time_column), time_column)) not in TIME_STORAGES:
        raise DataError(
            f"The time column {time_column!r} holds {storage}, whose order is that of the alphabet; "
            "give dates such as 2011-02-01, or numbers."
        )
    for name in target.names:
        if name in settings.ignore_columns:
            raise ConfigError(f"The target {name!r} cannot be ignored too; take it out of ignore_columns.")


def _check_valid_table(table: pa.Table, valid_table: pa.Table, group_column: str | None) -> None:
    if not valid_table.num_rows:
        raise DataError("The validation table has 0 rows; there is nothing to judge by.")
    if group_column:
        check_columns([group_column], valid_table.column_names, "In the validation table, the group column")
        check_groups_apart(table.column(group_column), valid_table.column(group_column))


def _check_memory(recipe: Recipe, members: int, d_in: int, d_out: int, batch_rows: int) -> None:
    """Refuse layers too wide for memory, for which some systems kill the process without an error."""
    available = usable_memory()
    # A GPU has its own memory, and reports a shortage.
    if available is None or not d_in or torch.cuda.is_available():
        return
    for stack in recipe.of_stacks():
        widths = body_settings(stack).get("hidden_layer_sizes")
        if not widths:
            continue
        shapes = body_shapes(stack, d_in, d_out)
        weights = [shape for name, shape in shapes.items() if name.endswith("weight")]
        units = d_in + sum(shape[-1] for shape in weights)
        # Each weight has a gradient, and each unit a value and a gradient for every row of a batch.
        needed = 4 * 2 * members * (sum(shape.numel() for shape in weights) + batch_rows * units)
        if needed > available:
            raise MemoryShortage(
                f"{members} networks with the hidden_layer_sizes {', '.join(map(str, widths))} need at least "
                f"{in_gigabytes(needed)} of memory; there are {in_gigabytes(available)}. "
                "Take narrower layers, or fewer folds."
            )


def _check_learners(plan: TrainingPlan, weight: NDArray[np.float64]) -> None:
    for member, rows in enumerate(plan.train_rows):
        if not weight[rows].any():
            raise DataError(f"All {len(rows)} rows that member {member} learns from have a weight of zero.")
