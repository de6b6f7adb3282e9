"""Groups and times of rows, for the folds of an estimator."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import sklearn
from sklearn.model_selection import GroupKFold, cross_validate

from netable import NetClassifier, NetRegressor
from netable.errors import DataError
from small import QUICK

ROWS = 120
GROUPS = np.arange(ROWS) % 12


@pytest.fixture
def X(rng: np.random.Generator) -> np.ndarray:
    return rng.normal(size=(ROWS, 3))


def folds_of(net: Any) -> np.ndarray:
    return net.model_.out_of_fold["fold"].to_numpy(zero_copy_only=False)


@pytest.mark.parametrize(
    "make",
    [
        lambda groups: groups,
        lambda groups: [f"g{group}" for group in groups],
        lambda groups: pd.Series(groups + 2**60, name="site"),
        lambda groups: pl.Series(groups),
        lambda groups: pa.chunked_array([groups]),
        lambda groups: groups.astype(object),
    ],
    ids=["array", "list", "long codes", "polars", "arrow", "objects"],
)
def test_fit__groups__stay_in_one_fold(X: np.ndarray, make: Any) -> None:
    net = NetRegressor(**QUICK | {"folds": 3}).fit(X, X[:, 0], groups=make(GROUPS))
    folds = folds_of(net)

    assert set(folds) == {0, 1, 2}
    assert all(len(set(folds[group == GROUPS])) == 1 for group in range(12))
    assert net.n_features_in_ == 3
    assert net.predict(X).shape == (ROWS,)


@pytest.mark.parametrize(
    "make",
    [
        lambda order: order,
        lambda order: pd.Series(
            pd.Timestamp("2024-01-01", tz="Asia/Seoul") + pd.to_timedelta(order, unit="D")
        ),
        lambda order: np.datetime64("2024-01-01") + order,
        lambda order: [f"2024-01-01 00:{minute // 60:02}:{minute % 60:02}" for minute in order],
    ],
    ids=["numbers", "zone", "datetime64", "texts"],
)
def test_fit__time__later_folds_are_later(X: np.ndarray, make: Any, rng: np.random.Generator) -> None:
    order = rng.permutation(ROWS)
    net = NetRegressor(**QUICK).fit(X, X[:, 0], time=make(order))
    folds = folds_of(net)[np.argsort(order)].astype(float)

    assert np.isnan(folds[0])
    assert (np.diff(folds[~np.isnan(folds)]) >= 0).all()
    assert net.results_["columns"] == 3


@pytest.mark.usefixtures("without_charts")
def test_fit__groups_of_a_frame_with_that_name__do_not_meet_its_columns(
    X: np.ndarray, tmp_path: Path
) -> None:
    frame = pd.DataFrame(X, columns=["group", "time", "x"])
    net = NetClassifier(**QUICK).fit(frame, X[:, 0] > 0, groups=GROUPS)
    net.save(tmp_path / "m")
    net.report(tmp_path / "r.html")
    net.report(tmp_path / "r.html", frame, X[:, 0] > 0)

    loaded = NetClassifier.load(tmp_path / "m")
    assert loaded.feature_names_in_.tolist() == ["group", "time", "x"]
    assert loaded.predict(frame).tolist() == net.predict(frame).tolist()


def test_cross_validate__groups_are_routed__folds_inside_are_by_group(X: np.ndarray) -> None:
    with sklearn.config_context(enable_metadata_routing=True):
        net = NetRegressor(**QUICK | {"folds": 4}).set_fit_request(groups=True)
        result = cross_validate(
            net,
            X,
            X[:, 0],
            cv=GroupKFold(3),
            params={"groups": GROUPS},
            return_estimator=True,
            return_indices=True,
        )

    for inner, rows in zip(result["estimator"], result["indices"]["train"], strict=True):
        folds = folds_of(inner)
        assert all(len(set(folds[group == GROUPS[rows]])) == 1 for group in set(GROUPS[rows]))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"groups": GROUPS[:-1]}, "inconsistent numbers of samples"),
        ({"groups": np.zeros((ROWS, 2))}, "must be one value for each row"),
        ({"groups": GROUPS, "time": GROUPS}, "not both"),
        ({"groups": np.where(GROUPS == 0, np.nan, GROUPS)}, "The group is missing in rows 1, 13"),
        ({"time": [f"Monday {i}" for i in GROUPS]}, "holds text, whose order is that of the alphabet"),
        ({"groups": GROUPS, "X_val": np.zeros((3, 3)), "y_val": [1, 2, 3]}, "which X_val replaces"),
    ],
)
def test_fit__groups_or_times_that_cannot_be__are_refused(
    X: np.ndarray, given: dict[str, Any], message: str
) -> None:
    with pytest.raises(DataError, match=message):
        NetRegressor(**QUICK).fit(X, X[:, 0], **given)
