from __future__ import annotations

import json
from pathlib import Path
from time import perf_counter

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet
import pytest

from cli_runs import ON_DEAR, ON_PRICE, QUICK, Terminal, metrics, settings
from netable import load


def test_results__on_standard_output__notes_on_standard_error(cli, houses_csv):
    ended = cli("train", houses_csv, *ON_DEAR, *QUICK, "-o", "run")

    assert (
        ended.out.splitlines()[0] == "binary: dear from 5 of 7 columns (2 number, 1 category, 1 flag, 1 date)"
    )
    assert ended.out.splitlines()[1].startswith("120 rows, 2 networks (mlp), 2 epochs, finished after ")
    assert "  netable predict run/model.netable NEW.csv -o OUT.csv" in ended.out
    assert ended.err == "note: Left out, looks like an identifier: 'id'. To keep a column, set its kind.\n"


def test_json__of_a_run__is_its_metrics_and_where_it_lies(cli, houses_csv):
    ended = cli("train", houses_csv, *ON_DEAR, *QUICK, "-o", "run", "--json")

    assert json.loads(ended.out) == metrics(Path("run")) | {"folder": "run", "model": "run/model.netable"}


def test_json__figures_that_are_no_numbers__are_null(cli):
    Path("t.csv").write_text("a,y\n" + "".join(f"{n % 7}.5,3.5\n" for n in range(40)))

    ended = cli("train", "t.csv", "--target", "y", *QUICK, "-o", "run", "--json")

    assert ended.code == 0
    assert "NaN" not in ended.out + Path("run/metrics.json").read_text()
    assert json.loads(ended.out)["task"] == "regression"
    assert "Constant target" in ended.err


def test_progress__in_a_terminal__is_shown_and_wiped(cli, houses_csv, monkeypatch):
    stderr = Terminal()
    monkeypatch.setattr("sys.stderr", stderr)
    monkeypatch.setenv("TERM", "xterm")

    ended = cli("train", houses_csv, *ON_DEAR, *QUICK, "-o", "run")

    assert "━" in stderr.getvalue()
    assert stderr.getvalue().endswith("\x1b[2K")  # the line is erased in the end
    assert "━" not in ended.out


def test_whole_numbers__taken_as_classes__are_said_so(cli):
    Path("t.csv").write_text("a,grade\n" + "".join(f"{n * 0.5},{n % 3}\n" for n in range(60)))

    ended = cli("train", "t.csv", "--target", "grade", *QUICK, "-o", "run")

    assert "note: 'grade' holds 3 whole numbers: taken as classes; --task regression otherwise." in ended.out


def test_output__left_out__is_named_after_the_table(cli, houses_csv):
    for folder in ("runs/houses", "runs/houses-2"):
        assert cli("train", houses_csv, *ON_DEAR, *QUICK).code == 0
        assert Path(folder, "model.netable").exists()


@pytest.mark.bad_input(77)
def test_output__existing_folder__is_refused_at_once_without_force(cli, train, houses_csv):
    folder = train(houses_csv, *ON_DEAR)
    before = (folder / "model.netable").read_bytes()

    ended = cli("train", houses_csv, *ON_DEAR, *QUICK, "--seed", "1", "-o", folder)
    assert ended == (
        2,
        "",
        "netable: run exists already. Name another folder with -o, or overwrite it with --force.\n",
    )
    assert (folder / "model.netable").read_bytes() == before

    assert cli("train", houses_csv, *ON_DEAR, *QUICK, "--seed", "1", "-o", folder, "--force").code == 0
    assert (folder / "model.netable").read_bytes() != before


@pytest.mark.bad_input(78)
def test_output__folder_of_the_input__is_refused(cli, houses_csv):
    Path("data").mkdir()
    Path("data/predictions.parquet").write_bytes(b"")

    ended = cli("train", "data", *ON_DEAR, "-o", "data", "--force")

    assert ended.code == 2
    assert ended.err == "netable: data holds a table that is read here; name another folder with -o.\n"


def test_validation__table__takes_the_place_of_folds(cli, houses, houses_csv):
    pyarrow.parquet.write_table(houses.slice(100), "valid.parquet")
    run = ("--no-report", "-o", "a run")

    ended = cli("train", houses_csv, *ON_DEAR, *QUICK[:4], "--validation", "valid.parquet", *run)
    folder = Path("a run")
    predictions = pyarrow.parquet.read_table(folder / "predictions.parquet")

    assert "  netable predict 'a run/model.netable' NEW.csv -o OUT.csv\n" in ended.out
    assert metrics(folder)["folds"] == 1
    assert metrics(folder)["rows"] == 120
    assert len(predictions) == 20
    assert predictions["fold"].to_pylist() == [0] * 20


def test_validation__texts_that_are_all_dates_there__mean_what_they_mean_in_training(cli):
    rows = [f"{'x' if n % 4 == 0 else '2020-01-01'},{n % 11},{n * 7 % 13}.5" for n in range(120)]
    Path("t.csv").write_text("code,a,y\n" + "\n".join(rows))
    Path("valid.csv").write_text("code,a,y\n" + "\n".join(row for row in rows if row[0] != "x"))

    # The last weights, not the best, make the model, so that both figures are of the same network.
    how = ("--validation", "valid.csv", "--no-early-stopping", "--no-report", "--json")
    ended = cli("train", "t.csv", "--target", "y", *QUICK[:4], *how, "-o", "run")
    here = cli("evaluate", "run/model.netable", "valid.csv", "--json")

    # Were 2020-01-01 read as a date, it would be a level never seen.
    assert json.loads(here.out)["metrics"] == pytest.approx(json.loads(ended.out)["valid"])


def test_holdout__of_a_fraction__judges_these_rows_alone(train, houses_csv):
    folder = train(houses_csv, *ON_DEAR, "--folds", "1", "--validation-fraction", "0.25")
    predictions = pyarrow.parquet.read_table(folder / "predictions.parquet")

    assert len(predictions) == 120
    assert predictions["prediction"].null_count == predictions["fold"].null_count == 90


def test_no_holdout__all_rows_learned__there_are_no_figures(cli, houses_csv):
    ended = cli("train", houses_csv, *ON_DEAR, *QUICK, "--folds", "1", "--no-early-stopping", "-o", "run")

    assert ended.code == 0
    assert metrics(Path("run"))["valid"] == metrics(Path("run"))["baseline"] == {}
    assert "1 network (mlp), 2 epochs" in ended.out
    assert pyarrow.parquet.read_table("run/predictions.parquet")["prediction"].null_count == 120


def test_group_column__rows_of_a_group__share_a_fold_and_it_is_no_feature(train, houses_csv, houses):
    table = houses.append_column("owner", pa.array([n % 10 for n in range(120)]))
    pyarrow.csv.write_csv(table, "t.csv")

    folder = train("t.csv", *ON_DEAR, "--group-column", "owner")
    fold = pyarrow.parquet.read_table(folder / "predictions.parquet")["fold"].to_pylist()

    assert "owner" not in metrics(folder)["used"]
    assert all(len({fold[n] for n in range(120) if n % 10 == owner}) == 1 for owner in range(10))


def test_time_column__folds_follow_it__and_the_first_block_is_not_judged(train, houses_csv, houses):
    folder = train(houses_csv, *ON_DEAR, "--time-column", "sold", "--folds", "3")
    fold = pyarrow.parquet.read_table(folder / "predictions.parquet")["fold"]
    times = [pc.min_max(houses["sold"].filter(pc.equal(fold, n))).as_py() for n in range(3)]
    unjudged = pc.min_max(houses["sold"].filter(pc.is_null(fold))).as_py()

    assert unjudged["max"] <= times[0]["min"]
    assert times[0]["max"] <= times[1]["min"]
    assert times[1]["max"] <= times[2]["min"]


def test_weight_column__rows_of_no_weight__do_not_count(train, houses):
    weight = pa.array([0.0 if n % 3 == 0 else 2.0 for n in range(120)])
    broken = [-price if n % 3 == 0 else price for n, price in enumerate(houses["price"].to_pylist())]
    for name, price in (("a", houses["price"]), ("b", pa.array(broken))):
        table = (
            houses.drop_columns(["dear", "price"]).append_column("price", price).append_column("w", weight)
        )
        pyarrow.parquet.write_table(table, f"{name}.parquet")

    runs = [
        train(f"{name}.parquet", "--target", "price", "--weight-column", "w", output=name) for name in "ab"
    ]

    assert "w" not in metrics(runs[0])["used"]
    assert metrics(runs[0])["valid"] == pytest.approx(metrics(runs[1])["valid"])


def test_class_weight__heavy_class__is_predicted_more_often(train, houses_csv):
    def share(weight: str) -> float:
        more = ["--max-epochs", "20", "--lr", "0.05", "--class-weight", f"yes={weight}"]
        folder = train(houses_csv, *ON_DEAR, "--model", "linear", *more, output=f"w{weight}")
        return pc.mean(pyarrow.parquet.read_table(folder / "predictions.parquet")["proba_yes"]).as_py()

    assert share("20") > share("1") + 0.1


def test_targets__several__are_predicted_together(cli, train, houses_csv):
    folder = train(houses_csv, "--target", "price,age", "--ignore-columns", "dear")
    predictions = pyarrow.parquet.read_table(folder / "predictions.parquet")

    assert metrics(folder)["target"] == ["price", "age"]
    assert settings(folder)["target"] == ["price", "age"]
    assert predictions.column_names == ["fold", "prediction_price", "prediction_age"]
    assert cli("predict", folder / "model.netable", houses_csv).out.startswith('"prediction_price"')
    assert cli("inspect", folder / "model.netable").out.startswith("regression: price, age")


def test_train__time_limit_over_before_training__writes_a_scored_model_and_says_what_is_missing(
    cli, houses_csv, monkeypatch
):
    monkeypatch.setattr("netable.cli.train.began", lambda: perf_counter() - 60)
    ended = cli("train", houses_csv, *QUICK, "--report", *ON_PRICE, "-o", "run", "--time-limit", "5")

    assert ended.code == 0, ended.err
    assert "note: --time-limit 5 is too short for this table: " in ended.err
    told = " ".join(ended.out.split())
    assert "the time limit left no time for the linear reference" in told
    assert "and report.html" in told
    assert not Path("run/report.html").exists()
    assert load("run/model.netable").results["valid"]["rmse"] > 0
