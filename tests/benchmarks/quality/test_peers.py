"""Every method learns from the same odd table; those whose package is missing are skipped, and say so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import netable.estimators.estimators
from benchmarks.quality.errors import all_classes, class_error, regression_error
from benchmarks.quality.peers import METHODS, is_installed
from benchmarks.tables import load_index, split_table

SLOW = ("realmlp-td", "tabm-d", "netable")
PEERS = [
    pytest.param(name, marks=pytest.mark.slow if name in SLOW else ())
    for name in METHODS
    if not name.startswith("netable-")
]


@pytest.mark.filterwarnings("ignore")  # of other packages
@pytest.mark.parametrize("task", ["regression", "binary", "multiclass"])
@pytest.mark.parametrize("name", PEERS)
def test_peer__odd_table__has_an_error_below_a_constants(
    name: str, task: str, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not is_installed(name):
        pytest.skip(f"{METHODS[name].package} is not installed")
    monkeypatch.chdir(tmp_path)  # some leave files
    if name == "catboost-tuned":
        monkeypatch.setattr("benchmarks.quality.tuned_catboost.TRIALS", 3)
    table = next(table for table in load_index(folder) if table.task == task)
    split = split_table(folder, table, rows=90, seed=0)

    model = METHODS[name].make(task, 1).fit(split.X, split.y)

    if task == "regression":
        assert regression_error(split.y_test, model.predict(split.X_test)) < 1
    else:
        probability = all_classes(model.predict_proba(split.X_test), model.classes_, len(split.labels))
        assert class_error(split.y_test, probability) < {"binary": 0.5, "multiclass": 3.0}[task]


def test_linear__many_levels__takes_the_sparse_matrix() -> None:
    levels = pd.Series([f"level {i}" for i in range(60)] * 3)
    y = np.tile(np.random.default_rng(0).normal(size=60), 3)

    model = METHODS["linear"].make("regression", 1).fit(levels.to_frame("x"), y)

    assert regression_error(y, model.predict(levels.to_frame("x"))) < 0.2


@pytest.mark.parametrize("effort", ["fast", "standard", "best"])
@pytest.mark.parametrize(("task", "kind"), [("regression", "NetRegressor"), ("binary", "NetClassifier")])
def test_netable__effort__reaches_the_estimator(
    effort: str, task: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def made(**settings: Any) -> tuple[str, dict[str, Any]]:
        return kind, settings

    monkeypatch.setattr(netable.estimators.estimators, kind, made)

    assert METHODS[f"netable-{effort}"].make(task, 1) == (kind, {"effort": effort})


def test_methods__long_ones__have_to_be_asked_for() -> None:
    assert [name for name, method in METHODS.items() if not method.by_default] == [
        "netable",
        "catboost-tuned",
    ]


def test_tuned_catboost__samples__stay_within_the_space_and_differ() -> None:
    pytest.importorskip("catboost", reason="catboost is not installed")
    from benchmarks.quality.tuned_catboost import sample_settings

    rng = np.random.default_rng(0)
    found = [sample_settings(rng) for _ in range(200)]

    assert {settings["depth"] for settings in found} == {4, 5, 6, 7, 8}
    assert all(np.exp(-5) <= settings["learning_rate"] <= 1 for settings in found)
    assert all(1 <= settings["l2_leaf_reg"] <= 10 for settings in found)
    assert len({settings["bagging_temperature"] for settings in found}) == 200
