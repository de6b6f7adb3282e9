"""Losses, transforms and intervals at the terminal."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pytest

from cli_runs import QUICK, metrics, settings
from netable import load


@pytest.fixture
def visits_csv(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    x = rng.normal(size=240)
    visits = rng.poisson(np.exp(x))
    table = pa.table({"x": x, "open": rng.random(240) < 0.5, "visits": visits, "money": 10.0 * visits + 1})
    pyarrow.csv.write_csv(table, tmp_path / "visits.csv")
    return tmp_path / "visits.csv"


@pytest.mark.parametrize(
    ("arguments", "metric", "found"),
    [
        (["--loss", "poisson"], "mean_poisson_deviance", {"loss": "poisson", "target_transform": "none"}),
        (["--loss", "quantile", "--quantile", "0.8"], "pinball_loss", {"loss": "quantile", "quantile": 0.8}),
        (["--target-transform", "log"], "rmse", {"loss": "mse", "target_transform": "log"}),
    ],
)
def test_train__loss_of_numbers__is_kept_and_speaks(train, visits_csv, arguments, metric, found):
    folder = train(visits_csv, "--target", "visits", "--ignore-columns", "money", *arguments)

    assert settings(folder) | found == settings(folder)
    assert settings(folder)["task"] == "regression"  # also of a few whole numbers
    assert metrics(folder)["metric"] == metric == next(iter(metrics(folder)["valid"]))
    again = train(visits_csv, "--config", folder / "config.yaml", output="again")
    assert metrics(again)["valid"] == metrics(folder)["valid"]


def test_train__loss_of_numbers_for_classes__is_one_line(cli, visits_csv):
    ended = cli("train", visits_csv, "--target", "open", "--loss", "mae")

    assert ended.code == 2
    assert ended.err.splitlines()[-1] == (
        "netable: --loss mae is for regression; the target 'open' holds classes."
    )


def test_train__negative_counts__are_one_line(cli, visits_csv):
    ended = cli("train", visits_csv, "--target", "x", "--loss", "poisson")

    assert ended.code == 2
    assert "; --loss poisson takes none below 0." in ended.err


def test_train__regression__shows_its_intervals(cli, train, visits_csv):
    ended = cli("train", visits_csv, "--target", "x", *QUICK, "-o", "run")
    lines = [line.split() for line in ended.out.splitlines()]

    place = lines.index(["intervals", "measured", "mean", "width"])
    assert [line[0] for line in lines[place + 1 : place + 5]] == ["50%", "80%", "90%", "95%"]
    assert list(metrics(Path("run"))["intervals"]) == ["0.5", "0.8", "0.9", "0.95"]


def test_predict__interval__adds_its_ends(cli, train, visits_csv):
    model = train(visits_csv, "--target", "x") / "model.netable"
    ended = cli("predict", model, visits_csv, "--interval", "0.8")
    rows = list(csv.DictReader(io.StringIO(ended.out)))

    assert list(rows[0]) == ["prediction", "lower", "upper"]
    found = np.array([[float(row["lower"]), float(row["upper"])] for row in rows])
    np.testing.assert_array_equal(found.T, load(model).predict_interval(visits_csv, 0.8))


def test_predict__interval_of_several_targets__has_a_column_for_each_end(cli, train, visits_csv):
    model = train(visits_csv, "--target", "x", "--target", "money") / "model.netable"
    found = json.loads(cli("predict", model, visits_csv, "--interval", "0.9", "--json").out)["predictions"]

    assert list(found[0]) == [
        *("prediction_x", "prediction_money"),
        *("lower_x", "lower_money"),
        *("upper_x", "upper_money"),
    ]
    assert all(row["lower_money"] <= row["upper_money"] for row in found)
    shown = cli("inspect", model).out
    assert "loss mse, target transform none" in shown
    assert "intervals" in shown


@pytest.mark.parametrize("interval", ["0.3", "90", "0.999"])
def test_predict__interval_out_of_bounds__names_them(cli, regression_run, houses_csv, interval):
    ended = cli("predict", regression_run / "model.netable", houses_csv, "--interval", interval)

    assert ended == (
        2,
        "",
        f"netable: The coverage of an interval must be between 0.5 and 0.99; got {float(interval)!r}.\n",
    )


def test_predict__interval_of_a_classifier__is_refused(cli, classifier_run, houses_csv):
    ended = cli("predict", classifier_run / "model.netable", houses_csv, "--interval", "0.9")

    assert ended == (2, "", "netable: This model has no intervals: it predicts classes.\n")


def test_predict__interval_that_is_no_number__is_one_line(cli, regression_run, houses_csv):
    ended = cli("predict", regression_run / "model.netable", houses_csv, "--interval", "wide")

    assert ended.code == 2
    assert len(ended.err.splitlines()) == 1


def test_evaluate__loss__has_the_same_figures_as_training(cli, train, visits_csv):
    folder = train(visits_csv, "--target", "visits", "--ignore-columns", "money", "--loss", "poisson")
    found = json.loads(cli("evaluate", folder / "model.netable", visits_csv, "--json").out)

    assert list(found["metrics"]) == list(metrics(folder)["valid"])
    assert list(found["intervals"]) == list(metrics(folder)["intervals"])
    shown = cli("evaluate", folder / "model.netable", visits_csv).out
    assert "mean_poisson_deviance" in shown
    assert "intervals" in shown


def test_inspect__classifier__shows_its_temperature(cli, classifier_run):
    model = classifier_run / "model.netable"
    temperature = metrics(classifier_run)["temperature"]

    assert f"log loss, temperature {temperature:.3g}" in cli("inspect", model).out
    assert json.loads(cli("inspect", model, "--json").out)["temperature"] == temperature
