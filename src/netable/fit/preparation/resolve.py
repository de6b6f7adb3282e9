"""Decide the settings that are "auto" from the table."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pyarrow as pa

from netable.compute.device import find_precision
from netable.config.bodies import DEFAULT_BODY, body_spec
from netable.config.choices import WAVE_ENDS
from netable.config.optimizers import OPTIMIZER_SPECS
from netable.config.recipe import Recipe
from netable.config.settings import DEFAULTS, STACK_SETTINGS, Settings
from netable.fit.preparation.usual_stacks import usual_stacks
from netable.nn.bodies.trees import N_TREES
from netable.table.encode import Encoder
from netable.table.rows import Rows
from netable.table.target import Target

# Below this, folds only score: one more member learns from all rows, in float64, in full batches, for a fixed number
# of steps, as the rows are too few to choose an epoch by.
TINY_ROWS = 100
TINY_FOLDS = 5
TINY_EPOCHS = 200
FOLDS = {"fast": 4, "standard": 5, "best": 8}
# With classes of fewer rows `standard` takes the folds of `best`: each member learns from more rows, which they need.
FEW_ROWS = 5_000
# Steps of a run with Muon at most; many runs end after half of them.
STEPS = {"fast": 200, "standard": 500, "best": 500}
PATIENCE = 16
# The default weight decay is that of so many rows. It falls with the square root of the rows, as more rows need less of
# it, and is at most so many times as large.
DECAY_ROWS, MOST_DECAY = 10_000, 3.0
# Of a table beyond memory, an epoch has so many rows at most, and the next one goes on with others. So many members and
# steps are enough, whatever the rows (docs/scale.md).
EPOCH_ROWS = 1 << 20
LARGE_FOLDS = {"fast": 2, "standard": 2, "best": 4}
LARGE_STEPS = {"fast": 4_000, "standard": 16_000, "best": 32_000}
# For classes only: in a regression dropout changes the variance from layer to layer.
DROPOUT = 0.1
MIN_EPOCHS, MAX_EPOCHS = 6, 125
# Trees take a share of a Newton step each; an epoch is a round of them.
TREES_LR, TREES_A_ROUND, TREES_PATIENCE = 0.2, 16, 1
# The share of the epochs of a full run that a short run takes, and its fewest epochs.
TRIAL_SHARE = 0.1
TRIAL_EPOCHS = 4


def resolve(
    settings: Settings,
    table: pa.Table,
    target: Target,
    encoder: Encoder,
    rows: Rows,
    target_transform: str = "none",
    *,
    n_rows: int,
    one_network: bool,
) -> Recipe:
    """The settings with a value in place of every "auto".

    Parameters
    ----------
    rows : Rows
        The table's.
    n_rows : int
        Rows to learn from and to judge by, of which those of the table may be a sample.
    target_transform : {"auto", "none", "log"}
        As `choose_transform` gives it; a transform that only short runs can choose is "none" until they have.
    one_network : bool
        A validation table takes the place of folds.
    """
    tiny = table.num_rows < TINY_ROWS
    is_regression = target.task == "regression"

    def chosen(name: str, default: Any) -> Any:
        value = getattr(settings, name)
        return default if value == "auto" else value

    is_large = n_rows > table.num_rows
    folds = 1 if one_network else chosen("folds", _folds(settings, table, is_regression, tiny, is_large))
    held_out = 0.0 if one_network else settings.validation_fraction if folds == 1 else 1 / folds
    n_learned = max(1, n_rows - round(table.num_rows * held_out))  # rows beside a sample judge nobody
    batch_size = chosen("batch_size", n_rows if tiny else _batch_size(n_learned))
    steps = (LARGE_STEPS if is_large else STEPS)[settings.effort]
    steps *= OPTIMIZER_SPECS[_optimizer(settings, tiny)].more_steps
    epochs = steps // -(-(min(n_learned, EPOCH_ROWS) if is_large else n_learned) // batch_size)
    epochs = TINY_EPOCHS if tiny else min(MAX_EPOCHS, max(MIN_EPOCHS, epochs))
    # Tiny tables choose no wave, so one is enough; and a given number of epochs is meant to be used.
    waves = "cosine" if tiny else "coslog5" if settings.max_epochs == "auto" else "coslog4"
    schedule = chosen("schedule", waves)
    rates = _steps(settings, target.task, n_learned, tiny=tiny)
    decided = {
        "target": target.names[0] if len(target.names) == 1 else target.names,
        "task": target.task,
        "target_transform": "none" if target_transform == "auto" else target_transform,
        "kinds": {column.name: column.setting for column in encoder.schema.columns},
        "model": chosen("model", DEFAULT_BODY),
        "embedding": chosen("embedding", "none"),
        "categories": chosen("categories", "levels"),
        "stacks": _stacks(settings, encoder, target, rows, rates, n_learned, tiny=tiny, is_large=is_large),
        **rates,
        "dropout": 0.0 if tiny else chosen("dropout", 0.0 if is_regression else DROPOUT),
        "schedule": schedule,
        "patience": chosen("patience", None if schedule in WAVE_ENDS else PATIENCE),
        "split": "random",  # what was found stands in group_column or time_column
        "folds": folds,
        "batch_size": batch_size,
        "max_epochs": chosen("max_epochs", epochs),
        "precision": find_precision(settings.precision),
    }
    return Recipe(**vars(settings) | decided)


def trial_epochs(recipe: Recipe) -> int:
    """The most epochs of a short run."""
    return min(recipe.max_epochs, max(TRIAL_EPOCHS, round(TRIAL_SHARE * recipe.max_epochs)))


def usual_lr(settings: Settings, task: str, tiny: bool = False) -> float:
    """The default learning rate of the optimizer for this network and task."""
    if body_spec(settings.model).is_grown:
        return TREES_LR
    optimizer = OPTIMIZER_SPECS[_optimizer(settings, tiny)]
    if body_spec(settings.model).is_linear:
        return optimizer.linear_lr
    return optimizer.lr * (optimizer.regression_factor if task == "regression" and not tiny else 1)


def _optimizer(settings: Settings, tiny: bool) -> str:
    if settings.optimizer != "auto":
        return settings.optimizer
    return "adamw" if tiny or body_spec(settings.model).is_linear else "muon"


def _steps(settings: Settings, task: str, n_learned: int, *, tiny: bool) -> dict[str, Any]:
    """The optimizer, and its settings that depend on the network and the rows that it learns from."""
    optimizer = _optimizer(settings, tiny)
    decay = OPTIMIZER_SPECS[optimizer].weight_decay * min(MOST_DECAY, math.sqrt(DECAY_ROWS / n_learned))
    usual = {
        "optimizer": optimizer,
        "lr": usual_lr(settings, task, tiny),
        "weight_decay": 0.0 if body_spec(settings.model).is_linear else float(f"{decay:.2g}"),
    }
    given = {name: getattr(settings, name) for name in usual}
    return {name: usual[name] if value == "auto" else value for name, value in given.items()}


def _stacks(
    settings: Settings,
    encoder: Encoder,
    target: Target,
    rows: Rows,
    rates: Mapping[str, Any],
    n_learned: int,
    *,
    tiny: bool,
    is_large: bool,
) -> tuple[Mapping[str, Any], ...]:
    if not isinstance(settings.stacks, str):
        stacks: Sequence[Mapping[str, Any]] = settings.stacks
    elif tiny or (settings.model, settings.embedding, settings.categories) != ("auto",) * 3:
        stacks = ({},)
    else:
        given = {name for name in STACK_SETTINGS if getattr(settings, name) != getattr(DEFAULTS, name)}
        stacks = [
            {name: value for name, value in stack.items() if name not in given or name == "seed"}
            for stack in usual_stacks(
                settings.effort, encoder, target, rows, rates, settings.seed, is_large=is_large
            )
        ]
    decided = [{name: value for name, value in stack.items() if value != "auto"} for stack in stacks]
    return tuple(_own_steps(settings, stack, target.task, n_learned, tiny=tiny) | stack for stack in decided)


def _own_steps(
    settings: Settings, stack: Mapping[str, Any], task: str, n_learned: int, *, tiny: bool
) -> dict[str, Any]:
    """How a stack is trained, if its network is another than that of the run, or grown."""
    model = stack.get("model", settings.model)
    if body_spec(model).is_grown:
        return _rounds_of_trees(settings)
    return _steps(replace(settings, model=model), task, n_learned, tiny=tiny) if "model" in stack else {}


def _rounds_of_trees(settings: Settings) -> dict[str, Any]:
    """How trees grow, in place of steps: what is given for networks does not hold for them, but a number of epochs."""
    most = N_TREES // TREES_A_ROUND
    alone = body_spec(settings.model).is_grown
    return {
        "lr": settings.lr if alone and settings.lr != "auto" else TREES_LR,
        "max_epochs": most if settings.max_epochs == "auto" else min(most, settings.max_epochs),
        "patience": settings.patience if alone and settings.patience != "auto" else TREES_PATIENCE,
    }


def _folds(settings: Settings, table: pa.Table, is_regression: bool, tiny: bool, is_large: bool) -> int:
    effort = settings.effort
    if tiny:
        folds = TINY_FOLDS
    elif is_large:
        folds = LARGE_FOLDS[effort]
    else:
        needs_rows = effort == "standard" and not is_regression and table.num_rows < FEW_ROWS
        folds = FOLDS["best" if needs_rows else effort]
    limits: list[int] = [folds, table.num_rows]
    if settings.group_column:
        limits.append(len(table.column(settings.group_column).unique()))
    if settings.time_column:
        limits.append(len(table.column(settings.time_column).unique()) - 1)
    return max(2, min(limits))


def _batch_size(n_rows: int) -> int:
    for size, rows in ((256, 2_000), (512, 10_000), (1024, 100_000)):
        if n_rows < rows:
            return size
    return 2048
