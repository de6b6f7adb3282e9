"""Whatever is given to an estimator, it works or is refused in one of our errors."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
from hypothesis import given
from hypothesis import strategies as st

from netable import NetClassifier, NetRegressor
from netable.errors import UserError
from small import QUICK

ODD = st.sampled_from(
    [
        None,
        3,
        "text",
        b"bytes",
        [],
        {},
        [[]],
        [{}],
        [[1.0, "a"]],
        [[1.0], [1.0, 2.0]],
        {"age": 1},
        {"age": [1], "job": ["cook", "clerk"]},
        {"age": {}, "job": "cook"},
        {1: 2},
        [{"age": 1}, 2],
        object(),
        range(3),
        iter([1.0]),
        np.float64(1),
        np.array([1.0, 2.0]),
        np.zeros((2, 2, 2)),
        np.array([[1 + 2j, 0]]),
        np.array([["2011-01-01", "2012-01-01"]], "datetime64[D]"),
        np.array([[object(), 1.0]], object),
        np.array([[[1], 2.0]], object),
        np.zeros((3, 2), dtype=[("a", float)]),
        np.zeros((0, 2)),
        np.full((3, 2), np.inf),
        np.ma.masked_array([[1.0, 2.0]], [[True, False]]),
        np.array([["1", "x"]]),
        scipy.sparse.csr_matrix((3, 2)),
        scipy.sparse.csr_matrix(np.array([1.0, 2.0])),
        pd.Series([1, 2], name="age"),
        pd.Series({"age": 3, "job": "cook"}),
        pd.Series({"age": [3], "job": {}}),
        pd.DataFrame({"age": [1], "job": [["list"]]}),
        pd.DataFrame({"age": ["many"], "job": ["cook"]}),
        pd.DataFrame([[1, 2], [3, 4]], columns=["age", "age"]),
        pd.DataFrame({("age", "x"): [1], ("job", "y"): [2]}),
        pd.DataFrame({"age": pd.Series([1, 2], dtype="Sparse[int]"), "job": "cook"}),
        pd.DataFrame({"age": pd.interval_range(0, 2), "job": "cook"}),
        pd.DataFrame({"age": pd.period_range("2020", periods=2, freq="D"), "job": "cook"}),
        pd.DataFrame({"age": pd.to_timedelta([1, 2], unit="D"), "job": "cook"}),
        pd.DataFrame({"age": [1 + 2j], "job": "cook"}),
        pd.DataFrame(index=range(3)),
    ]
)
FRAME = pd.DataFrame({"age": np.arange(40.0), "job": ["cook", "clerk"] * 20})


@pytest.fixture(scope="module")
def nets() -> list[Any]:
    X = np.arange(80.0).reshape(40, 2)
    return [NetRegressor(**QUICK).fit(FRAME, FRAME["age"]), NetClassifier(**QUICK).fit(X, FRAME["job"])]


def attempt(call: Any) -> None:
    """Only our errors may come out."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        refused = ""
        try:
            call()
        except UserError as error:
            refused = str(error)
    assert len(refused) < 1000


@given(X=ODD, frame=st.booleans())
def test_predict__anything__is_predicted_or_refused_by_us(nets: list[Any], X: Any, frame: bool) -> None:
    net = nets[0 if frame else 1]
    attempt(lambda: net.predict(X))
    attempt(lambda: net.model_.predict(X))


@given(X=ODD, y=ODD)
def test_fit__anything__is_learned_from_or_refused_by_us(X: Any, y: Any) -> None:
    attempt(lambda: NetRegressor(**QUICK).fit(X, y))
    attempt(lambda: NetClassifier(**QUICK).fit(FRAME, y))
    attempt(lambda: NetClassifier(**QUICK).partial_fit(X, y))


@given(other=ODD, name=st.sampled_from(["sample_weight", "groups", "time", "X_val", "y_val"]))
def test_fit__anything_beside_the_rows__is_used_or_refused_by_us(other: Any, name: str) -> None:
    attempt(lambda: NetRegressor(**QUICK).fit(FRAME, FRAME["age"], **{name: other}))
