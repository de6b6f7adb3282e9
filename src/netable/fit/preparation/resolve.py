"""What a configuration leaves open, decided from the table: every "auto" becomes a value that can be repeated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pyarrow as pa

from netable.compute.device import find_precision
from netable.config.bodies import DEFAULT_BODY, body_spec
from netable.config.optimizers import OPTIMIZER_SPECS
from netable.config.settings import DEFAULTS, STACK_SETTINGS, Settings
from netable.table.schema import Schema
from netable.table.target import Target
from netable.train.optim import WAVE_ENDS

# Below this, folds only score: one more member learns from all rows, in float64, in full batches, for a fixed number
# of steps. There is too little to choose an epoch by.
TINY_ROWS = 100
TINY_FOLDS = 5
TINY_EPOCHS = 200
FOLDS = {"fast": 4, "standard": 8, "best": 8}
# What a run may take, in steps; small tables pass their rows more often, large ones less. Most end after half of it.
STEPS = {"fast": 500, "standard": 2000, "best": 3000}
PATIENCE = 16
# Helps classes, and harms numbers, whose spread it changes from layer to layer.
DROPOUT = 0.1
MIN_EPOCHS, MAX_EPOCHS = 6, 300
# The stacks of each effort, found on the training parts of real tables; see docs/network.md. Those of `best` compete
# in short runs; the KEPT most useful are trained in full.
_BINS: Mapping[str, Any] = {"embedding": "bins"}
_WAVES = {"embedding": "periodic", "hidden_layer_sizes": [128, 128, 128], "activation": "gelu"}
STACKS: dict[str, tuple[Mapping[str, Any], ...]] = {
    "fast": (_BINS, _WAVES),
    "standard": (_BINS, _WAVES),
    "best": (
        _BINS,
        _WAVES,
        {**_BINS, "hidden_layer_sizes": [256, 256], "dropout": 0.25, "seed": 1},
        {**_BINS, "hidden_layer_sizes": [128, 128, 128], "activation": "gelu", "seed": 2},
        {**_WAVES, "dropout": 0.25, "weight_decay": 0.4, "seed": 3},
        {**_WAVES, "hidden_layer_sizes": [256, 256, 256], "seed": 4},
        {**_WAVES, "embedding": "none", "seed": 5},
        {**_BINS, "dropout": 0.0, "weight_decay": 0.02, "seed": 6},
    ),
}
KEPT = 4
# What a competing stack may take of the epochs of a full run, and the fewest that tell anything.
TRIAL_SHARE = 0.1
TRIAL_EPOCHS = 4


def resolve(
    config: Settings, table: pa.Table, target: Target, schema: Schema, *, one_network: bool
) -> Settings:
    """The configuration with every "auto" replaced.

    Parameters
    ----------
    one_network : bool
        Whether a validation table takes the place of folds.
    """
    n_rows, tiny = table.num_rows, table.num_rows < TINY_ROWS
    folds = 1 if one_network else _folds(config, table, tiny)
    held_out = 0.0 if one_network else config.validation_fraction if folds == 1 else 1 / folds
    n_learned = max(1, round(n_rows * (1 - held_out)))
    batch_size = config.batch_size
    if batch_size == "auto":
        batch_size = n_rows if tiny else _batch_size(n_learned)
    max_epochs = config.max_epochs
    if max_epochs == "auto":
        steps = STEPS[config.effort]
        per_epoch = -(-n_learned // batch_size)
        max_epochs = TINY_EPOCHS if tiny else min(MAX_EPOCHS, max(MIN_EPOCHS, steps // per_epoch))
    if config.schedule == "auto":
        # Tiny tables choose no wave, so one is enough; and who gives a number of epochs means them to be used.
        schedule = "cosine" if tiny else "coslog5" if config.max_epochs == "auto" else "coslog4"
        config = replace(config, schedule=schedule)
    stacks = _stacks(config, tiny)
    return replace(
        config,
        target=target.names[0] if len(target.names) == 1 else target.names,
        task=target.task,
        kinds={column.name: column.kind for column in schema.columns},
        model=DEFAULT_BODY if config.model == "auto" else config.model,
        embedding="none" if config.embedding == "auto" else config.embedding,
        stacks=stacks,
        lr=usual_lr(config, target.task, tiny) if config.lr == "auto" else config.lr,
        weight_decay=_weight_decay(config) if config.weight_decay == "auto" else config.weight_decay,
        dropout=_dropout(config, target.task, tiny),
        patience=PATIENCE
        if config.patience == "auto" and config.schedule not in WAVE_ENDS
        else config.patience,
        folds=folds,
        batch_size=batch_size,
        max_epochs=max_epochs,
        precision=find_precision(config.precision),
    )


def _stacks(config: Settings, tiny: bool) -> tuple[Mapping[str, Any], ...]:
    if not isinstance(config.stacks, str):
        return tuple({name: value for name, value in own.items() if value != "auto"} for own in config.stacks)
    if config.model != "auto" or config.embedding != "auto" or tiny:
        return ({},)
    given = {name for name in STACK_SETTINGS if getattr(config, name) != getattr(DEFAULTS, name)}
    return tuple(
        {
            name: config.seed + value if name == "seed" else value
            for name, value in own.items()
            if name not in given or name == "seed"
        }
        for own in STACKS[config.effort]
    )


def usual_lr(config: Settings, task: str, tiny: bool = False) -> float:
    """The default learning rate of the optimizer for this network and task."""
    optimizer = OPTIMIZER_SPECS[config.optimizer]
    if body_spec(config.model).is_linear:
        return optimizer.linear_lr
    return optimizer.lr * (optimizer.regression_factor if task == "regression" and not tiny else 1)


def _dropout(config: Settings, task: str, tiny: bool) -> float:
    if tiny:
        return 0.0
    if config.dropout == "auto":
        return 0.0 if task == "regression" else DROPOUT
    return float(config.dropout)


def _weight_decay(config: Settings) -> float:
    return 0.0 if body_spec(config.model).is_linear else OPTIMIZER_SPECS[config.optimizer].weight_decay


def _folds(config: Settings, table: pa.Table, tiny: bool) -> int:
    if config.folds != "auto":
        return int(config.folds)
    limits: list[int] = [TINY_FOLDS if tiny else FOLDS[config.effort], table.num_rows]
    if config.group_column:
        limits.append(len(table.column(config.group_column).unique()))
    if config.time_column:
        limits.append(len(table.column(config.time_column).unique()) - 1)
    return max(2, min(limits))


def _batch_size(n_rows: int) -> int:
    for size, rows in ((128, 2_000), (256, 10_000), (512, 100_000)):
        if n_rows < rows:
            return size
    return 1024
