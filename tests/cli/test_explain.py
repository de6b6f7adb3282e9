from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest

from cli_runs import QUICK
from netable import load
from netable.cli.bars import alike
from netable.explanation import contributions, permutation_importance
from small import make_table


@pytest.fixture
def sold() -> Path:
    """Houses that the models have not learned from."""
    pyarrow.csv.write_csv(make_table(180).slice(120).drop_columns(["rooms", "third"]), "sold.csv")
    return Path("sold.csv")


@pytest.fixture
def model(regression_run: Path) -> Path:
    return regression_run / "model.netable"


@pytest.fixture
def classifier(classifier_run: Path) -> Path:
    return classifier_run / "model.netable"


# Importance


def test_explain__labelled_table__lists_columns_the_most_important_first(cli, model, sold):
    ended = cli("explain", model, sold)
    found = permutation_importance(load(model), load(model).read(str(sold), labelled=True))
    lines = ended.out.splitlines()

    assert (ended.code, ended.err) == (0, "")
    assert lines[0].startswith("rise of the loss (squared errors over the target's variance) when a column")
    assert lines[2].split() == ["column", "loss", "±", "rmse"]
    assert [line.split()[0] for line in lines[3:]] == [importance.name for importance in found]
    assert float(lines[3].split()[1]) == pytest.approx(found[0].mean, rel=1e-2)
    assert "█" * 24 in lines[3]


def test_explain__classes__log_loss_is_said_once(cli, classifier, sold):
    assert cli("explain", classifier, sold).out.splitlines()[2].split() == ["column", "loss", "±"]


def test_alike__numbers_below_the_last_decimal__have_no_sign():
    assert alike([-1e-12, 0.0, -0.0]) == ["0.000000000"] * 3
    assert alike([-0.00001, 12.5]) == ["0.00", "12.50"]


def test_explain__json__is_one_document(cli, model, sold):
    found = json.loads(cli("explain", model, sold, "--json", "--seed", "3", "--max-rows", "40").out)
    table = load(model).read(str(sold), labelled=True)
    expected = permutation_importance(load(model), table, seed=3, max_rows=40)

    assert {key: found[key] for key in ("rows", "judging_rows", "loss", "metric")} == {
        "rows": 60,
        "judging_rows": 40,
        "loss": "mse",
        "metric": "rmse",
    }
    assert found["importance"] == [vars(importance) for importance in expected]


def test_explain__rows_of_the_training__are_noted(cli, model, houses_csv):
    ended = cli("explain", model, houses_csv)

    assert ended.code == 0
    assert ended.err.startswith("note: About 100% of these rows equal rows that the model learned from;")


def test_explain__more_columns_than_are_shown__are_counted(cli, tmp_path):
    X = np.random.default_rng(0).normal(size=(100, 23))
    table = pa.table({f"c{i}": x for i, x in enumerate(X.T)} | {"price": X[:, 0] + X[:, 1]})
    pyarrow.csv.write_csv(table.slice(0, 50), "wide.csv")
    pyarrow.csv.write_csv(table.slice(50), "new.csv")
    assert cli("train", "wide.csv", "--target", "price", *QUICK, "-o", "run").code == 0

    importance = cli("explain", "run/model.netable", "new.csv").out.splitlines()
    row = cli("explain", "run/model.netable", "new.csv", "--row", "1").out.splitlines()

    assert importance[-1] == "  and 3 columns more, of less importance"
    assert len(importance) == 3 + 20 + 1
    assert len(row) == 3 + 1 + 20 + 2
    assert row[-2].startswith("  3 columns more")
    shown = [float(line[40:].split()[0]) for line in row[3:]]
    assert sum(shown[:-1]) == pytest.approx(shown[-1], abs=0.02)


# One prediction


def test_explain__row__leads_from_the_base_to_the_prediction(cli, model, sold):
    ended = cli("explain", model, sold, "--row", "3")
    fitted = load(model)
    table = fitted.read(str(sold))
    lines = ended.out.splitlines()
    parts = [line.replace("base: the mean prediction", "base").split() for line in lines[3:-1]]

    assert (ended.code, ended.err) == (0, "")
    assert lines[0] == "row 3: price"
    assert lines[2].split() == ["column", "value", "adds", "±"]
    adds = [float(parts[0][1]), *(float(cells[2]) for cells in parts[1:])]
    assert sum(adds) == pytest.approx(fitted.predict(table)[2], abs=0.005)
    assert float(lines[-1].split()[-1]) == pytest.approx(fitted.predict(table)[2], abs=0.001)
    sizes = np.abs(adds[1:])
    assert (np.diff(sizes) <= 0).all()
    assert {cells[0] for cells in parts[1:]} == {"size", "age", "도시", "garden", "sold"}


def test_explain__row_without_target__needs_none(cli, model, sold):
    table = pyarrow.csv.read_csv(sold)
    pyarrow.csv.write_csv(table.drop_columns(["price", "dear"]), "new.csv")

    assert cli("explain", model, "new.csv", "--row", "3").out == cli("explain", model, sold, "--row", "3").out


def test_explain__row_of_classes__is_about_the_predicted_or_the_named_one(cli, classifier, sold):
    fitted = load(classifier)
    predicted = fitted.predict(str(sold))[0]
    found = json.loads(cli("explain", classifier, sold, "--row", "1", "--json").out)
    no, yes = (
        json.loads(cli("explain", classifier, sold, "--row", "1", "--json", "--of", label).out)
        for label in ("no", "yes")
    )

    assert found["explained"] == f"probability of {predicted}"
    assert found == (yes if predicted == "yes" else no)
    assert no["outcome"] + yes["outcome"] == pytest.approx(1)
    total = yes["base"] + sum(one["contribution"] for one in yes["contributions"])
    assert total == pytest.approx(yes["outcome"], rel=1e-12)
    values = {one["column"]: one["value"] for one in yes["contributions"]}
    assert values["garden"] is make_table(180).column("garden")[120].as_py()


def test_explain__missing_cell__is_called_so(cli, model, sold):
    table = make_table(180).slice(120)
    row = table.column("size").is_null().to_pylist().index(True)

    ended = cli("explain", model, sold, "--row", row + 1)

    assert "missing" in next(line for line in ended.out.splitlines() if line.startswith("  size"))


@pytest.mark.parametrize("name", ["why.csv", "why.parquet"])
def test_explain__every_row_to_a_file__adds_up(cli, classifier, sold, name):
    ended = cli("explain", classifier, sold, "--every-row", "-o", name)
    found = pyarrow.csv.read_csv(name) if name.endswith("csv") else pyarrow.parquet.read_table(name)
    fitted = load(classifier)

    assert ended == (0, "", f"60 rows in {name}\n")
    assert found.column_names == [
        *("class", "outcome", "base"),
        *("from_size", "from_age", "from_도시", "from_garden", "from_sold"),
    ]
    assert found["class"].to_pylist() == fitted.predict(str(sold)).tolist()
    adds = sum(found[column].to_numpy() for column in found.column_names[2:])
    np.testing.assert_allclose(adds, found["outcome"].to_numpy(), rtol=1e-9)
    np.testing.assert_allclose(adds, fitted.predict_proba(str(sold)).max(1), rtol=1e-4)


def test_explain__every_row_of_one_target__is_csv_on_standard_output(cli, model, sold):
    rows = list(csv.DictReader(io.StringIO(cli("explain", model, sold, "--every-row").out)))
    fitted = load(model)
    table = fitted.read(str(sold))

    assert list(rows[0])[:3] == ["outcome", "base", "from_size"]
    expected = contributions(fitted, table, table).values[:, 0, 0]
    np.testing.assert_allclose([float(row["from_size"]) for row in rows], expected)
    as_json = json.loads(cli("explain", model, sold, "--every-row", "--json").out)
    assert [str(row["base"]) for row in as_json] == [row["base"] for row in rows]


def test_explain__several_targets__are_explained_by_name(cli, sold):
    Path("both.yaml").write_text("target: [price, age]\nignore_columns: [dear]\n")
    assert cli("train", sold, "--config", "both.yaml", *QUICK, "-o", "both").code == 0

    first = cli("explain", "both/model.netable", sold, "--row", "1").out
    second = cli("explain", "both/model.netable", sold, "--row", "1", "--of", "age").out

    assert (first.splitlines()[0], second.splitlines()[0]) == ("row 1: price", "row 1: age")
    assert first != second


def test_explain__output_of_importance_or_a_row__is_a_table(cli, model, sold):
    assert cli("explain", model, sold, "-o", "importance.csv").err == "5 rows in importance.csv\n"
    ended = cli("explain", model, sold, "--row", "2", "-o", "row.parquet", "--json")

    assert pyarrow.csv.read_csv("importance.csv").column_names == ["name", "mean", "deviation", "metric"]
    assert json.loads(ended.out) == {"rows": 5, "output": "row.parquet"}
    names = ["column", "value", "contribution", "deviation"]
    assert pyarrow.parquet.read_table("row.parquet").column_names == names
    assert cli("explain", model, sold, "-o", "importance.csv").err.startswith(
        "netable: importance.csv exists already."
    )


# Mistakes


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--row", "61"], "netable: --row must be from 1 to 60, the rows of the table; got 61.\n"),
        (["--row", "0"], "netable: --row must be from 1 to 60, the rows of the table; got 0.\n"),
        (["--row", "1", "--every-row"], "netable: Give --row or --every-row, not both.\n"),
        (["--of", "yes"], "netable: --of goes with --row or --every-row; importance is that for the whole"),
        (["--row", "1", "--of", "maybe"], "netable: --of cannot be 'maybe'. There are: 'no', 'yes'.\n"),
        (["--max-rows", "0"], "netable: --max-rows must be an integer of at least 1; got 0.\n"),
        (["--row", "1", "--seed", "-1"], "netable: --seed must be an integer of at least 0; got -1.\n"),
        (["-o", "why.txt"], "netable: why.txt must end in .csv or .parquet.\n"),
    ],
)
def test_explain__mistake__is_one_line(cli, classifier, sold, arguments, complaint):
    ended = cli("explain", classifier, sold, *arguments)

    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith(complaint)
    assert ended.err.count("\n") == 1


def test_explain__tables_that_do_not_fit__are_one_line(cli, model, sold):
    table = pyarrow.csv.read_csv(sold)
    pyarrow.csv.write_csv(table.drop_columns(["price"]), "unlabelled.csv")
    pyarrow.csv.write_csv(table.drop_columns(["size"]), "narrow.csv")
    pyarrow.csv.write_csv(table.slice(0, 1), "one.csv")

    for arguments, complaint in (
        (
            ["unlabelled.csv"],
            "netable: The target column 'price' is not in the table; importance needs it.",
        ),
        (["narrow.csv", "--row", "1"], "netable: The column 'size' is not in the table."),
        (
            ["one.csv", "--row", "1"],
            "netable: The table has one row, and a row is explained by comparison with others:",
        ),
        ([], "netable: Name one table: a path, or a query with --sql.\n"),
    ):
        ended = cli("explain", model, *arguments)
        assert (ended.code, ended.out) == (2, "")
        assert ended.err.startswith(complaint)
        assert ended.err.count("\n") == 1
