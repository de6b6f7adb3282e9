"""Importances and out-of-fold predictions of a fitted estimator, and files that exist."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.feature_selection import RFE, SelectFromModel
from sklearn.metrics import log_loss, root_mean_squared_error

from netable import NetClassifier, NetRegressor
from netable.errors import DataError, FileError
from small import QUICK

LEARNS = QUICK | {"max_epochs": 30, "lr": 0.05, "hidden_layer_sizes": (8,)}


@pytest.fixture
def X(rng: np.random.Generator) -> np.ndarray:
    return rng.normal(size=(120, 4))


def test_feature_importances__one_column_matters__it_is_the_greatest(X: np.ndarray) -> None:
    X[:, 1] = 3.0
    net = NetRegressor(**LEARNS).fit(X, 2 * X[:, 2])
    importances = net.feature_importances_

    assert importances.shape == (4,)
    assert importances.argmax() == 2
    assert importances[1] < 1e-9
    assert (importances >= 0).all()
    assert importances[2] == max(each.mean for each in net.explain().importance())
    assert pickle.loads(pickle.dumps(net)).feature_importances_.tolist() == importances.tolist()


def test_selection__by_importances__keeps_the_column_that_matters(X: np.ndarray) -> None:
    y = 2 * X[:, 2]

    assert RFE(NetRegressor(**LEARNS), n_features_to_select=1, step=3).fit(X, y).support_.tolist() == [
        False,
        False,
        True,
        False,
    ]
    assert SelectFromModel(NetRegressor(**LEARNS)).fit(X, y).get_support()[2]


def test_oof_prediction__regression__gives_the_published_metric(X: np.ndarray) -> None:
    net = NetRegressor(**QUICK).fit(X, X[:, 0])
    two = NetRegressor(**QUICK).fit(X, X[:, :2])

    assert root_mean_squared_error(X[:, 0], net.oof_prediction_) == pytest.approx(
        net.results_["valid"]["rmse"]
    )
    assert two.oof_prediction_.shape == (120, 2)


def test_oof_prediction__classes__are_probabilities_in_their_order(X: np.ndarray) -> None:
    y = np.where(X[:, 0] > 0, "10", "9")
    net = NetClassifier(**LEARNS).fit(X, y)

    assert net.oof_prediction_.shape == (120, 2)
    assert log_loss(y, net.oof_prediction_, labels=net.classes_) == pytest.approx(
        net.results_["valid"]["log_loss"]
    )


def test_outcomes__rows_that_are_gone__are_no_attributes(X: np.ndarray, tmp_path: Path) -> None:
    NetRegressor(**QUICK).fit(X, X[:, 0]).save(tmp_path / "m")
    for net in (NetRegressor.load(tmp_path / "m"), NetRegressor(**QUICK).partial_fit(X, X[:, 0])):
        assert not hasattr(net, "feature_importances_")
        assert not hasattr(net, "oof_prediction_")
        with pytest.raises(DataError, match="The rows of fit are gone"):
            _ = net.feature_importances_
    assert not hasattr(NetRegressor(), "feature_importances_")


def test_save__file_that_exists__is_refused_unless_overwritten(X: np.ndarray, tmp_path: Path) -> None:
    net = NetRegressor(**QUICK).fit(X, X[:, 0])
    (tmp_path / "m").write_text("precious")

    with pytest.raises(
        FileError, match=r"exists already\. Name another file, or overwrite it with overwrite=True"
    ):
        net.save(tmp_path / "m")
    assert (tmp_path / "m").read_text() == "precious"
    net.save(tmp_path / "m", overwrite=True)
    assert NetRegressor.load(tmp_path / "m").predict(X).tolist() == net.predict(X).tolist()


def test_encode__frame__is_read_first(X: np.ndarray) -> None:
    frame = pd.DataFrame(X, columns=list("abcd"))
    model = NetRegressor(**QUICK).fit(frame, X[:, 0]).model_

    assert model.encode(frame).numbers.tolist() == model.encode(model.read(frame)).numbers.tolist()
