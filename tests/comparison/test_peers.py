"""Every library that is installed, with every loss; those that are missing are skipped, and say so."""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np
import pandas as pd
import pytest

from netable.comparison.peers import PEERS, Goal, Peer

each_peer = pytest.mark.parametrize(
    "name",
    [
        pytest.param(
            name, marks=pytest.mark.skipif(find_spec(name) is None, reason=f"{name} is not installed")
        )
        for name in PEERS
    ],
)


def table(rng: np.random.Generator, rows: int = 400) -> tuple[pd.DataFrame, np.ndarray]:
    """A category that decides most, of numbers that have gaps."""
    city = rng.choice(["a", "b", "c"], rows)
    x = rng.normal(size=rows)
    y = 3.0 + 2 * (city == "b") + np.abs(x) + rng.exponential(size=rows)
    return pd.DataFrame({"city": pd.Series(city).where(city != "c"), "x": np.where(x > 1, np.nan, x)}), y


@pytest.mark.filterwarnings("ignore")  # of other packages
@each_peer
@pytest.mark.parametrize("loss", ["mse", "mae", "huber", "poisson", "quantile"])
def test_peer__loss__is_what_it_predicts(name: str, loss: str, rng: np.random.Generator) -> None:
    X, y = table(rng)
    y = np.round(y) if loss == "poisson" else y

    predicted = PEERS[name](Goal("regression", 1, 0, loss, 0.9)).fit(X, y).predict(X)

    assert predicted.shape == (400,)
    if loss in ("mse", "huber", "poisson"):
        assert predicted.mean() == pytest.approx(y.mean(), rel=0.02)
        assert (predicted > 0).all()
    else:
        assert np.mean(y < predicted) == pytest.approx({"mae": 0.5, "quantile": 0.9}[loss], abs=0.1)
    assert np.corrcoef(predicted, y)[0, 1] > 0.6


@pytest.mark.filterwarnings("ignore")
@each_peer
def test_peer__weights__count(name: str, rng: np.random.Generator) -> None:
    X, y = table(rng)
    heavy = np.where(y > np.median(y), 1.0, 1e-6)

    predicted = PEERS[name](Goal("regression", 1)).fit(X, y, heavy).predict(X)

    assert predicted.mean() > y.mean() + 0.3


@pytest.mark.filterwarnings("ignore")
@each_peer
def test_peer__several_targets__each_has_a_model(name: str, rng: np.random.Generator) -> None:
    X, y = table(rng)

    predicted = PEERS[name](Goal("regression", 1)).fit(X, np.column_stack([y, -y])).predict(X)

    assert predicted.shape == (400, 2)
    assert np.corrcoef(predicted.T)[0, 1] < -0.9


class Mean:
    """The mean of what it was given."""

    def fit(self, X: pd.DataFrame, y: np.ndarray) -> Mean:
        self.mean = y.mean()
        return self

    def predict(self, X: pd.DataFrame) -> np.ndarray:
        return np.full(len(X), self.mean)


def test_peer__fitted_twice__forgets_the_first_time() -> None:
    peer, X = Peer([], Mean()), pd.DataFrame({"x": [1.0, 2.0]})

    peer.fit(X, np.array([[1.0, 5.0], [3.0, 7.0]]))
    np.testing.assert_array_equal(peer.predict(X), [[2.0, 6.0], [2.0, 6.0]])
    np.testing.assert_array_equal(peer.fit(X, np.array([0.0, 1.0])).predict(X), [0.5, 0.5])
