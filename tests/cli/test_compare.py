from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli_runs import Terminal

FAST = (
    "--max-epochs",
    "2",
    "--hidden-layer-sizes",
    "4",
    "--methods",
    "constant,linear",
    "--outer-folds",
    "2",
)
ON_PRICE = ("--target", "price", "--ignore-columns", "dear", *FAST)


def test_compare__table__says_who_is_ahead(cli, houses_csv):
    ended = cli("compare", houses_csv, *ON_PRICE)

    assert ended.code == 0, ended.err
    lines = ended.out.splitlines()
    assert lines[0].startswith("regression: price from 5 columns; 120 rows, 2 folds at random, ")
    assert lines[2].split() == ["rmse", "95%", "interval", "higher", "by", "p", "fit", "s", "predict", "s"]
    assert {lines[3].split()[0], lines[4].split()[0]} == {"constant", "linear"}
    assert "the mean of 2 folds" in lines[6]
    assert max(map(len, lines[:5])) <= 80
    assert ended.err == "note: Left out, looks like an identifier: 'id'. To keep a column, set its kind.\n"


def test_compare__json__is_the_whole_comparison(cli, houses_csv):
    found = json.loads(cli("compare", houses_csv, *ON_PRICE, "--json").out)

    assert found["metric"] == "rmse"
    assert found["outer_folds"] == 2
    assert [len(method["by_fold"]) for method in found["methods"]] == [2, 2]
    assert found["best"] == found["methods"][0]["name"]
    assert found["differences"][0]["name"] == found["methods"][1]["name"]
    assert found["verdict"]


def test_compare__output__is_a_folder_with_figures_and_page(cli, houses_csv):
    ended = cli("compare", houses_csv, *ON_PRICE, "-o", "compared")

    assert ended.out.splitlines()[-1] == "Everything is in compared."
    assert sorted(path.name for path in Path("compared").iterdir()) == ["comparison.json", "report.html"]
    found = json.loads(Path("compared/comparison.json").read_text(encoding="utf-8"))
    assert found["verdict"][0] in ended.out
    assert "Which method suits price?" in Path("compared/report.html").read_text(encoding="utf-8")
    again = cli("compare", houses_csv, *ON_PRICE, "-o", "compared")
    assert (again.code, "exists already" in again.err) == (2, True)


def test_compare__settings__reach_every_method(cli, houses_csv):
    Path("own.yaml").write_text("loss: mae\n")

    found = json.loads(
        cli("compare", houses_csv, *ON_PRICE, "--config", "own.yaml", "--seed", "3", "--json").out
    )

    assert (found["metric"], found["seed"]) == ("mae", 3)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--methods", "lihgtgbm"), "netable: A method cannot be 'lihgtgbm'. Did you mean 'lightgbm'?"),
        (("--outer-folds", "1"), "netable: --outer-folds must be an integer of at least 2; got 1."),
        (("--outer-folds", "two"), "netable: --outer-folds takes a number; got 'two'."),
        (("--folds", "4"), "netable: No such option: --folds"),
    ],
)
def test_compare__mistake__is_one_line(cli, houses_csv, arguments, said):
    ended = cli("compare", houses_csv, "--target", "price", *arguments)

    assert ended.code == 2
    assert ended.out == ""
    assert ended.err.splitlines()[-1].startswith(said)


def test_compare__methods_that_are_missing__are_named(cli, houses_csv, monkeypatch):
    monkeypatch.setattr("netable.comparison.run.is_installed", lambda name: name in ("constant", "linear"))
    arguments = ("--target", "price", "--max-epochs", "1", "--outer-folds", "2")

    ended = cli("compare", houses_csv, *arguments)

    assert (
        "Not installed: mlp, auto, lightgbm, xgboost, catboost. Try: pip install 'netable[compare]'"
        in ended.out
    )


def test_compare__method_that_fails__is_named(cli, houses_csv, monkeypatch):
    def fail(*_):
        raise ValueError("no such thing \x1b")

    monkeypatch.setattr("netable.comparison.methods.trees", fail)

    ended = cli("compare", houses_csv, *ON_PRICE, "--methods", "lightgbm")

    assert "lightgbm failed: ValueError: no such thing �" in ended.out


def test_compare__in_a_terminal__shows_whose_turn_it_is(cli, houses_csv, monkeypatch):
    stderr = Terminal()
    monkeypatch.setattr("sys.stderr", stderr)
    monkeypatch.setenv("TERM", "xterm")

    cli("compare", houses_csv, *ON_PRICE)

    assert "fold 1: constant" in stderr.getvalue() or "fold 2: constant" in stderr.getvalue()
