from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from guarding import homes
from netable.drift import Drift, monitor, write_drift_page
from netable.drift.page import page
from netable.model.model import Model


@pytest.fixture(scope="module")
def moved(homes_model: Model) -> Drift:
    rows = homes(1000, 1)
    return monitor(homes_model, pa.table(rows | {"height": rows["height"] + 10}))


def test_write_drift_page__columns_that_moved__are_in_words_and_charts(moved: Drift, tmp_path: Path) -> None:
    write_drift_page(moved, tmp_path / "m.html")

    text = (tmp_path / "m.html").read_text(encoding="utf-8")
    for part in ("Predicting price", "<svg", "What moved", "median 17", "If its source works", "PSI"):
        assert part in text


def test_page__every_column__is_in_the_table_once(moved: Drift) -> None:
    table = page(moved).sections[2].blocks[0]

    assert sorted(str(row[0]) for row in table.rows) == sorted(column.name for column in moved.columns)
    assert table.rows[0][2] is True


@pytest.mark.usefixtures("without_charts")
def test_page__nothing_moved_and_no_answers__says_so(homes_model: Model, tmp_path: Path) -> None:
    drift = monitor(homes_model, pa.table(homes(800, 2)).drop_columns("price"))
    write_drift_page(drift, tmp_path / "m.html")

    text = (tmp_path / "m.html").read_text(encoding="utf-8")
    assert "No column moved." in text
    assert "Without answers nothing shows whether errors have risen." in text
    assert "Nothing to do." in text


@pytest.mark.usefixtures("without_charts")
def test_page__model_without_predictions_of_its_own__says_so(homes_model: Model, tmp_path: Path) -> None:
    reference = replace(homes_model.reference, judged=None)
    rows, before = pa.table(homes(300, 1)), pa.table(homes(600, 0))
    write_drift_page(monitor(replace(homes_model, reference=reference), rows, before), tmp_path / "m.html")

    text = (tmp_path / "m.html").read_text(encoding="utf-8")
    assert "keeps no reference of its predictions" in text
    assert "AUC" in text


@pytest.mark.bad_input(74)
def test_page__hostile_names__stay_text(moved: Drift, tmp_path: Path) -> None:
    hostile = "</title><script>alert(1)</script>\u202e"
    columns = tuple(replace(column, name=hostile, now=hostile, what=hostile) for column in moved.columns)
    write_drift_page(replace(moved, target=hostile, columns=columns, verdict=(hostile,)), tmp_path / "m.html")

    text = (tmp_path / "m.html").read_text(encoding="utf-8")
    assert text.count("<script>") == 1  # the page's own
    assert "\u202e" not in text


def test_page__same_drift__gives_the_same_bytes(moved: Drift, tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_drift_page(moved, tmp_path / name)

    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert np.isfinite([column.weight for column in moved.columns]).all()
