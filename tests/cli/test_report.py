from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pytest

from cli_runs import ON_PRICE, QUICK, trained
from small import make_table


@pytest.fixture(scope="session")
def price_run(houses_csv, tmp_path_factory):
    """A run folder with its report."""
    from netable.cli.app import run

    folder = tmp_path_factory.mktemp("runs") / "with report"
    assert run(["train", *QUICK[:-1], "-o", str(folder), str(houses_csv), *ON_PRICE]) == 0
    return folder


def test_train__run_folder__has_a_report(price_run):
    page = (price_run / "report.html").read_text(encoding="utf-8")

    assert "Predicting price" in page
    assert "Out of fold, the root mean squared error is" in page


def test_train__report__names_the_table_in_the_command_to_repeat(price_run, houses_csv):
    page = (price_run / "report.html").read_text(encoding="utf-8")

    assert f"netable train {houses_csv} --target price --config config.yaml" in page


@pytest.mark.usefixtures("without_charts")
def test_train__no_report__leaves_an_old_one_behind_no_longer(train, houses_csv, cli):
    folder = train(houses_csv, *ON_PRICE)
    (folder / "report.html").write_text("old")
    train(houses_csv, *ON_PRICE, "--force")

    assert not (folder / "report.html").exists()


def test_report__table_of_training__is_that_of_the_run(cli, price_run, houses_csv):
    ended = cli("report", price_run / "model.netable", houses_csv, "-o", "again.html")

    assert (ended.code, ended.out, ended.err) == (0, "The report is again.html.\n", "")
    with open("again.html", "rb") as file:
        assert file.read() == (price_run / "report.html").read_bytes()


@pytest.mark.usefixtures("without_charts")
def test_report__another_table__lies_beside_the_model(cli, train, houses_csv):
    folder = train(houses_csv, *ON_PRICE)
    pyarrow.csv.write_csv(make_table(300).slice(200).drop_columns(["rooms", "third"]), "sold.csv")
    ended = cli("report", folder / "model.netable", "sold.csv", "--json")

    assert json.loads(ended.out) == {"report": str(folder / "report-sold.html")}
    assert "On this table" in (folder / "report-sold.html").read_text(encoding="utf-8")


def test_report__no_table__tells_what_the_model_file_holds(cli, classifier_run):
    ended = cli("report", classifier_run / "model.netable", "-o", "bare.html")

    assert (ended.code, ended.err) == (0, "")
    with open("bare.html", encoding="utf-8") as file:
        assert "netable report MODEL TABLE" in file.read()


def test_report__page_that_is_there__needs_force(cli, price_run):
    before = (price_run / "report.html").read_bytes()
    ended = cli("report", price_run / "model.netable")

    assert ended.code == 2
    assert ended.err == (
        f"netable: {price_run / 'report.html'} exists already. "
        "Name another file with -o, or overwrite it with --force.\n"
    )
    assert (price_run / "report.html").read_bytes() == before


def test_report__no_target__is_one_line(cli, price_run):
    table = make_table().drop_columns(["price", "rooms", "third"])
    pyarrow.csv.write_csv(table, "new.csv")
    ended = cli("report", price_run / "model.netable", "new.csv", "-o", "r.html")

    assert ended.code == 2
    assert ended.err.startswith("netable: The target column 'price' is not in the table.")
    assert ended.err.count("\n") == 1


def test_report__folder_as_the_page__is_refused(cli, classifier_run):
    ended = cli("report", classifier_run / "model.netable", "-o", classifier_run)

    assert (ended.code, ended.err) == (
        2,
        f"netable: {classifier_run} is a folder; name a file for the page with -o.\n",
    )


@pytest.mark.usefixtures("without_charts")
def test_report__broken_predictions__are_named(cli, train, houses_csv):
    folder = train(houses_csv, *ON_PRICE)
    (folder / "predictions.parquet").write_bytes(b"broken")
    ended = cli("report", folder / "model.netable", houses_csv)

    assert ended.code == 2
    assert "predictions.parquet cannot be read" in ended.err


@pytest.mark.usefixtures("without_charts")
def test_report__weight_column_that_is_missing__is_said(cli, train, houses):
    pyarrow.csv.write_csv(houses.append_column("w", pa.array([1.0, 2.0] * 60)), "w.csv")
    pyarrow.csv.write_csv(houses, "plain.csv")
    folder = train("w.csv", *ON_PRICE, "--weight-column", "w")
    ended = cli("report", folder / "model.netable", "plain.csv")

    assert ended.code == 0
    assert "note: Without the weight column 'w', all rows count the same." in ended.err


@pytest.fixture(scope="module")
def gaps(tmp_path_factory) -> Path:
    """A folder with a table that has rows without a target, one without these, and a run on each."""
    folder = tmp_path_factory.mktemp("gaps")
    table = make_table(150).drop_columns(["rooms", "dear", "third"])
    price = pa.array([None if i % 5 == 1 else value for i, value in enumerate(table["price"].to_pylist())])
    table = table.set_column(table.column_names.index("price"), "price", price)
    pyarrow.csv.write_csv(table, folder / "gaps.csv")
    pyarrow.csv.write_csv(table.filter(price.is_valid()), folder / "whole.csv")
    trained(folder / "gaps", folder / "gaps.csv", "--target", "price", "--missing-target", "drop", "--report")
    trained(folder / "whole", folder / "whole.csv", "--target", "price")
    return folder


def test_report__rows_without_a_target__are_left_out_as_in_training(cli, gaps):
    ended = cli("report", gaps / "gaps/model.netable", gaps / "gaps.csv", "-o", "again.html")

    left_out = "30 rows left out, because the target is missing (--missing-target drop)"
    assert (ended.code, ended.err) == (0, f"note: {left_out}.\n")
    assert Path("again.html").read_bytes() == (gaps / "gaps/report.html").read_bytes()


@pytest.mark.parametrize("verb", ["evaluate", "explain"])
def test_labelled_verbs__rows_without_a_target__are_left_out_as_in_training(cli, gaps, verb):
    model = gaps / "gaps/model.netable"
    ended, whole = (cli(verb, model, gaps / name, "--json") for name in ("gaps.csv", "whole.csv"))

    assert (ended.code, whole.code) == (0, 0)
    assert "30 rows left out, because the target is missing" in ended.err
    assert "left out" not in whole.err
    assert json.loads(ended.out) == json.loads(whole.out)


def test_evaluate__row_without_a_target__is_refused_unless_it_was_left_out_in_training(cli, gaps):
    ended = cli("evaluate", gaps / "whole/model.netable", gaps / "gaps.csv")

    assert ended.code == 2
    assert "is missing in 30 of 150 rows" in ended.err
