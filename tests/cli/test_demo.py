from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import pytest

from netable.config.settings import Settings


@pytest.fixture
def quick(monkeypatch) -> None:
    """The demonstration's own settings take seconds."""
    short = {"embedding": "none", "max_epochs": 2, "folds": 2, "hidden_layer_sizes": (8,)}
    monkeypatch.setattr("netable.cli.demo.Settings", partial(Settings, **short))


@pytest.fixture
def without_report(monkeypatch) -> None:
    """Writing the page takes longer than anything else."""
    monkeypatch.setattr("netable.report.write_report", lambda *_, **__: None)


@pytest.mark.usefixtures("quick", "without_charts")
def test_demo__shows_the_whole_way(cli):
    ended = cli("demo")

    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith("569 tumours, 30 measurements of each; the diagnosis is to be predicted.\n")
    for text in (
        "binary: diagnosis from 30 columns (30 number)",
        "564 rows, 2 networks",
        "netable  constant",
        "Loaded again from netable-demo/model.netable; 5 rows that were kept aside:",
        "prediction  proba_malignant  truth",
    ):
        assert text in ended.out
    assert max(map(len, ended.out.splitlines())) < 80
    assert {"model.netable", "report.html"} <= {file.name for file in Path("netable-demo").iterdir()}


@pytest.mark.usefixtures("quick", "without_report")
def test_demo__again__replaces_the_first_but_nothing_else(cli):
    assert cli("demo").code == 0
    assert cli("demo").code == 0
    Path("mine").mkdir()
    Path("mine/thesis.txt").touch()

    ended = cli("demo", "-o", "mine")

    assert ended.code == 2
    assert "mine exists already." in ended.err


@pytest.mark.usefixtures("quick", "without_report")
def test_demo__json__has_the_figures_and_five_predictions(cli):
    found = json.loads(cli("demo", "--json", "-o", "here").out)

    assert found["model"] == "here/model.netable"
    assert len(found["predictions"]) == 5
    assert {"valid", "baseline", "rows"} <= set(found)


@pytest.mark.usefixtures("without_report")
def test_demo__in_two_folds__is_far_better_than_a_constant(cli, monkeypatch):
    monkeypatch.setattr("netable.cli.demo.Settings", partial(Settings, folds=2))
    ended = cli("demo", "--json")
    assert ended.code == 0, ended.err
    found = json.loads(ended.out)

    assert found["valid"]["roc_auc"] > 0.97
    assert found["valid"]["log_loss"] < 0.5 * found["baseline"]["log_loss"]
