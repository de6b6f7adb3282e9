from __future__ import annotations

import csv
import json
import os
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet
import pytest
import yaml

from netable import load
from netable.cli.run_folder import CHARTS, FILES, claim_folder, write_run
from netable.config.recipe import recipe_from
from netable.config.settings import Settings
from netable.errors import FileError
from netable.fit.fit import fit
from netable.fit.resume.checkpoint_folder import mark_begun
from netable.fit.resume.run_folder import CHECKPOINTS, PROGRESS, REPORT, default_folder
from netable.system.agenda import Agenda, Part
from netable.system.lock import folder_lock
from small import QUICK as SMALL
from small import make_table


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("table", "folder"),
    [
        ("houses.csv", "runs/houses"),
        ("data/houses.csv.gz", "runs/houses"),
        ("data/", "runs/data"),
        ("logs/*.csv", "runs/logs"),
        ("*.csv", "runs/table"),
        ("/", "runs/table"),
        ("집값.csv", "runs/집값"),
    ],
)
def test_default_folder__of_a_table__has_its_name(table, folder):
    assert default_folder(table) == Path(folder)


def test_default_folder__taken__is_numbered():
    Path("runs/houses").mkdir(parents=True)
    Path("runs/houses-2").mkdir()

    assert default_folder("houses.csv") == Path("runs/houses-3")


def test_claim_folder__work_that_fails__leaves_nothing_empty_behind():
    Path("runs").mkdir()

    with suppress(ZeroDivisionError), claim_folder(Path("runs/a/b"), force=False):
        assert Path("runs/a/b").is_dir()
        raise ZeroDivisionError

    assert list(Path("runs").iterdir()) == []


def test_claim_folder__work_that_fails_after_a_file_is_written__keeps_it():
    with suppress(ZeroDivisionError), claim_folder(Path("a/b"), force=False) as folder:
        (folder / "kept").touch()
        raise ZeroDivisionError

    assert Path("a/b/kept").exists()


@pytest.mark.bad_input(77)
def test_claim_folder__progress_of_a_run__goes_with_it_and_is_in_nobodys_way():
    folder = Path("run")
    folder.mkdir()
    (folder / PROGRESS).write_text(
        "{}", encoding="utf-8"
    )  # of a run that was killed before it had learned anything

    with claim_folder(folder, force=False, resume=False):
        assert (folder / PROGRESS).exists()

    assert not (folder / PROGRESS).exists()


def test_claim_folder__progress_of_a_run_that_can_go_on__stays():
    with claim_folder(Path("run"), force=False, resume=False) as folder:
        (folder / PROGRESS).write_text("{}", encoding="utf-8")
        mark_begun(folder / CHECKPOINTS)

    assert (folder / PROGRESS).exists()


def test_claim_folder__of_another_process__keeps_its_progress():
    folder = Path("run")
    folder.mkdir()
    (folder / PROGRESS).write_text("{}", encoding="utf-8")

    with (
        folder_lock(folder),
        pytest.raises(FileError, match="another run"),
        claim_folder(folder, force=False),
    ):
        pass

    assert (folder / PROGRESS).exists()


def test_claim_folder__with_something_in_it__needs_force():
    Path("run").mkdir()
    with claim_folder(Path("run"), force=False) as folder:
        (folder / "a").touch()

    with (
        pytest.raises(FileError, match=r"^run exists already\. .* --force\.$"),
        claim_folder(folder, force=False),
    ):
        pass
    with claim_folder(folder, force=True):
        pass


def test_claim_folder__hidden_files_of_others__stay():
    Path("run/.film.part").mkdir(parents=True)
    Path("run/.paper.pdf.0123abcd.part").touch()
    Path("run/.new.0123abcd.part").mkdir()
    Path("run/.old.0123abcd.part").mkdir()
    Path("run/.model.netable.0123abcd.part").touch()

    with claim_folder(Path("run"), force=True):
        pass

    assert {path.name for path in Path("run").iterdir()} == {".film.part", ".paper.pdf.0123abcd.part"}


@pytest.mark.parametrize("force", [False, True])
def test_claim_folder__of_a_training_run__is_for_no_other_verb(force):
    Path("run/checkpoint").mkdir(parents=True)
    Path("run/checkpoint/manifest.json").write_text("{}")

    with (
        pytest.raises(
            FileError, match=r"^run holds a training run that was stopped; name another folder with -o\.$"
        ),
        claim_folder(Path("run"), force=force),
    ):
        pass

    assert Path("run/checkpoint/manifest.json").exists()


@pytest.mark.bad_input(77)
def test_claim_folder__a_file__is_refused():
    Path("run").touch()

    with (
        pytest.raises(FileError, match=r"^run is a file; name a folder with -o\.$"),
        claim_folder(Path("run"), force=True),
    ):
        pass


@pytest.mark.bad_input(78)
def test_claim_folder__of_an_input__is_refused_even_with_force():
    Path("run").mkdir()
    table = Path("run/../run/predictions.parquet")
    table.touch()

    with (
        pytest.raises(
            FileError, match=r"^run holds a table that is read here; name another folder with -o\.$"
        ),
        claim_folder(Path("run"), [table], force=True),
    ):
        pass


def test_claim_folder__no_right_to_make_it__is_refused():
    Path("file").touch()

    with (
        pytest.raises(FileError, match=r"^file/run cannot be made: Not a directory\.$"),
        claim_folder(Path("file/run"), force=False),
    ):
        pass


@pytest.mark.bad_input(81)
def test_claim_folder__no_right_to_write__is_refused_before_the_work(monkeypatch):
    Path("run").mkdir()
    monkeypatch.setattr(os, "access", lambda path, how: how != os.W_OK)

    with (
        pytest.raises(FileError, match=r"^run cannot be written to\.$"),
        claim_folder(Path("run"), force=False),
    ):
        pass


@pytest.mark.posix
@pytest.mark.skipif(os.access("/", os.W_OK), reason="root may write everywhere")
def test_claim_folder__read_only__is_refused():
    Path("run").mkdir(mode=0o555)

    with (
        pytest.raises(FileError, match=r"^run cannot be written to\.$"),
        claim_folder(Path("run"), force=False),
    ):
        pass


def test_run_folder__metrics__have_the_keys_that_others_read(classifier_run):
    metrics = json.loads((classifier_run / "metrics.json").read_text())

    assert {
        "task",
        "target",
        "rows",
        "columns",
        "folds",
        "metric",
        "valid",
        "baseline",
        "epochs",
        "fit_seconds",
        "seed",
        "versions",
    } <= set(metrics)
    assert set(metrics["valid"]) == {"log_loss", "roc_auc", "accuracy", "balanced_accuracy"}
    assert set(metrics["baseline"]) == set(metrics["valid"])
    assert (metrics["task"], metrics["target"], metrics["rows"], metrics["folds"]) == (
        "binary",
        "dear",
        120,
        2,
    )
    assert metrics["columns"] == len(metrics["used"]) == 5
    assert metrics["left_out"] == {"price": "ignored, as asked", "id": "looks like an identifier"}


def test_run_folder__metrics_of_a_regression__are_its_own(regression_run):
    metrics = json.loads((regression_run / "metrics.json").read_text())

    assert set(metrics["valid"]) == set(metrics["baseline"]) == {"rmse", "mae", "r2"}
    assert (metrics["task"], metrics["metric"]) == ("regression", "rmse")


def test_run_folder__predictions__are_out_of_fold_in_row_order(classifier_run, houses):
    predictions = pyarrow.parquet.read_table(classifier_run / "predictions.parquet")
    metrics = json.loads((classifier_run / "metrics.json").read_text())

    assert predictions.column_names == ["fold", "prediction", "proba_no", "proba_yes"]
    assert sorted(set(predictions["fold"].to_pylist())) == [0, 1]
    right = [
        a == b for a, b in zip(predictions["prediction"].to_pylist(), houses["dear"].to_pylist(), strict=True)
    ]
    assert sum(right) / len(right) == pytest.approx(metrics["valid"]["accuracy"])


def test_run_folder__history__has_a_row_for_each_epoch_and_member(classifier_run):
    with (classifier_run / "history.csv").open() as file:
        rows = list(csv.DictReader(file))

    assert [(row["epoch"], row["member"]) for row in rows] == [("1", "0"), ("1", "1"), ("2", "0"), ("2", "1")]
    assert set(rows[0]) == {"stack", "epoch", "member", "train_loss", "valid_loss", "lr", "seconds"}


def test_run_folder__config__is_resolved_and_is_a_configuration(classifier_run):
    settings = yaml.safe_load((classifier_run / "config.yaml").read_text())

    assert recipe_from(settings) == load(classifier_run / "model.netable").recipe
    assert "auto" not in [
        settings[name] for name in ("task", "model", "lr", "batch_size", "max_epochs", "folds")
    ]


def test_run_folder__files__are_readable_as_any_new_file(classifier_run, tmp_path):
    (tmp_path / "new").touch()
    usual = (tmp_path / "new").stat().st_mode

    assert {file.stat().st_mode for file in classifier_run.iterdir()} == {usual}


@pytest.fixture(scope="module")
def fitted():
    return fit(make_table(120), Settings(target="price", **SMALL))


@pytest.mark.parametrize(("report", "charts"), [(0.0, 0.0), (0.0, 1e9), (1e9, 1e9)])
def test_write_run__parts_without_time__are_left_out_as_a_whole(fitted, report, charts):
    Path("run").mkdir()
    agenda = Agenda(1e6)
    agenda.add([Part(FILES, 1.0, is_needed=True), Part(REPORT, report), Part(CHARTS, charts)])
    write_run(fitted, Path("run"), agenda=agenda)

    assert load("run/model.netable").recipe.target == "price"
    assert Path("run/report.html").exists() == (report == 0)
    if report == 0:
        page = Path("run/report.html").read_text(encoding="utf-8")
        assert ("Charts that need rows are not shown here" in page) == (charts > 0)
    left_out = [name for name, seconds in ((REPORT, report), (CHARTS, charts)) if seconds]
    assert agenda.left_out == (left_out if report == 0 else [REPORT])


def test_write_run__model_that_was_not_fully_diagnosed__says_so_on_its_page(fitted):
    Path("run").mkdir()
    results = fitted.results | {"no_time_for": ["the linear reference"], "diagnosis": []}
    write_run(replace(fitted, results=results, learned_from=None), Path("run"))

    page = Path("run/report.html").read_text(encoding="utf-8")
    assert "The doctor found no problems in what it saw." in page
    assert "The time limit left no time for the linear reference." in page
    assert load("run/model.netable").results["no_time_for"] == ["the linear reference"]


def test_write_run__without_an_agenda__writes_everything(fitted):
    Path("run").mkdir()
    write_run(fitted, Path("run"))

    assert "Importance of columns" in Path("run/report.html").read_text(encoding="utf-8")
