from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet
import pytest

from cli_runs import ON_DEAR, QUICK
from netable.table.reading.text import blocks
from small import make_table

SEEN = (
    "note: About 100% of these rows equal rows that the model learned from; "
    "if they are the same ones, the metrics are too optimistic.\n"
)


@pytest.fixture
def fresh(cli) -> str:
    """A table like the training table, with other rows."""
    table = make_table(300).slice(120).drop_columns(["rooms", "third"])
    size = np.arange(len(table)) * 0.01 - 1
    table = table.set_column(0, "size", pa.array(size))
    pyarrow.csv.write_csv(table, "fresh.csv")
    return "fresh.csv"


def test_evaluate__fresh_rows__shows_the_figures_beside_those_of_training(cli, classifier_run, fresh):
    ended = cli("evaluate", classifier_run / "model.netable", fresh)

    assert (ended.code, ended.err) == (0, "")
    assert ended.out.splitlines()[0] == "180 rows"
    assert ended.out.splitlines()[1].split() == ["here", "in", "training,", "out", "of", "fold"]
    assert [line.split()[0] for line in ended.out.splitlines()[2:]] == [
        "log_loss",
        "roc_auc",
        "accuracy",
        "balanced_accuracy",
    ]


def test_evaluate__json__has_rows_and_metrics(cli, regression_run, fresh):
    found = json.loads(cli("evaluate", regression_run / "model.netable", fresh, "--json").out)

    assert found["rows"] == 180
    assert set(found["metrics"]) == {"rmse", "mae", "r2"}
    assert found["share_of_rows_seen_in_training"] == 0


def test_evaluate__large_table__is_measured_in_pieces(cli, regression_run, fresh, monkeypatch):
    model = regression_run / "model.netable"
    later = Path(fresh).read_text().replace("Seoul", "Jeju")
    Path("later.csv").write_text(later)
    whole = cli("evaluate", model, "later.csv", "--json")
    monkeypatch.setattr(blocks, "BLOCK", 1_000)

    in_pieces = cli("evaluate", model, "later.csv", "--json")

    found, expected = json.loads(in_pieces.out), json.loads(whole.out)
    assert found["rows"] == expected["rows"] == 180
    assert found["metrics"] == pytest.approx(expected["metrics"])
    assert found["share_of_rows_beyond_training"] == expected["share_of_rows_beyond_training"] != {}
    assert in_pieces.err == whole.err


def test_evaluate__rows_of_training__is_said(cli, classifier_run, houses_csv):
    ended = cli("evaluate", classifier_run / "model.netable", houses_csv, "--json")

    assert ended.err == SEEN
    assert json.loads(ended.out)["share_of_rows_seen_in_training"] == 1


def test_evaluate__one_class_alone__has_null_where_there_is_no_figure(cli, classifier_run, houses):
    pyarrow.csv.write_csv(houses.filter(pc.equal(houses["dear"], "yes")), "yes.csv")

    ended = cli("evaluate", classifier_run / "model.netable", "yes.csv", "--json")

    assert json.loads(ended.out)["metrics"]["roc_auc"] is None
    assert "NaN" not in ended.out
    assert cli("evaluate", classifier_run / "model.netable", "yes.csv").code == 0


@pytest.mark.bad_input(56)
def test_evaluate__class_never_seen__names_it(cli, classifier_run, houses):
    dear = ["maybe" if n == 4 else label for n, label in enumerate(houses["dear"].to_pylist())]
    table = houses.set_column(houses.column_names.index("dear"), "dear", pa.array(dear))
    pyarrow.csv.write_csv(table, "t.csv")

    ended = cli("evaluate", classifier_run / "model.netable", "t.csv")

    assert ended.code == 2
    assert ended.out == ""
    assert ended.err.startswith(
        "netable: The target 'dear' holds 'maybe' in row 5 (counted from 1), a class that was not in training."
    )


def test_evaluate__no_target_column__is_one_line(cli, classifier_run, houses):
    pyarrow.csv.write_csv(houses.drop_columns(["dear"]), "t.csv")

    ended = cli("evaluate", classifier_run / "model.netable", "t.csv")

    assert ended.code == 2
    assert ended.err.startswith("netable: The target column 'dear' is not in the table.")
    assert ended.err.count("\n") == 1


def test_evaluate__weight_column__counts_here_too(cli, train, houses):
    weight = [0.0 if n % 2 else 1.0 for n in range(120)]
    weighted = houses.append_column("w", pa.array(weight)).drop_columns(["dear"])
    pyarrow.csv.write_csv(weighted, "all.csv")
    pyarrow.csv.write_csv(weighted.take(list(range(0, 120, 2))), "half.csv")
    folder = train("all.csv", "--target", "price", "--weight-column", "w")

    both = [
        json.loads(cli("evaluate", folder / "model.netable", name, "--json").out)["metrics"]
        for name in ("all.csv", "half.csv")
    ]

    assert both[0] == pytest.approx(both[1])


def test_evaluate__labels_that_look_like_numbers__are_read_as_in_training(cli, train):
    lines = [f"{n % 7}.5,{('01', '1', 'x')[n % 3]}" for n in range(90)]
    Path("t.csv").write_text("\n".join(["a,y", *lines]))
    Path("few.csv").write_text("\n".join(["a,y", *(line for line in lines if not line.endswith("x"))]))
    folder = train("t.csv", "--target", "y")

    ended = cli("evaluate", folder / "model.netable", "few.csv", "--json")

    assert ended.code == 0
    assert json.loads(ended.out)["rows"] == 60


def test_evaluate__no_rows__is_one_line(cli, classifier_run, houses):
    pyarrow.csv.write_csv(houses.slice(0, 0), "none.csv")

    ended = cli("evaluate", classifier_run / "model.netable", "none.csv")
    assert (ended.code, ended.err) == (2, "netable: The table has 0 rows; there is nothing to measure.\n")


@pytest.mark.bad_input(48)
def test_evaluate__rows_of_the_validation_table__says_so(cli, houses):
    pyarrow.parquet.write_table(houses.slice(0, 60), "train.parquet")
    pyarrow.parquet.write_table(houses.slice(60), "valid.parquet")
    how = ("--validation", "valid.parquet", "-o", "run")
    assert cli("train", "train.parquet", *ON_DEAR, *QUICK[:4], "--no-report", *how).code == 0

    assert cli("evaluate", "run/model.netable", "valid.parquet").err == (
        "note: About 100% of these rows equal rows of the validation table, by which the best epoch was chosen; "
        "if they are the same ones, the metrics are slightly too optimistic.\n"
    )
