from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from netable import NetRegressor
from netable.errors import DataWarning
from small import QUICK

N = 300


def grouped(rng: np.random.Generator) -> tuple[pd.DataFrame, np.ndarray]:
    """Rows of forty patients, whose levels differ; the column of patients stands between two features."""
    patient = rng.integers(0, 40, N)
    a, b = rng.normal(size=(2, N))
    y = a + b + 3 * rng.normal(size=40)[patient]
    return pd.DataFrame({"a": a, "patient": [f"p{i}" for i in patient], "b": b}), y


def fitted(rng: np.random.Generator) -> tuple[NetRegressor, pd.DataFrame, np.ndarray]:
    X, y = grouped(rng)
    with pytest.warns(DataWarning, match=r"^Folds keep the rows of each 'patient'"):
        return NetRegressor(split="auto", **QUICK).fit(X, y), X, y


def test_split__auto__finds_the_groups_of_a_frame(rng: np.random.Generator, tmp_path: Path) -> None:
    net, X, _ = fitted(rng)

    assert net.model_.recipe.group_column == "patient"
    assert net.results_["left_out"] == {"patient": "tells which rows belong together"}
    fold = net.model_.out_of_fold.column("fold").to_numpy()
    assert pd.Series(fold).groupby(X["patient"].to_numpy()).nunique().max() == 1
    assert net.feature_importances_.shape == (3,)
    assert net.feature_importances_[1] == 0

    net.save(tmp_path / "m.netable")
    loaded = NetRegressor.load(tmp_path / "m.netable")
    assert loaded.split == "auto"
    assert list(loaded.feature_names_in_) == list(X.columns)
    assert np.array_equal(loaded.predict(X), net.predict(X))
    assert np.array_equal(net.predict(X.assign(patient="new")), net.predict(X))


def test_split__auto__finds_the_groups_of_an_array(rng: np.random.Generator) -> None:
    X, y = grouped(rng)
    order = np.argsort(X["patient"].to_numpy(), kind="stable")
    array = X.assign(patient=X["patient"].str[1:].astype(float)).to_numpy()[order]
    array[:, 1] = np.repeat(np.arange(60), 5)  # even groups that stand together
    y = array[:, 0] + 3 * rng.normal(size=60)[array[:, 1].astype(int)]

    with pytest.warns(DataWarning, match=r"^Folds .* 'x1'"):
        net = NetRegressor(split="auto", **QUICK).fit(array, y)

    other = array.copy()
    other[:, 1] = 7
    assert net.n_features_in_ == 3
    assert np.array_equal(net.predict(other), net.predict(array))
    assert np.array_equal(net.predict(other[:1]), net.predict(array[:1]))
    assert not np.array_equal(net.predict(array[:, [2, 1, 0]]), net.predict(array))


@pytest.mark.parametrize("given", ["groups", "X_val"])
def test_split__auto_beside_a_split_of_ones_own__is_not_searched(
    rng: np.random.Generator, given: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    X, y = grouped(rng)
    more: dict[str, Any] = {"groups": np.arange(N) // 10} if given == "groups" else {"X_val": X, "y_val": y}
    for kind in ("time", "group"):
        monkeypatch.setattr(f"netable.fit.structure.find.{kind}_candidates", None)

    net = NetRegressor(split="auto", **QUICK).fit(X, y, **more)

    assert net.model_.recipe.group_column == ("group" if given == "groups" else None)


def test_partial_fit__split_auto__looks_for_nothing(
    rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("netable.fit.preparation.prepare.find_structure", None)
    X, y = grouped(rng)

    net = NetRegressor(split="auto").partial_fit(X, y)

    assert net.model_.recipe.group_column is None
