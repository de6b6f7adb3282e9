from __future__ import annotations

import pickle
from copy import copy
from pathlib import Path

import numpy as np
import pytest
from sklearn import config_context
from sklearn.base import clone

import netable
from netable import NetClassifier, NetRegressor
from netable.errors import DataError
from netable.model.model import Model
from page_reader import undrawn

QUICK = {"embedding": "none", "max_epochs": 2, "hidden_layer_sizes": (4,), "folds": 2}
GONE = r"^The rows of fit are gone: they are neither saved nor pickled, nor kept by partial_fit\. Pass X and y\.$"


@pytest.fixture(scope="module")
def X() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(160, 3))


@pytest.fixture(scope="module")
def net(X: np.ndarray) -> NetClassifier:
    return NetClassifier(**QUICK).fit(X, X[:, 0] > 0)


def test_diagnose__fitted__gives_the_verdicts_of_its_model(net: NetClassifier) -> None:
    assert net.diagnose() == net.model_.diagnose()


def test_explain__no_rows__takes_those_that_the_fit_was_validated_on(net: NetClassifier) -> None:
    explanation = net.explain()

    assert explanation.table.num_rows == 160
    assert explanation.fold is not None
    assert explanation.importance(repeats=2)[0].name == "x0"


def test_report__no_rows__is_that_of_the_model(net: NetClassifier, tmp_path: Path) -> None:
    with undrawn():
        net.report(tmp_path / "estimator.html")
        netable.write_report(net.model_, tmp_path / "model.html")

    assert (tmp_path / "estimator.html").read_bytes() == (tmp_path / "model.html").read_bytes()


def test_rows_of_fit__saved_pickled_or_copied__are_left_out(net: NetClassifier, tmp_path: Path) -> None:
    net.save(tmp_path / "m.netable")
    pickled = pickle.dumps(net)

    assert net.model_.learned_from is not None
    assert b"judged_rows" not in pickled
    for other in (pickle.loads(pickled), copy(net), NetClassifier.load(tmp_path / "m.netable")):
        assert other.diagnose() == net.diagnose()
        with pytest.raises(DataError, match=GONE):
            other.explain()
        with pytest.raises(DataError, match=GONE):
            other.report(tmp_path / "r.html")
    assert not (tmp_path / "r.html").exists()


def test_rows_of_fit__after_partial_fit__are_gone(X: np.ndarray) -> None:
    net = NetRegressor(**QUICK).fit(X, X[:, 0]).partial_fit(X[:20], X[:20, 0])

    assert b"judged_weight" not in pickle.dumps(net)
    with pytest.raises(DataError, match=GONE):
        net.explain()


def test_html__fitted__is_the_diagram_and_the_model(
    net: NetClassifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Model, "_repr_html_", lambda model: f"<p>{model.task}</p>", raising=False)

    assert "sk-top-container" in clone(net)._repr_html_()
    assert "<p>binary</p>" not in clone(net)._repr_html_()
    assert "sk-top-container" in net._repr_html_()
    assert net._repr_html_().endswith("<p>binary</p>")
    assert net._repr_mimebundle_()["text/html"].endswith("<p>binary</p>")
    with config_context(display="text"):
        assert not hasattr(net, "_repr_html_")
