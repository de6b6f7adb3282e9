from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.trust import run as trust
from benchmarks.trust import seeds as trust_seeds
from benchmarks.trust.scores import brier, calibration_error, in_standard_errors, row_losses
from benchmarks.trust.summary import markdown


def test_brier__two_rows__is_worked_by_hand() -> None:
    # .3² + .3² for the first row, .6² + .6² for the second
    assert brier(np.array([[0.7, 0.3], [0.6, 0.4]]), np.array([0, 1])) == pytest.approx((0.18 + 0.72) / 2)


def test_calibration_error__sure_and_half_right__is_half() -> None:
    sure = np.array([[1.0, 0.0]] * 100)

    assert calibration_error(sure, np.arange(100) % 2) == pytest.approx(0.5)
    assert calibration_error(sure, np.zeros(100, int)) == 0


def test_calibration_error__probabilities_that_are_true__is_small() -> None:
    rng = np.random.default_rng(0)
    p = rng.random(20_000)
    codes = (rng.random(20_000) < p).astype(int)

    assert calibration_error(np.stack([1 - p, p], 1), codes) < 0.02


def test_in_standard_errors__means_of_equal_rows__are_about_one_apart() -> None:
    rng = np.random.default_rng(0)
    found = [in_standard_errors(*rng.normal(size=(2, 50))) for _ in range(300)]

    assert np.std(found) == pytest.approx(1, abs=0.15)
    assert in_standard_errors(np.array([3.0, 5.0]), np.array([1.0, 1.0])) == 3


def test_row_losses__tasks__are_squares_in_deviations_and_log_losses() -> None:
    assert row_losses("regression", np.array([[1.0], [4.0]]), np.array([3.0, 4.0]), 2.0).tolist() == [1, 0]
    losses = row_losses("binary", np.array([[0.5, 0.5], [0.1, 0.9]]), np.array([0, 1]))
    assert losses.tolist() == pytest.approx([np.log(2), -np.log(0.9)])


@pytest.fixture
def tables(tmp_path: Path) -> Path:
    """A regression and two classes, with rows enough for intervals."""
    rng = np.random.default_rng(0)
    entries = []
    for task, draw in trust_seeds.SIGNALS.items():
        draw(rng, 240).to_parquet(tmp_path / f"{task}.parquet")
        entries.append({"name": task, "file": f"{task}.parquet", "target": "y", "task": task})
    (tmp_path / "index.json").write_text(json.dumps({"datasets": entries}))
    return tmp_path


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::netable.errors.DataWarning")
def test_main__two_tables_and_two_seeds__are_measured_once_and_summed_up(
    tables: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tables / "out.jsonl"
    for _ in range(2):  # the second time nothing is left to do
        trust.main(["--data", str(tables), "--splits", "1", "--out", str(out)])
    names = ("two classes",)
    monkeypatch.setattr(trust_seeds, "CHANCES", {name: trust_seeds.CHANCES[name] for name in names})
    trust_seeds.main(["--seeds", "2", "--rows", "120", "--out", str(out)])

    rows = [json.loads(line) for line in out.read_text().splitlines()]
    assert [row.get("table") for row in rows[:2]] == ["regression", "binary"]
    assert [row.get("spread") or row.get("chance") for row in rows[2:]] == ["regression", "binary", *names]
    assert set(rows[0]["coverage"]) <= set(rows[0]["promised"]) | {"0.95"}
    assert all(0 <= share <= 1 for share in rows[0]["coverage"].values())
    assert rows[1]["before"]["log_loss"] > 0
    # One network is worse than the model, whose mean of networks it is.
    assert rows[0]["fresh_single"] > rows[0]["fresh"]
    page = markdown(rows)
    for name in ("regression", "binary", *names):
        assert name in page
    assert "standard errors" in capsys.readouterr().out


def test_markdown__nothing_measured__has_its_headings() -> None:
    assert markdown([]).startswith("# Do the figures hold?")


def test_chances__draws__tell_nothing_of_the_target() -> None:
    for draw, _ in trust_seeds.CHANCES.values():
        frame = draw(np.random.default_rng(0), 400)
        assert isinstance(frame, pd.DataFrame)
        assert len(frame) == 400
