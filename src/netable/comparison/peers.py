"""Boosted trees with default settings, each with the preparation that it needs.

A library is imported when one of its methods is made, so that only the methods to compare must be installed, and the
import is not timed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from netable.comparison.features import Categories, PlainColumns, Preparation, WordForMissing, text_columns


@dataclass(frozen=True)
class Goal:
    """The task of a model and its resources; `huber` is trained and evaluated with squared errors here."""

    task: str
    threads: int
    seed: int = 0
    loss: str = "mse"
    quantile: float = 0.5


class Peer:
    """A model and its preparation, both fitted on the training rows only."""

    def __init__(self, preparation: Sequence[Preparation], model: Any) -> None:
        self.preparation = preparation
        self.model = model

    def fit(self, X: pd.DataFrame, y: NDArray[Any], weight: NDArray[np.floating] | None = None) -> Self:
        """Fit the preparation, then the model; one model for each of several targets (rows, targets)."""
        for step in self.preparation:
            X = step.fit(X).transform(X)
        weights = {} if weight is None else {"sample_weight": weight}
        several = y.T if y.ndim == 2 else [y]
        self.models = [deepcopy(self.model).fit(X, target, **weights) for target in several]
        return self

    def predict(self, X: pd.DataFrame) -> NDArray[Any]:
        """Numbers or labels: (rows,); for several targets (rows, targets)."""
        prepared = self._prepared(X)  # may be a sparse matrix, which has no length
        predicted = [np.asarray(model.predict(prepared)).reshape(len(X)) for model in self.models]
        return predicted[0] if len(predicted) == 1 else np.column_stack(predicted)

    def predict_proba(self, X: pd.DataFrame) -> NDArray[np.float64]:
        """The probability of each of `classes_`."""
        return np.asarray(self.models[0].predict_proba(self._prepared(X)))

    @property
    def classes_(self) -> NDArray[Any]:
        """The classes that the model has seen."""
        return np.asarray(self.models[0].classes_)

    def _prepared(self, X: pd.DataFrame) -> Any:
        for step in self.preparation:
            X = step.transform(X)
        return X


def lightgbm(goal: Goal) -> Peer:
    """LightGBM with default settings and native categories."""
    from lightgbm import LGBMClassifier, LGBMRegressor

    make = LGBMRegressor if goal.task == "regression" else LGBMClassifier
    losses: dict[str, dict[str, Any]] = {
        "mae": {"objective": "regression_l1"},
        "poisson": {"objective": "poisson"},
        "quantile": {"objective": "quantile", "alpha": goal.quantile},
    }
    model = make(random_state=goal.seed, n_jobs=goal.threads, verbose=-1, **losses.get(goal.loss, {}))
    return Peer([PlainColumns(), Categories()], model)


def xgboost(goal: Goal) -> Peer:
    """XGBoost with default settings and native categories."""
    from xgboost import XGBClassifier, XGBRegressor

    make = XGBRegressor if goal.task == "regression" else XGBClassifier
    losses: dict[str, dict[str, Any]] = {
        "mae": {"objective": "reg:absoluteerror"},
        "poisson": {"objective": "count:poisson"},
        "quantile": {"objective": "reg:quantileerror", "quantile_alpha": goal.quantile},
    }
    loss = losses.get(goal.loss, {})
    model = make(random_state=goal.seed, n_jobs=goal.threads, enable_categorical=True, **loss)
    return Peer([PlainColumns(), Categories()], model)


def catboost(goal: Goal) -> Peer:
    """CatBoost with default settings and native categories."""
    return Peer([PlainColumns(), WordForMissing()], CatBoost(goal))


class CatBoost:
    """CatBoost on frames whose text columns are categories; `fit` returns the fitted model of the library."""

    def __init__(self, goal: Goal) -> None:
        import catboost  # noqa: F401

        losses = {"mae": "MAE", "poisson": "Poisson", "quantile": f"Quantile:alpha={goal.quantile}"}
        self.goal = goal
        self.settings: dict[str, Any] = {"loss_function": losses[goal.loss]} if goal.loss in losses else {}

    def fit(self, X: pd.DataFrame, y: NDArray[Any], sample_weight: Any = None) -> Any:
        """Fit a model on all rows."""
        model = self.make(self.settings)
        return model.fit(X, y, cat_features=text_columns(X), sample_weight=sample_weight)

    def make(self, settings: dict[str, Any]) -> Any:
        """An untrained model that writes no files."""
        from catboost import CatBoostClassifier, CatBoostRegressor

        make = CatBoostRegressor if self.goal.task == "regression" else CatBoostClassifier
        return make(
            random_seed=self.goal.seed,
            thread_count=self.goal.threads,
            verbose=False,
            allow_writing_files=False,
            **settings,
        )


# By the name of the package.
PEERS: dict[str, Callable[[Goal], Peer]] = {"lightgbm": lightgbm, "xgboost": xgboost, "catboost": catboost}
