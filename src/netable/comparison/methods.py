"""The methods to compare: a constant, netable's networks, and the boosted trees that are installed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np
import pyarrow as pa
import torch

from netable.comparison.lesson import Floats, Lesson
from netable.config.bodies import BODY_SPECS, body_spec
from netable.config.settings import DEFAULTS
from netable.fit.fit import fit
from netable.fit.members.score import best_constant
from netable.table.kinds import text
from netable.table.schema import Schema

# A fitted method: from rows to numbers (rows, d_out), or to probabilities (rows, classes).
Answer = Callable[[pa.Table], Floats]
Method = Callable[[Lesson], Answer]

NETWORKS = (*BODY_SPECS, "auto")
OWN = ("constant", *NETWORKS)
TREES = ("lightgbm", "xgboost", "catboost")
METHODS = (*OWN, *TREES)
# Compared unless others are asked for.
DEFAULT_METHODS = ("constant", "linear", "mlp", "auto", *TREES)
PROPER_NAMES = {"lightgbm": "LightGBM", "xgboost": "XGBoost", "catboost": "CatBoost"}


def is_installed(name: str) -> bool:
    """True if all packages of a method are installed."""
    return name in OWN or all(find_spec(package) is not None for package in (name, "pandas"))


def method(name: str) -> Method:
    """The method of this name, with all its imports done."""
    if name == "constant":
        return constant
    if name in NETWORKS:
        torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))])  # the first optimizer imports torch's compiler
        return lambda lesson: network(lesson, name)
    peers = import_module("netable.comparison.peers")
    import_module(name)
    return lambda lesson: trees(lesson, peers.PEERS[name], peers.Goal)


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
        config = replace(config, embedding=DEFAULTS.embedding)
    model = fit(lesson.table, config, target=lesson.target)
    if model.history.ending == "interrupted":
        raise KeyboardInterrupt

    return lambda table: model.outcome_of(model.encode(table))


def trees(lesson: Lesson, make: Callable[[Any], Any], goal: type[Any]) -> Answer:
    """Boosted trees on the columns that netable uses, by their kinds, and on text that it leaves out."""
    config, target = lesson.config, lesson.target
    columns = _PeerColumns(lesson)
    model = make(goal(target.task, lesson.threads, config.seed, config.loss, config.quantile))
    weight = lesson.training_weight if config.weight_column or config.class_weight else None
    if lesson.is_regression:
        model.fit(columns.frame(lesson.table), lesson.y if len(target.names) > 1 else lesson.y[:, 0], weight)
        return lambda table: (
            model.predict(columns.frame(table)).astype(np.float64).reshape(table.num_rows, -1)
        )
    seen, codes = np.unique(lesson.y, return_inverse=True)  # XGBoost takes no codes with gaps
    model.fit(columns.frame(lesson.table), codes, weight)
    labels = tuple(target.labels[seen[code]] for code in model.classes_)
    return lambda table: lesson.of_all_classes(model.predict_proba(columns.frame(table)), labels)


class _PeerColumns:
    """The columns for boosted trees, inferred from the training rows."""

    def __init__(self, lesson: Lesson) -> None:
        config = lesson.config
        no_features = {*lesson.target.names, config.weight_column, config.group_column} - {None}
        self.schema = Schema.infer(
            lesson.table,
            exclude=[name for name in lesson.table.column_names if name in no_features],
            kinds={name: kind for name, kind in config.kinds.items() if name not in no_features},
            ignore=config.ignore_columns,
        )[0]
        # Trees may use text with repeated values; their preparation decides.
        self.texts = [
            c.name for c in self.schema.left_out if c.reason == text.REASON and c.name not in config.kinds
        ]

    def frame(self, table: pa.Table) -> Any:
        """A frame of pandas: numbers and flags as float, dates, categories and other text as text."""
        selected = self.schema.select(table, known_extra=table.column_names)
        for name in self.texts:
            selected = selected.append_column(name, table.column(name).cast(pa.string()))
        return selected.to_pandas()
