"""CatBoost on frames with text columns: at its defaults, and after a random search."""

from __future__ import annotations

import math
from typing import Any, Self

import numpy as np
import pandas as pd
from catboost import CatBoostClassifier, CatBoostRegressor
from numpy.typing import NDArray
from sklearn.model_selection import train_test_split

TRIALS = 50
MAX_TREES = 1000
PATIENCE = 50
VALID_SHARE = 0.2
METRICS = {"regression": "RMSE", "binary": "AUC", "multiclass": "MultiClass"}

Settings = dict[str, Any]


class CatBoost:
    """CatBoost at its defaults."""

    def __init__(self, task: str, *, seed: int, threads: int) -> None:
        self.task = task
        self.seed = seed
        self.common: Settings = {
            "random_seed": seed,
            "thread_count": threads,
            "verbose": False,
            "allow_writing_files": False,
        }

    def fit(self, X: pd.DataFrame, y: NDArray[Any]) -> Self:
        """Learn from all rows."""
        self.model = self._make({}).fit(X, y, cat_features=_text_columns(X))
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

    def _make(self, settings: Settings) -> Any:
        make = CatBoostRegressor if self.task == "regression" else CatBoostClassifier
        return make(**self.common, **settings)


class TunedCatBoost(CatBoost):
    """The best of CatBoost's defaults and a random search, each stopped early on a fifth of the training rows.

    What won is then trained on all training rows, with the learning rate and the number of trees that it had.
    """

    def fit(self, X: pd.DataFrame, y: NDArray[Any]) -> Self:
        """Search, then learn from all rows."""
        X_train, X_valid, y_train, y_valid = train_test_split(
            X,
            y,
            test_size=VALID_SHARE,
            random_state=self.seed,
            stratify=None if self.task == "regression" else y,
        )
        metric = METRICS[self.task]
        rng = np.random.default_rng(self.seed)
        best, self.settings = math.inf, Settings()
        for trial in range(TRIALS):
            settings = sample_settings(rng) if trial else {}
            model = self._make({**settings, "iterations": MAX_TREES, "eval_metric": metric})
            model.fit(
                X_train,
                y_train,
                cat_features=_text_columns(X),
                eval_set=(X_valid, y_valid),
                early_stopping_rounds=PATIENCE,
            )
            score = model.get_best_score()["validation"][metric]
            loss = -score if metric == "AUC" else score
            if loss < best:
                best = loss
                learning_rate = model.get_all_params()["learning_rate"]
                trees = {"iterations": model.get_best_iteration() + 1, "learning_rate": learning_rate}
                self.settings = settings | trees
        self.model = self._make(self.settings).fit(X, y, cat_features=_text_columns(X))
        return self


def sample_settings(rng: np.random.Generator) -> Settings:
    """One trial of the search space of Shwartz-Ziv & Armon (2022, arXiv:2106.03253), which later comparisons share.

    To it comes the depth, 4 to 8 as in TabArena (2025, arXiv:2506.16791), where the other leaves it at 6.
    """
    return {
        "learning_rate": math.exp(rng.uniform(-5, 0)),
        "depth": int(rng.integers(4, 8, endpoint=True)),
        "l2_leaf_reg": math.exp(rng.uniform(0, math.log(10))),
        "random_strength": int(rng.integers(1, 20, endpoint=True)),
        "bagging_temperature": rng.uniform(0, 1),
        "one_hot_max_size": int(rng.integers(0, 25, endpoint=True)),
        "leaf_estimation_iterations": int(rng.integers(1, 20, endpoint=True)),
    }


def _text_columns(X: pd.DataFrame) -> list[str]:
    return [name for name in X.columns if not pd.api.types.is_numeric_dtype(X[name])]
