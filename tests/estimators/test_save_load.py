"""Saved and loaded estimators: the fitted state is stored, not made again from the networks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.metrics import get_scorer

from netable import NetClassifier, NetRegressor
from netable.model.file import load, save
from small import QUICK


@pytest.fixture(scope="module")
def X() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(60, 3))


def saved_and_loaded(estimator: Any, path: Path) -> Any:
    estimator.save(path / "m")
    return type(estimator).load(path / "m")


@pytest.mark.parametrize(
    "labels",
    [
        np.array(["9", "10"]),
        np.array(["9", "10"], dtype=object),
        np.array([0.0, 1.0], dtype=np.float32),
        np.array([3, -1], dtype=np.int8),
        np.array([True, False]),
        np.array(["b", "a", "10", "9"]),
    ],
    ids=str,
)
def test_load__labels_of_any_type__classes_keep_type_and_order(
    X: np.ndarray, tmp_path: Path, labels: np.ndarray
) -> None:
    y = labels[np.digitize(X[:, 0], np.linspace(-1, 1, len(labels) + 1)[1:-1])]
    net = NetClassifier(**QUICK).fit(X, y)
    loaded = saved_and_loaded(net, tmp_path)

    for estimator in (net, loaded):
        assert estimator.classes_.dtype == np.unique(y).dtype
        assert estimator.classes_.tolist() == np.unique(y).tolist()
    assert loaded.predict_proba(X).tolist() == net.predict_proba(X).tolist()
    assert loaded.predict(X).tolist() == net.predict(X).tolist()


def test_load__labels_that_are_numbers_as_text__scorers_see_the_same(X: np.ndarray, tmp_path: Path) -> None:
    y = np.where(X[:, 0] > 0, "10", "9")
    net = NetClassifier(**QUICK | {"max_epochs": 30, "lr": 0.05}).fit(X, y)
    auc = get_scorer("roc_auc")

    assert auc(net, X, y) > 0.9
    assert auc(saved_and_loaded(net, tmp_path), X, y) == auc(net, X, y)


@pytest.mark.parametrize(
    "net",
    [
        NetClassifier(**QUICK),
        NetClassifier(
            **QUICK,
            random_state=None,
            warm_start=True,
            verbose=1,
            class_weight={0: 2.0, 1: 1.0},
            kinds={"x1": "category"},
        ),
        NetRegressor(**QUICK, stacks=({"lr": 0.1}, {"seed": 3}), lr="auto", clip_norm=1.0, patience=None),
    ],
    ids=["defaults", "classes", "stacks"],
)
def test_load__parameters__are_those_that_were_asked_for(X: np.ndarray, tmp_path: Path, net: Any) -> None:
    asked = net.get_params()
    fitted = clone(net).fit(X, (X[:, 0] > 0).astype(int))

    assert fitted.get_params() == asked
    assert saved_and_loaded(fitted, tmp_path).get_params() == asked


@pytest.mark.parametrize("Estimator", [NetClassifier, NetRegressor])
def test_load__fitted_attributes__are_all_there(X: np.ndarray, tmp_path: Path, Estimator: Any) -> None:
    net = Estimator(**QUICK).fit(pd.DataFrame(X, columns=["x0", "x1", "x2"]), (X[:, 0] > 0).astype(int))

    def fitted(estimator: Any) -> set[str]:
        return {name for name in vars(estimator) if name.endswith("_")}

    assert fitted(saved_and_loaded(net, tmp_path)) == fitted(net)


def test_load__frame_with_names_as_of_an_array__refuses_another_order_as_before(
    X: np.ndarray, tmp_path: Path
) -> None:
    frame = pd.DataFrame(X, columns=["x0", "x1", "x2"])
    net = NetRegressor(**QUICK).fit(frame, X[:, 0])
    loaded = saved_and_loaded(net, tmp_path)

    assert loaded.predict(frame).tolist() == net.predict(frame).tolist()
    for estimator in (net, loaded):
        with pytest.raises(ValueError, match="feature names should match"):
            estimator.predict(frame[["x2", "x0", "x1"]])


def test_load__frame_of_numbered_names_from_an_array__has_no_names(X: np.ndarray, tmp_path: Path) -> None:
    net = saved_and_loaded(NetRegressor(**QUICK).fit(X, X[:, 0]), tmp_path)

    assert not hasattr(net, "feature_names_in_")
    assert net.predict(X).shape == (60,)


def test_load__file_without_what_was_asked__is_guessed(X: np.ndarray, tmp_path: Path) -> None:
    net = NetRegressor(**QUICK).fit(X, X[:, 0])
    model = net.model_
    model.asked = None
    save(model, tmp_path / "old")

    assert load(tmp_path / "old").asked is None
    assert NetRegressor.load(tmp_path / "old").predict(X).tolist() == net.predict(X).tolist()
