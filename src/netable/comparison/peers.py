"""Boosted trees as their makers ship them, behind the preparation that each asks for.

A library is imported when a method of it is made, so that only what is measured has to be installed, and so that the
import is over before the clock starts.
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
class Wish:
    """What a model is to learn, and with what.

    Attributes
    ----------
    task : {"regression", "binary", "multiclass"}
    threads : int
    seed : int
    loss, quantile : as in `netable.config.settings.Settings`
        For numbers; `huber` is judged by squares, and learned by squares here.
    """

    task: str
    threads: int
    seed: int = 0
    loss: str = "mse"
    quantile: float = 0.5


class Peer:
    """A model behind its preparation; both learn from the training rows alone."""

    def __init__(self, preparation: Sequence[Preparation], model: Any) -> None:
        self.preparation = preparation
        self.model = model

    def fit(self, X: pd.DataFrame, y: NDArray[Any], weight: NDArray[np.floating] | None = None) -> Self:
        """Learn the preparation, then the model; of several targets (rows, targets) each has one of its own."""
        for step in self.preparation:
            X = step.fit(X).transform(X)
        weights = {} if weight is None else {"sample_weight": weight}
        several = y.T if y.ndim == 2 else [y]
        self.models = [deepcopy(self.model).fit(X, target, **weights) for target in several]
        return self

    def predict(self, X: pd.DataFrame) -> NDArray[Any]:
        """Numbers or labels: (rows,), of several targets (rows, targets)."""
        X = self._prepared(X)
        predicted = [np.asarray(model.predict(X)).reshape(len(X)) for model in self.models]
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


def lightgbm(wish: Wish) -> Peer:
    """LightGBM at its defaults, with its own categories."""
    from lightgbm import LGBMClassifier, LGBMRegressor

    make = LGBMRegressor if wish.task == "regression" else LGBMClassifier
    losses: dict[str, dict[str, Any]] = {
        "mae": {"objective": "regression_l1"},
        "poisson": {"objective": "poisson"},
        "quantile": {"objective": "quantile", "alpha": wish.quantile},
    }
    model = make(random_state=wish.seed, n_jobs=wish.threads, verbose=-1, **losses.get(wish.loss, {}))
    return Peer([PlainColumns(), Categories()], model)


def xgboost(wish: Wish) -> Peer:
    """XGBoost at its defaults, with its own categories."""
    from xgboost import XGBClassifier, XGBRegressor

    make = XGBRegressor if wish.task == "regression" else XGBClassifier
    losses: dict[str, dict[str, Any]] = {
        "mae": {"objective": "reg:absoluteerror"},
        "poisson": {"objective": "count:poisson"},
        "quantile": {"objective": "reg:quantileerror", "quantile_alpha": wish.quantile},
    }
    own = losses.get(wish.loss, {})
    model = make(random_state=wish.seed, n_jobs=wish.threads, enable_categorical=True, **own)
    return Peer([PlainColumns(), Categories()], model)


def catboost(wish: Wish) -> Peer:
    """CatBoost at its defaults, with its own categories."""
    return Peer([PlainColumns(), WordForMissing()], CatBoost(wish))


class CatBoost:
    """CatBoost on frames whose text columns are categories."""

    def __init__(self, wish: Wish) -> None:
        import catboost  # noqa: F401

        losses = {"mae": "MAE", "poisson": "Poisson", "quantile": f"Quantile:alpha={wish.quantile}"}
        self.wish = wish
        self.settings: dict[str, Any] = {"loss_function": losses[wish.loss]} if wish.loss in losses else {}

    def fit(self, X: pd.DataFrame, y: NDArray[Any], sample_weight: Any = None) -> Self:
        """Learn from all rows."""
        model = self.make(self.settings)
        self.model = model.fit(X, y, cat_features=text_columns(X), sample_weight=sample_weight)
        return self

    def predict(self, X: pd.DataFrame) -> NDArray[Any]:
        """Numbers or labels."""
        return np.asarray(self.model.predict(X)).reshape(len(X))

    def predict_proba(self, X: pd.DataFrame) -> NDArray[np.float64]:
        """The probability of each of `classes_`."""
        return np.asarray(self.model.predict_proba(X))

    @property
    def classes_(self) -> NDArray[Any]:
        """The classes that the model has seen."""
        return np.asarray(self.model.classes_)

    def make(self, settings: dict[str, Any]) -> Any:
        """An untrained model, which writes nothing."""
        from catboost import CatBoostClassifier, CatBoostRegressor

        make = CatBoostRegressor if self.wish.task == "regression" else CatBoostClassifier
        return make(
            random_seed=self.wish.seed,
            thread_count=self.wish.threads,
            verbose=False,
            allow_writing_files=False,
            **settings,
        )


# By the name of the package that has to be installed.
PEERS: dict[str, Callable[[Wish], Peer]] = {"lightgbm": lightgbm, "xgboost": xgboost, "catboost": catboost}
