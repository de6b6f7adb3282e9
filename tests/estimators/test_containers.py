"""Dicts, rows of frames and arrays of objects: used where their meaning is certain, else refused with a remedy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from netable import NetClassifier, NetRegressor
from netable.errors import DataError, DataWarning, SchemaError
from small import QUICK


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    return pd.DataFrame({"age": rng.integers(20, 60, 80), "job": rng.choice(["clerk", "cook", "nurse"], 80)})


@pytest.fixture(scope="module")
def net(frame: pd.DataFrame) -> Any:
    return NetClassifier(**QUICK).fit(frame, frame["job"] == "cook")


def in_dict(frame: pd.DataFrame) -> Any:
    return frame.iloc[0].to_dict()


CONTAINERS = {
    "dict": (in_dict, 1),
    "dict in another order": (lambda frame: dict(reversed(in_dict(frame).items())), 1),
    "list of dicts": (lambda frame: frame.head(3).to_dict("records"), 3),
    "dict of lists": (lambda frame: frame.head(3).to_dict("list"), 3),
    "dict of arrays": (lambda frame: {name: frame[name].to_numpy() for name in frame}, 80),
    "row of a frame": (lambda frame: frame.iloc[0], 1),
}


@pytest.mark.parametrize("container", CONTAINERS)
def test_predict__rows_in_a_container__are_those_of_the_frame(
    net: Any, frame: pd.DataFrame, container: str
) -> None:
    make, rows = CONTAINERS[container]
    expected = net.predict_proba(frame.head(rows)).tolist()

    assert net.predict_proba(make(frame)).tolist() == expected
    assert net.model_.predict_proba(make(frame)).tolist() == expected


def test_predict__objects_after_a_frame__go_by_position_with_a_warning(net: Any, frame: pd.DataFrame) -> None:
    with pytest.warns(DataWarning, match="its columns are taken in the order of training"):
        probability = net.predict_proba(frame.to_numpy())
    assert probability.tolist() == net.predict_proba(frame).tolist()


def test_predict__key_that_only_some_rows_have__is_missing_in_others(net: Any) -> None:
    expected = net.predict_proba(pd.DataFrame({"age": [30, 40], "job": ["cook", None]}))

    assert net.predict_proba([{"age": 30, "job": "cook"}, {"age": 40}]).tolist() == expected.tolist()


def test_predict__dict_without_a_column__names_it(net: Any) -> None:
    with pytest.raises(ValueError, match=r"Feature names seen at fit time, yet now missing:\n- job"):
        net.predict({"age": 30})


def test_fit__dict_of_columns__is_the_frame(net: Any, frame: pd.DataFrame) -> None:
    columns = {name: frame[name].tolist() for name in frame}
    same = NetClassifier(**QUICK).fit(columns, frame["job"] == "cook")

    assert same.predict_proba(frame).tolist() == net.predict_proba(frame).tolist()


def test_predict__dict_of_columns_of_different_lengths__is_refused(net: Any) -> None:
    with pytest.raises(SchemaError, match="X: its columns have different numbers of rows: 1, 2"):
        net.predict({"age": [30], "job": ["cook", "cook"]})


@pytest.mark.parametrize(
    "make",
    [
        lambda frame: frame.to_numpy(),
        lambda frame: frame.to_numpy().tolist(),
        lambda frame: frame.to_numpy().astype(str),
    ],
    ids=["objects", "lists", "texts"],
)
def test_fit__array_of_texts__names_the_cell_and_the_remedy(frame: pd.DataFrame, make: Any) -> None:
    message = (
        rf"X holds '{frame['job'][0]}' in row 1, column 2: an array holds only numbers\. Pass a DataFrame"
    )
    with pytest.raises(DataError, match=message):
        NetClassifier(**QUICK).fit(make(frame), frame["age"] > 40)


def test_fit__transformer_that_passes_texts__advice_works_when_followed(frame: pd.DataFrame) -> None:
    transformer = make_column_transformer((StandardScaler(), ["age"]), remainder="passthrough")
    pipeline = make_pipeline(transformer, NetClassifier(**QUICK))
    with pytest.raises(DataError, match=r"after set_output\(transform='pandas'\)"):
        pipeline.fit(frame, frame["age"] > 40)

    pipeline.set_output(transform="pandas").fit(frame, frame["age"] > 40)
    assert pipeline.predict(frame).shape == (80,)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"X_val": np.zeros((2, 1))}, "X_val is given without y_val"),
        ({"y_val": [0.0, 1.0]}, "y_val is given without X_val"),
    ],
)
def test_fit__half_of_the_validation_rows__is_called_that(given: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        NetRegressor(**QUICK).fit(np.arange(20.0)[:, None], np.arange(20.0), **given)
