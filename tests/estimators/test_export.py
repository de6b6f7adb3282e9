from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnxruntime
import pandas as pd
import pytest

from netable import NetClassifier, NetRegressor
from netable.errors import UserError
from small import QUICK, mixed_frame


def test_export__array__takes_a_column_for_each_feature(rng: np.random.Generator, tmp_path: Path) -> None:
    X = rng.normal(size=(80, 3))
    net = NetRegressor(**QUICK).fit(X, X @ [1.0, 2.0, 3.0])
    exported = net.export(tmp_path / "m.onnx", check=X[:5], interval=0.8)
    session = onnxruntime.InferenceSession(tmp_path / "m.onnx")
    feeds = {f"x{i}": X[:, i : i + 1] for i in range(3)}
    prediction, lower, upper = session.run(["prediction", "lower", "upper"], feeds)

    assert exported.proof.rows > 80 + 5
    np.testing.assert_allclose(prediction, net.predict(X), rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose([lower, upper], net.predict_interval(X, 0.8), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("target", ["dear", "third"])
def test_export__frame__predicts_the_same_labels(target: str, tmp_path: Path) -> None:
    frame = mixed_frame()
    X = frame.drop(columns=["name", "empty", "price", "dear", "third"])
    net = NetClassifier(**QUICK).fit(X, frame[target])
    net.export(tmp_path / "m.onnx", dates="iso")
    session, feeds = onnxruntime.InferenceSession(tmp_path / "m.onnx"), {}
    for each in json.loads(session.get_modelmeta().custom_metadata_map["inputs"]):
        column = X[each["column"]]
        if each["type"] == "str":
            texts = (
                column.dt.strftime("%Y-%m-%d") if each["kind"] == "date" else column.astype(object).fillna("")
            )
            feeds[each["name"]] = texts.to_numpy(dtype=object)[:, None]
        else:
            feeds[each["name"]] = column.to_numpy(dtype=np.float64)[:, None]
    labels, probabilities = session.run(["prediction", "probabilities"], feeds)

    assert pd.Series(labels).equals(pd.Series(net.predict(X)))
    np.testing.assert_allclose(probabilities, net.predict_proba(X), atol=1e-5)


def test_export__before_fit__is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is not fitted yet"):
        NetClassifier().export(tmp_path / "m.onnx")
