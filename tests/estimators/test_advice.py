"""The advice of messages to users of estimators."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.multioutput import MultiOutputClassifier

from advice import Case, advice, check_complete, follow
from netable import NetClassifier, NetRegressor
from netable.errors import TrainingError

MESSAGES = advice("estimators", besides=["train {}"])
X = np.arange(48.0).reshape(24, 2) % 7
Y = X[:, 0] + np.arange(24) / 8
QUICK = {"max_epochs": 1, "folds": 2, "hidden_layer_sizes": (2,), "model": "mlp"}


def fitting(X: Any = X, y: Any = Y, estimator: type = NetRegressor, **given: Any) -> Any:
    return estimator(**QUICK).fit(X, y, **given)


def fitting_several(wrap: bool) -> None:
    """Fit a classifier, or one for each of two columns of labels."""
    net = NetClassifier(**QUICK)
    (MultiOutputClassifier(net) if wrap else net).fit(X, X % 2)


def saving(path: str = "m.netable", **given: Any) -> None:
    """Save a model twice."""
    fitting().save("m.netable")
    fitting().save(path, **given)


def learning(y: Any, **given: Any) -> None:
    """Learn some rows, then others."""
    estimator = NetClassifier(**QUICK)
    estimator.partial_fit(X, y, **given)
    estimator.partial_fit(X, ["u", "v"] * 12)


def predicting(fitted: bool = False) -> None:
    estimator = NetRegressor(**QUICK)
    (estimator.fit(X, Y) if fitted else estimator).predict(X)


def importance(*rows: Any, pickled: bool = False, rows_given: bool = False) -> None:
    """Ask what matters, with the rows of fit or others."""
    fitted = fitting()
    fitted = pickle.loads(pickle.dumps(fitted)) if pickled else fitted
    fitted.explain(*(X, Y) if rows_given else ()).importance()


def named(name: str) -> pd.DataFrame:
    """A frame with a column of this name."""
    return pd.DataFrame({"y": X[:, 0], "target": X[:, 1], name: Y})


CASES = [
    Case(
        "give one or the other",
        fitting,
        {"X_val": X, "y_val": Y, "groups": X[:, 0]},
        [{"groups": None}, {"X_val": None, "y_val": None}],
    ),
    Case("Name another file, or overwrite it", saving, {}, [{"path": "n.netable"}, {"overwrite": True}]),
    Case("name all of them in the first call", learning, {"y": ["u"] * 24}, [{"classes": ["u", "v"]}]),
    Case(
        "decoded wrongly; correct it",
        fitting,
        {"estimator": NetClassifier, "y": ["a\ud800", "b"] * 12},
        [{"y": ["aé", "b"] * 12}],
    ),
    Case(
        "y.astype(str)",
        fitting,
        {"estimator": NetClassifier, "y": np.array([2**60, 1] * 12)},
        [{"y": np.array([2**60, 1] * 12).astype(str)}],
    ),
    Case(
        "MultiOutputClassifier(NetClassifier())",
        fitting_several,
        {"wrap": False},
        [{"wrap": True}],
    ),
    Case("which stands for y; rename it", fitting, {"X": named("~target")}, [{"X": named("z")}]),
    Case("Pass X and y", importance, {"pickled": True}, [{"rows_given": True}]),
    Case("call 'fit' first", predicting, {}, [{"fitted": True}]),
    Case(
        "Pass a DataFrame",
        fitting,
        {"X": np.array([["u", 1.0], ["v", 2.0]] * 12, dtype=object)},
        [{"X": pd.DataFrame({"a": ["u", "v"] * 12, "b": Y})}],
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_advice__followed__works(case: Case) -> None:
    follow(case, MESSAGES)


def test_advice__every_message__has_a_case() -> None:
    check_complete(CASES, MESSAGES)


def test_advice__lower_lr_after_steps_too_large__is_taken_by_the_same_estimator() -> None:
    estimator = NetRegressor(optimizer="sgd", batch_size=4, lr=1e30)
    with pytest.raises(TrainingError, match="Try a lower lr"):
        estimator.partial_fit(X, Y)
    with pytest.raises(NotFittedError):
        estimator.predict(X)

    assert np.isfinite(estimator.set_params(lr=1e-3).partial_fit(X, Y).predict(X)).all()
