from __future__ import annotations

import pickle
from copy import deepcopy
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.model_selection import cross_val_score
from torch import nn

from netable import NetClassifier, NetRegressor
from netable.errors import ConfigError, ModelFileError
from netable.nn import MLP
from small import mixed_frame

QUICK: dict[str, Any] = {"max_epochs": 20, "batch_size": 16, "folds": 2}


def two_layers(d_in: int, d_out: int, width: int = 16) -> nn.Module:
    return nn.Sequential(nn.Linear(d_in, width), nn.ReLU(), nn.Dropout(0.1), nn.Linear(width, d_out))


class OneLayer(nn.Linear):
    """A class is a function that makes networks, too."""


@pytest.fixture(scope="module")
def X() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(240, 3))


@pytest.fixture(scope="module")
def classifier(X: np.ndarray) -> NetClassifier:
    return NetClassifier(model=two_layers, **QUICK).fit(X, X[:, 0] > 0)


def test_fit__own_network__learns_as_ours_does(X: np.ndarray, classifier: NetClassifier) -> None:
    ours = NetClassifier(model="mlp", hidden_layer_sizes=(16,), **QUICK).fit(X, X[:, 0] > 0)

    assert classifier.score(X, X[:, 0] > 0) > 0.9
    assert classifier.results_["valid"]["accuracy"] == pytest.approx(
        ours.results_["valid"]["accuracy"], abs=0.06
    )
    assert isinstance(classifier.module_.stacks[0].body.networks, nn.Sequential)
    assert "  2 × Sequential" in repr(classifier.module_)


@pytest.mark.parametrize(
    ("model", "optimizer"),
    [
        pytest.param(two_layers, "adamw", id="function-adamw"),
        pytest.param(two_layers, "muon", id="function-muon"),
        pytest.param(OneLayer, "sgd", id="class-sgd"),
        pytest.param(partial(MLP, hidden_layer_sizes=(8,)), "muon", id="partial-muon"),
    ],
)
def test_fit__own_regression_network__explains_the_target(X: np.ndarray, model: Any, optimizer: str) -> None:
    noise = 0.3 * np.random.default_rng(1).normal(size=(len(X), 2))
    y = np.column_stack([X[:, 0] + 5, X[:, 1] - X[:, 2]]) + noise

    net = NetRegressor(model=model, optimizer=optimizer, **QUICK).fit(X, y)

    assert net.score(X, y) > 0.7
    assert [verdict.id for verdict in net.diagnose() if verdict.severity == "serious"] == []


def test_fit__own_network_and_few_rows__works_in_float64(X: np.ndarray) -> None:
    net = NetRegressor(model=two_layers, **QUICK).fit(X[:40], X[:40, 0])

    assert net.module_.dtype == torch.float64
    assert net.predict(X[:2]).shape == (2,)


def test_fit__own_network__takes_the_features_of_every_kind_of_column() -> None:
    frame = mixed_frame()
    net = NetClassifier(model=two_layers, max_epochs=3, folds=2)

    net.fit(frame[["size [m²]", "city", "garden", "sold"]], frame["third"])

    (stack,) = net.module_.stacks
    assert stack.body.networks[0].weight.shape == (len(stack), 16, stack.inputs.d_out)


def test_fit__own_network__is_the_same_again(X: np.ndarray, classifier: NetClassifier) -> None:
    again = clone(classifier).fit(X, X[:, 0] > 0)

    assert np.array_equal(again.predict_proba(X), classifier.predict_proba(X))


def test_parameters__own_network__follow_scikit_learn(X: np.ndarray, classifier: NetClassifier) -> None:
    assert classifier.get_params()["model"] is two_layers
    assert clone(classifier).model is two_layers
    assert cross_val_score(classifier, X, X[:, 0] > 0, cv=2).min() > 0.8


def test_copies__own_network__predict_the_same(X: np.ndarray, classifier: NetClassifier) -> None:
    for other in (pickle.loads(pickle.dumps(classifier)), deepcopy(classifier)):
        assert np.array_equal(other.predict_proba(X), classifier.predict_proba(X))


def test_continued__own_network__goes_on_from_its_weights(X: np.ndarray) -> None:
    y = X[:, 0]
    net = NetRegressor(model=two_layers, warm_start=True, **QUICK).fit(X, y)
    net.fit(X, y)
    online = NetRegressor(model=two_layers).partial_fit(X, y)
    before = online.predict(X)

    assert net.score(X, y) > 0.9
    assert not np.array_equal(online.partial_fit(X, y).predict(X), before)


def test_checkpoint__own_network__can_be_used(X: np.ndarray, tmp_path: Path) -> None:
    net = NetRegressor(model=two_layers, checkpoint=tmp_path / "c", **QUICK).fit(X, X[:, 0])

    assert np.array_equal(net.predict(X), NetRegressor(model=two_layers, **QUICK).fit(X, X[:, 0]).predict(X))


def test_save__own_network__is_refused_with_a_way_out(classifier: NetClassifier, tmp_path: Path) -> None:
    error = (
        rf"m\.netable is not written: a model file holds no code, and {two_layers.__module__}\.two_layers made the "
        r"networks\. Keep the estimator with joblib\.dump"
    )

    with pytest.raises(ModelFileError, match=error):
        classifier.save(tmp_path / "m.netable")
    assert not list(tmp_path.iterdir())


def test_fit__network_in_place_of_a_function__is_told(X: np.ndarray) -> None:
    error = r"^model must be a function \(d_in, d_out\) that makes a new network, .*; got one Sequential\.$"

    with pytest.raises(ConfigError, match=error):
        NetRegressor(model=two_layers(3, 1)).fit(X, X[:, 0])


def test_fit__own_network_of_another_shape__is_told(X: np.ndarray) -> None:
    error = r"^A network that model made returned \(\d+, 3\) for an input of the shape \(\d+, 6\); it must "

    with pytest.raises(ConfigError, match=error):
        NetRegressor(model=lambda d_in, d_out: nn.Linear(d_in, 3), **QUICK).fit(X, X[:, 0])
