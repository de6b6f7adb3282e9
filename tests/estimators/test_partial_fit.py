"""`partial_fit`: the first rows do not decide what later rows must be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import r2_score

from netable import NetClassifier, NetRegressor
from netable.errors import DataError, DataWarning

SMALL: dict[str, Any] = {"embedding": "none", "hidden_layer_sizes": (8,), "lr": 0.02}

pytestmark = pytest.mark.filterwarnings("ignore:Levels never seen:netable.DataWarning")


def test_partial_fit__first_rows_of_one_class__asks_for_classes_and_takes_them(
    rng: np.random.Generator,
) -> None:
    X = rng.normal(size=(40, 2))
    y = np.where(X[:, 0] > 0, "b", "a")
    first = X[:, 0] > 0
    with pytest.raises(
        DataError, match=r"hold one class only, 'b'; name all of them in the first call: classes="
    ):
        NetClassifier(**SMALL).partial_fit(X[first], y[first])

    net = NetClassifier(**SMALL).partial_fit(X[first], y[first], classes=["a", "b"])
    assert net.partial_fit(X[~first], y[~first]).predict(X).shape == (40,)


def test_partial_fit__one_row_at_a_time__learns(rng: np.random.Generator) -> None:
    X = rng.normal(size=(150, 2))
    frame = pd.DataFrame(X, columns=["a", "b"])
    classifier, regressor = NetClassifier(**SMALL), NetRegressor(**SMALL)
    for i in range(150):
        classifier.partial_fit(frame[i : i + 1], [X[i, 0] > 0], classes=[False, True])
        regressor.partial_fit(X[i : i + 1], [X[i, 0]])

    assert classifier.score(frame, X[:, 0] > 0) > 0.8
    assert np.isfinite(regressor.predict(X)).all()


def test_partial_fit__columns_constant_in_the_first_rows__are_learned_from_later(
    rng: np.random.Generator,
) -> None:
    def rows(n: int, *, first: bool) -> tuple[pd.DataFrame, np.ndarray]:
        frame = pd.DataFrame(
            {
                "x": rng.normal(size=n),
                "level": np.zeros(n) if first else rng.normal(size=n),
                "open": np.ones(n, bool) if first else rng.random(n) < 0.5,
                "city": ["Seoul"] * n if first else rng.choice(["Seoul", "Busan"], n),
            }
        )
        return frame, (frame["x"] + 2 * frame["level"] + frame["open"] + (frame["city"] == "Busan")).to_numpy(
            float
        )

    net = NetRegressor(**SMALL).partial_fit(*rows(64, first=True))
    for _ in range(60):
        net.partial_fit(*rows(64, first=False))
    frame, y = rows(200, first=False)
    assert r2_score(y, net.predict(frame)) > 0.9


@pytest.mark.parametrize("scale", [1 / 3, 7.0, 1e-9, 1e12])
@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_weights__of_another_scale__give_the_same_bits(
    rng: np.random.Generator, method: str, scale: float
) -> None:
    X = rng.normal(size=(120, 3))
    weight = rng.random(120)
    nets = [NetRegressor(**SMALL | {"max_epochs": 3, "folds": 2}) for _ in range(2)]
    for net, unit in zip(nets, (1, scale), strict=True):
        getattr(net, method)(X, X[:, 0], sample_weight=weight * unit)
        if method == "partial_fit":
            net.partial_fit(X, X[:, 0], sample_weight=weight * unit * 2)

    assert nets[0].predict(X).tobytes() == nets[1].predict(X).tobytes()
    assert nets[0].results_["valid"] == nets[1].results_["valid"]


def test_partial_fit__numbers_of_later_rows__belong_to_the_training(
    rng: np.random.Generator, tmp_path: Path
) -> None:
    X = rng.normal(size=(150, 2))
    net = NetRegressor(**SMALL).partial_fit(X[:1], X[:1, 0])
    net.predict(X)  # one row shows no range

    net.partial_fit(X[:3], X[:3, 0])
    net.partial_fit(100 * X, X[:, 0])  # nor do three
    ranges = net.model_.encoder.ranges
    assert ranges == tuple((100 * low, 100 * high) for low, high in zip(X.min(0), X.max(0), strict=True))
    net.predict(100 * X)
    far = r"^Farther outside the range .*: 'x0' \(1\), 'x1' \(1\)\.$"
    with pytest.warns(DataWarning, match=far):
        net.predict([[1e4, 1e4]])

    with pytest.raises(DataError, match="y"):
        net.partial_fit(1000 * X, [np.nan] * 150)
    assert net.model_.encoder.ranges == ranges
    net.save(tmp_path / "m.netable")
    NetRegressor.load(tmp_path / "m.netable").predict(100 * X)
    with pytest.warns(DataWarning, match=far):
        net.partial_fit([[1e4, 1e4]], [0.0])
    net.predict([[1e4, 1e4]])
