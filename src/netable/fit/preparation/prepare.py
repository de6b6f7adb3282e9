"""Everything before the first step: a table and a configuration become arrays, settings and a plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import torch
from numpy.typing import NDArray

from netable.config.settings import Settings
from netable.errors import ConfigError, DataError, MemoryShortage, in_gigabytes
from netable.fit.preparation.resolve import TINY_ROWS, resolve
from netable.fit.preparation.target_transform import check_targets, settle_target, task_for
from netable.nn.build import body_settings, body_shapes, stack_configs
from netable.system.machine import usable_memory
from netable.table.canonical.messages import check_columns
from netable.table.canonical.storage import storage_of
from netable.table.encode import Encoded, Encoder
from netable.table.schema import Schema
from netable.table.split import check_groups_apart, fold_parts, holdout_part
from netable.table.target import Target
from netable.table.weights import row_weights
from netable.train import TrainingPlan

# In order of time, the networks that predict learn from all rows, also from the latest.
TIME_MEMBERS = 4


@dataclass(frozen=True)
class Rows:
    """Encoded rows with what they are to teach, and how much each counts."""

    encoded: Encoded
    y: NDArray[Any]
    weight: NDArray[np.float64]

    def __len__(self) -> int:
        """Rows."""
        return len(self.y)

    def take(self, part: slice) -> Rows:
        """Some of the rows."""
        encoded = Encoded(self.encoded.numbers[part], self.encoded.codes[part])
        return Rows(encoded, self.y[part], self.weight[part])

    def then(self, others: Rows) -> Rows:
        """These rows, and others below them."""
        numbers, codes = (
            np.concatenate(pair) for pair in zip(self.encoded[:2], others.encoded[:2], strict=True)
        )
        y = np.concatenate([self.y, others.y])
        return Rows(Encoded(numbers, codes), y, np.concatenate([self.weight, others.weight]))


@dataclass(frozen=True)
class Prepared:
    """What training needs.

    Attributes
    ----------
    config : Settings
        With every "auto" resolved.
    selected : pyarrow.Table
        The columns of the table, as `Schema.select` returns them.
    rows : Rows
        The table's rows; below them those of a validation table, if there is one.
    n_rows : int
        How many of them are the table's own.
    """

    config: Settings
    target: Target
    schema: Schema
    encoder: Encoder
    selected: pa.Table
    rows: Rows
    n_rows: int
    plan: TrainingPlan

    @property
    def tiny(self) -> bool:
        """Whether the rows are so few that folds only score (architecture, "Tiny tables")."""
        return self.n_rows < TINY_ROWS

    @property
    def own_rows(self) -> Rows:
        """The table's own rows."""
        return self.rows.take(slice(self.n_rows))

    @property
    def valid_rows(self) -> Rows:
        """Those of the validation table."""
        return self.rows.take(slice(self.n_rows, None))


def prepare(
    table: pa.Table,
    config: Settings,
    valid_table: pa.Table | None,
    weight: NDArray[np.floating] | None,
    valid_weight: NDArray[np.floating] | None,
    target: Target | None = None,
) -> Prepared:
    """Infer, encode, resolve and split; see `netable.fit.fit.fit` for the arguments.

    A `target` that is given is not inferred: the rows need not hold all of its classes.

    Raises
    ------
    UserError
        If the table and the configuration do not fit together.
    """
    if not config.target:
        raise ConfigError("target is not set: name the column to predict.")
    target = target or Target.infer(table, config.target, task_for(config, table))
    if config.class_weight is not None and target.task == "regression":
        raise ConfigError("class_weight is for classes; this is a regression. A weight column weighs rows.")
    no_features = [*target.names, *(n for n in (config.weight_column, config.group_column) if n)]
    _check_row_columns(table, config, target)
    # A configuration that is used again may have another target, weight or group than the one that it was written by.
    kinds = {name: kind for name, kind in config.kinds.items() if name not in no_features}
    schema, selected = Schema.infer_and_select(
        table, exclude=no_features, kinds=kinds, ignore=config.ignore_columns
    )
    encoder = Encoder.learn(schema, selected)
    n_rows = table.num_rows
    dtype = np.float64 if n_rows < TINY_ROWS else np.float32
    weights = row_weights(table, config.weight_column, weight, required=True)
    rows = Rows(encoder.encode(selected, dtype), target.encode(table), weights)
    config = resolve(config, table, target, schema, one_network=valid_table is not None)
    config = settle_target(config, target, rows.y, rows.weight)
    if valid_table is None:
        plan = _plan(table, target, rows, config)
    else:
        _check_valid_table(table, valid_table, config.group_column)
        valid_selected = schema.select(valid_table, known_extra=valid_table.column_names)
        weights = row_weights(valid_table, config.weight_column, valid_weight, required=True)
        judged = Rows(encoder.encode(valid_selected, dtype), target.encode(valid_table), weights)
        check_targets(config, target, judged.y, "In the validation table, the target")
        plan = TrainingPlan.holdout(np.arange(n_rows), n_rows + np.arange(len(judged)), seed=config.seed)
        plan = replace(plan, stops_early=config.early_stopping)
        rows = rows.then(judged)
    _check_learners(plan, rows.weight)
    _check_memory(config, len(plan), encoder.d_num, target.d_out, min(n_rows, int(config.batch_size)))
    return Prepared(config, target, schema, encoder, selected, rows, n_rows, plan)


def _check_row_columns(table: pa.Table, config: Settings, target: Target) -> None:
    for what in ("weight", "group", "time"):
        if name := getattr(config, f"{what}_column"):
            check_columns([name], table.column_names, f"The {what} column ({what}_column)")
    _check_times(table, config.time_column)
    for name in target.names:
        if name in config.ignore_columns:
            raise ConfigError(f"The target {name!r} cannot be ignored too; take it out of ignore_columns.")


def _check_times(table: pa.Table, time_column: str | None) -> None:
    storage = storage_of(table.column(time_column), time_column) if time_column else "timestamp"
    if storage not in ("timestamp", "number"):
        raise DataError(
            f"The time column {time_column!r} holds {storage}, whose order is that of the alphabet; "
            "give dates such as 2011-02-01, or numbers."
        )


def _check_valid_table(table: pa.Table, valid_table: pa.Table, group_column: str | None) -> None:
    if not valid_table.num_rows:
        raise DataError("The validation table has 0 rows; there is nothing to judge by.")
    if group_column:
        check_columns([group_column], valid_table.column_names, "In the validation table, the group column")
        check_groups_apart(table.column(group_column), valid_table.column(group_column))


def _check_memory(config: Settings, members: int, d_in: int, d_out: int, batch_rows: int) -> None:
    for own in stack_configs(config):
        _check_stack_memory(own, members, d_in, d_out, batch_rows)


def _check_stack_memory(config: Settings, members: int, d_in: int, d_out: int, batch_rows: int) -> None:
    # Asked for more than there is, some systems end the program without a word.
    available, widths = usable_memory(), body_settings(config).get("hidden_layer_sizes")
    if not widths or not d_in or available is None:
        return
    weights = [shape for name, shape in body_shapes(config, d_in, d_out).items() if name.endswith("weight")]
    units = d_in + sum(shape[-1] for shape in weights)
    # Each weight has a gradient, each unit a value and its gradient for every row of a batch; no less.
    needed = 4 * 2 * members * (sum(shape.numel() for shape in weights) + batch_rows * units)
    # A GPU has memory of its own, and says itself when it is short.
    if needed > available and not torch.cuda.is_available():
        raise MemoryShortage(
            f"{members} networks with the hidden_layer_sizes {', '.join(map(str, widths))} need at least "
            f"{in_gigabytes(needed)} of memory; there are {in_gigabytes(available)}. "
            "Take narrower layers, or fewer folds."
        )


def _check_learners(plan: TrainingPlan, weight: NDArray[np.float64]) -> None:
    for member, learned in enumerate(plan.train_rows):
        if not weight[learned].any():
            raise DataError(
                f"All {len(learned)} rows that member {member} learns from have a weight of zero."
            )


def _plan(table: pa.Table, target: Target, rows: Rows, config: Settings) -> TrainingPlan:
    n_rows, folds = len(rows), config.folds
    if n_rows < 2:
        raise DataError(
            "There is only one sample; two rows are needed: one to learn from and one to judge by."
        )
    split: Mapping[str, Any] = {
        "seed": config.seed,
        "codes": None if target.task == "regression" else rows.y,
        "groups": table.column(config.group_column) if config.group_column else None,
        "times": table.column(config.time_column) if config.time_column else None,
    }
    if folds == 1:
        if not config.early_stopping:
            return TrainingPlan.all_rows(n_rows)
        part = holdout_part(n_rows, config.validation_fraction, **split)
        return TrainingPlan.holdout(*part, seed=config.seed)
    assert isinstance(folds, int)
    parts = fold_parts(n_rows, folds, **split)
    if n_rows < TINY_ROWS:
        return TrainingPlan.scoring_folds(parts, n_rows, n_final=1, stops_early=False)
    if config.time_column:
        return TrainingPlan.scoring_folds(
            parts, n_rows, n_final=TIME_MEMBERS, stops_early=config.early_stopping
        )
    return TrainingPlan.folds(parts, stops_early=config.early_stopping)
