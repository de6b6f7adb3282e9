from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pytest


@pytest.fixture
def model(classifier_run: Path) -> Path:
    return classifier_run / "model.netable"


def changed(houses: pa.Table) -> pa.Table:
    """The rows with a third of the ages missing, and cities that nobody knows."""
    ages = [None if row % 3 == 0 else age for row, age in enumerate(houses["age"].to_pylist())]
    cities = pa.array(["Atlantis"] * 60 + houses["도시"].to_pylist()[60:])
    table = houses.set_column(houses.column_names.index("도시"), "도시", cities)
    return table.set_column(houses.column_names.index("age"), "age", pa.array(ages))


def test_monitor__training_rows__have_not_moved(cli, model, houses_csv):
    ended = cli("monitor", model, houses_csv, "-o", "page.html")

    assert (ended.code, ended.err) == (0, "")
    lines = ended.out.splitlines()
    assert lines[0] == "No column moved: 120 rows, like those of training in 5 columns."
    assert "Nothing to do." in lines
    assert lines[-1] == "The page is page.html."
    assert "Predicting dear" in Path("page.html").read_text("utf-8")


def test_monitor__columns_that_moved__are_named_with_what_to_do(cli, model, houses):
    pyarrow.csv.write_csv(changed(houses), "new.csv")

    ended = cli("monitor", model, "new.csv", "-o", "page.html")

    assert ended.code == 0
    assert "age: missing in 33% of the rows (0% in training). Find out why cells are missing." in ended.out
    assert "도시: " in ended.out
    assert "50% never seen" in ended.out


def test_monitor__json__has_every_column_and_the_page(cli, model, houses):
    pyarrow.csv.write_csv(changed(houses), "new.csv")

    told = json.loads(cli("monitor", model, "new.csv", "-o", "page.html", "--json").out)

    assert told["alarm"] is True
    assert {column["name"] for column in told["columns"] if column["moved"]} == {"age", "도시"}
    assert told["page"] == "page.html"


def test_monitor__page__stands_beside_the_model(cli, train, houses_csv):
    folder = train(houses_csv, "--target", "dear", "--ignore-columns", "price")

    assert cli("monitor", folder / "model.netable", houses_csv).code == 0
    again = cli("monitor", folder / "model.netable", houses_csv)

    assert (folder / "monitor-houses.html").is_file()
    assert again.code == 2
    assert "monitor-houses.html exists already." in again.err
    assert cli("monitor", folder / "model.netable", houses_csv, "--force").code == 0


def test_monitor__since__takes_rows_from_a_day_on(cli, model, houses, houses_csv):
    days = np.array(houses["sold"].to_pylist(), dtype="datetime64[D]")
    day = str(np.sort(days)[60])

    whole = json.loads(cli("monitor", model, houses_csv, "-o", "a.html", "--json").out)
    part = json.loads(cli("monitor", model, houses_csv, "-o", "b.html", "--json", "--since", day).out)
    named = json.loads(
        cli("monitor", model, houses_csv, "-o", "c.html", "--json", "--since", f"sold={day}").out
    )

    assert whole["rows"] == 120
    assert part["rows"] == named["rows"] == int((days >= np.datetime64(day)).sum())


@pytest.mark.parametrize(
    ("since", "says"),
    [
        ("2020-01-01T00:00+01:00", "--since must be a day such as 2026-11-01;"),
        ("soon", "--since must be a day such as 2026-11-01; got 'soon'."),
        ("when=2020-01-01", "--since needs a column of dates; 'when' is not in the table."),
        ("2999-01-01", "The table has 0 rows; there is nothing to compare."),
    ],
)
def test_monitor__since_that_cannot_be__is_one_line(cli, model, houses_csv, since, says):
    ended = cli("monitor", model, houses_csv, "-o", "page.html", "--since", since)

    assert (ended.code, ended.out) == (2, "")
    assert says in ended.err
    assert ended.err.count("\n") == 1


def test_monitor__reference__is_compared_in_place_of_the_model_file(cli, model, houses_csv):
    told = json.loads(
        cli("monitor", model, houses_csv, "--reference", houses_csv, "-o", "page.html", "--json").out
    )

    assert (told["source"], told["alarm"]) == ("table", False)
    assert told["together"]["auc"] < 0.7
