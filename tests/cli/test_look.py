from __future__ import annotations

import json
from pathlib import Path

import pytest

from netable.first_look import TimeLook


@pytest.fixture(autouse=True)
def _untimed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is timed."""
    monkeypatch.setattr(
        "netable.first_look.run.estimate", lambda *_: TimeLook(12.0, 50.0, {"training": 12.0}, "So.")
    )


def test_look__target__is_summarized_and_a_page_is_written(cli, houses_csv):
    ended = cli("look", houses_csv, "--target", "price", "--ignore-columns", "dear")

    assert ended.code == 0
    assert "format" not in ended.out.splitlines()[0]
    assert "delimited text, encoding utf-8, separated by ',', header line 1" in " ".join(ended.out.split())
    assert "120 rows, 8 columns" in ended.out
    assert "dear    left out" in ended.out
    assert "ignored, as asked" in ended.out
    assert "price   target" in ended.out
    assert "Training will take about 10 s, at most 50 s." in ended.out
    assert ended.out.splitlines()[-1] == "The page is look-houses.html."
    assert "A look at houses.csv" in Path("look-houses.html").read_text("utf-8")
    assert not Path("runs").exists()


def test_look__no_target__names_candidates(cli, houses_csv):
    ended = cli("look", houses_csv, "-o", "page.html")

    assert ended.code == 0
    assert "No target was named. Columns that could be one:" in ended.out
    assert "Training will take" not in ended.out


def test_look__json__has_everything_and_the_page(cli, houses_csv):
    ended = cli("look", houses_csv, "--target", "dear", "-o", "page.html", "--json", "--folds", "3")

    told = json.loads(ended.out)
    assert (told["target"]["task"], told["split"]["parts"], told["rows"]) == ("binary", 3, 120)
    assert (told["time"]["seconds"], told["page"]) == (12.0, "page.html")


def test_look__existing_page__is_kept_unless_forced(cli, houses_csv):
    assert cli("look", houses_csv).code == 0

    again = cli("look", houses_csv)

    assert (again.code, again.err.count("\n")) == (2, 1)
    assert "look-houses.html exists already." in again.err
    assert cli("look", houses_csv, "--force").code == 0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nothing.csv"], "nothing.csv: there is no such file."),
        ([], "Name one table: a path, or a query with --sql."),
        (["{houses}", "--target", "prize"], "The target column 'prize' is not in the table."),
        (["{houses}", "--target", "sold"], "The target 'sold' holds dates; a target is a number or a class."),
        (["{houses}", "--kind", "nope=number"], "'nope'"),
    ],
)
def test_look__input_that_cannot_be__is_one_line(cli, houses_csv, arguments, says):
    ended = cli("look", *(word.format(houses=houses_csv) for word in arguments))

    assert (ended.code, ended.out) == (2, "")
    assert says in ended.err
    assert ended.err.count("\n") == 1
    assert not Path("look-houses.html").exists()


def test_look__query__is_read(cli, houses_csv):
    ended = cli("look", "--sql", f"select age, price from '{houses_csv}' limit 50", "-o", "page.html")

    assert ended.code == 0
    assert "the query: result of a query" in ended.out
    assert "50 rows, 2 columns" in ended.out
