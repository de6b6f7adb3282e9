"""Training while MLflow logs what scikit-learn fits."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from netable.estimators.estimators import NetRegressor
from netable.fit.structure.flattery import _forest
from netable.system.autologging import unlogged
from small import QUICK

X = np.random.default_rng(0).normal(size=(60, 3))
Y = X[:, 0]


@pytest.mark.parametrize("name", ["mlflow", "sklearn"])
def test_fit__while_mlflow_logs__learns_the_same(name: str, mlflow: Any) -> None:
    expected = NetRegressor(**QUICK).fit(X, Y).predict(X)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # those of MLflow
        (mlflow if name == "mlflow" else mlflow.sklearn).autolog(silent=True, log_models=False)
        net = NetRegressor(**QUICK).fit(X, Y)
        assert net.predict(X).tolist() == expected.tolist()
        assert net.score(X, Y) == NetRegressor(**QUICK).fit(X, Y).score(X, Y)
        pipeline = make_pipeline(StandardScaler(), NetRegressor(**QUICK)).fit(X, Y)
        search = GridSearchCV(NetRegressor(**QUICK), {"dropout": [0.0, 0.1]}, cv=2).fit(X, Y)
        logged = mlflow.search_runs(search_all_experiments=True)

    assert pipeline.predict(X).shape == (60,)
    assert search.best_params_["dropout"] in (0.0, 0.1)
    assert set(logged["status"]) == {"FINISHED"}
    assert {"Pipeline", "GridSearchCV"} <= set(logged["tags.estimator_name"])


def test_fit__models_within_it__are_not_logged(mlflow: Any) -> None:
    mlflow.sklearn.autolog(silent=True, log_models=False)
    _forest(X, Y[:, None])
    with unlogged():
        Ridge().fit(X, Y)

    assert not len(mlflow.search_runs(search_all_experiments=True))
