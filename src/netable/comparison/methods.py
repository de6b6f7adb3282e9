"""The methods to compare: a constant, netable's networks, and the boosted trees that are installed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from netable.compute.threads import free_cores
from netable.config.bodies import BODY_SPECS, body_spec
from netable.config.settings import DEFAULTS, Settings
from netable.fit.fit import fit
from netable.fit.members.score import best_constant
from netable.table.schema import Schema
from netable.table.target import Target
from netable.table.weights import class_weights

Floats = NDArray[np.float64]
NETWORKS = (*BODY_SPECS, "auto")
OWN = ("constant", *NETWORKS)
TREES = ("lightgbm", "xgboost", "catboost")
METHODS = (*OWN, *TREES)
# Compared unless others are asked for.
DEFAULT_METHODS = ("constant", "linear", "mlp", "auto", *TREES)
PROPER_NAMES = {"lightgbm": "LightGBM", "xgboost": "XGBoost", "catboost": "CatBoost"}


@dataclass(frozen=True)
class Lesson:
    """The training rows of a fold, the same for every method."""

    table: pa.Table  # canonical, with the target
    y: NDArray[Any]  # (rows, d_out), or (rows,) codes of classes
    weight: Floats
    target: Target  # of the whole table; these rows need not have all its classes
    config: Settings


# A fitted method: from rows to numbers (rows, d_out), or to probabilities (rows, classes).
Answer = Callable[[pa.Table], Floats]
Method = Callable[[Lesson], Answer]


def is_installed(name: str) -> bool:
    """True if all packages of a method are installed."""
    return name in OWN or all(find_spec(package) is not None for package in (name, "pandas"))


def method(name: str) -> Method:
    """The method of this name, with all its imports done."""
    if name == "constant":
        return constant
    if name in NETWORKS:
        return lambda lesson: network(lesson, name)
    import_module("netable.comparison.peers")
    import_module(name)
    return lambda lesson: trees(lesson, name)


def constant(lesson: Lesson) -> Answer:
    """The best constant prediction."""
    best = best_constant(lesson.config, lesson.target, lesson.y, lesson.weight)
    return lambda table: np.tile(best, (table.num_rows, 1))


def network(lesson: Lesson, name: str) -> Answer:
    """One of netable's models, with the settings that are not about the choice of the model."""
    config = replace(lesson.config, model=name)
    if name != "auto":
        config = replace(config, stacks=DEFAULTS.stacks)
    if body_spec(name).is_linear:
        config = replace(config, embedding=DEFAULTS.embedding, categories=DEFAULTS.categories)
    model = fit(lesson.table, config, target=lesson.target)
    if model.history.ending == "interrupted":
        raise KeyboardInterrupt

    return lambda table: model.outcome_of(model.encode(table))


def trees(lesson: Lesson, name: str) -> Answer:
    """Boosted trees on the columns that netable uses, by their kinds, and on text that it leaves out."""
    from netable.comparison.peers import PEERS, Goal  # needs pandas

    config, target, y = lesson.config, lesson.target, lesson.y
    frame = peer_frames(lesson)
    model = PEERS[name](Goal(target.task, free_cores(), config.seed, config.loss, config.quantile))
    weight = training_weight(lesson) if config.weight_column or config.class_weight else None
    if target.task == "regression":
        model.fit(frame(lesson.table), y if len(target.names) > 1 else y[:, 0], weight)
        return lambda table: model.predict(frame(table)).astype(np.float64).reshape(table.num_rows, -1)
    present, codes = np.unique(y, return_inverse=True)  # XGBoost takes no codes with gaps
    model.fit(frame(lesson.table), codes, weight)

    def answer(table: pa.Table) -> Floats:
        probability = np.zeros((table.num_rows, target.width))
        probability[:, present[model.classes_]] = model.predict_proba(frame(table))
        return probability

    return answer


def training_weight(lesson: Lesson) -> Floats:
    """The weight of each row times that of its class."""
    if lesson.target.task == "regression":
        return lesson.weight
    by_class = class_weights(lesson.target.labels, lesson.y, lesson.config.class_weight, lesson.weight)
    product: Floats = lesson.weight * by_class[lesson.y]
    return product


def peer_frames(lesson: Lesson) -> Callable[[pa.Table], Any]:
    """The preparation of any rows as a frame of pandas, with columns inferred from the training rows.

    Numbers and flags are floats; categories and other text are text. The preparation of the trees decides which texts
    it leaves out.
    """
    config = lesson.config
    no_features = {*lesson.target.names, config.weight_column, config.group_column} - {None}
    schema = Schema.infer(
        lesson.table,
        exclude=[name for name in lesson.table.column_names if name in no_features],
        kinds={name: kind for name, kind in config.kinds.items() if name not in no_features},
        ignore=config.ignore_columns,
    )[0]
    return lambda table: schema.select(table, known_extra=table.column_names).to_pandas()
