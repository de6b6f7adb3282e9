"""CatBoost after a random search."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.model_selection import train_test_split

from netable.comparison.features import text_columns
from netable.comparison.peers import CatBoost

TRIALS = 50
MAX_TREES = 1000
PATIENCE = 50
VALID_SHARE = 0.2
METRICS = {"regression": "RMSE", "binary": "AUC", "multiclass": "MultiClass"}

Settings = dict[str, Any]


class TunedCatBoost(CatBoost):
    """The best of CatBoost's defaults and a random search, each stopped early on a fifth of the training rows.

    What won is then trained on all training rows, with the learning rate and the number of trees that it had.
    """

    def fit(self, X: pd.DataFrame, y: NDArray[Any], sample_weight: Any = None) -> Any:
        """Search, then learn from all rows."""
        weight = np.ones(len(y)) if sample_weight is None else sample_weight
        X_train, X_valid, y_train, y_valid, weight_train, _ = train_test_split(
            X,
            y,
            weight,
            test_size=VALID_SHARE,
            random_state=self.goal.seed,
            stratify=None if self.goal.task == "regression" else y,
        )
        metric = METRICS[self.goal.task]
        rng = np.random.default_rng(self.goal.seed)
        best, self.settings = math.inf, Settings()
        for trial in range(TRIALS):
            settings = sample_settings(rng) if trial else {}
            model = self.make({**settings, "iterations": MAX_TREES, "eval_metric": metric})
            model.fit(
                X_train,
                y_train,
                cat_features=text_columns(X),
                sample_weight=weight_train,
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
        return super().fit(X, y, weight)


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
