from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.doctor import run as doctor
from benchmarks.doctor.cases import Case, Provocation, cases
from benchmarks.doctor.training import PROVOCATIONS
from netable.errors import TrainingError


def test_cases__folder_or_none__are_tables_of_every_task(folder: Path) -> None:
    assert [(case.name, case.task, len(case)) for case in cases(folder, rows=50)] == [
        ("on_price", "regression", 50),
        ("on_dear", "binary", 50),
        ("on_third", "multiclass", 50),
    ]
    assert {case.task for case in cases(None, rows=60)} == {"regression", "binary", "multiclass"}


def test_main__a_sickness__is_run_once_and_summed_up(folder: Path, tmp_path: Path) -> None:
    words = ["--data", str(folder), "--only", "bad_first_loss", "--out", str(tmp_path / "doctor.jsonl")]
    doctor.main(words)
    rows = (tmp_path / "doctor.jsonl").read_text().splitlines()
    doctor.main(words)

    assert (tmp_path / "doctor.jsonl").read_text().splitlines() == rows
    assert len(rows) == 3 * sum(provocation.id == "bad_first_loss" for provocation in PROVOCATIONS.values())
    assert all("bad_first_loss" in json.loads(row)["found"] for row in rows)
    assert "Found: 100.0% of" in (tmp_path / "doctor.md").read_text()


def test_measure__run_that_breaks_off__was_found_at_once(folder: Path) -> None:
    def fail(_: Case) -> list[None]:
        raise TrainingError("The steps are too large.")

    case = next(cases(folder, rows=50))
    row = doctor.measure(case, "sgd", Provocation("lr_too_high", fail))  # type: ignore[arg-type]
    assert row["error"] == "TrainingError: The steps are too large."
    assert doctor.was_found(row)


def test_markdown__verdicts_on_healthy_runs__are_false_unless_they_are_true() -> None:
    row = {"table": "a", "case": "default", "expected": None, "found": ["drift", "leakage"], "error": None}
    text = doctor.markdown([row, row | {"found": []}], {"a": {"drift"}})

    assert "False alarms: 50.0% of 2 healthy runs" in text
    assert "| `leakage` | 1 | a |" in text
    assert "drift" not in text


def test_markdown__verdict_that_is_true_of_one_way_to_train__is_false_of_others() -> None:
    row = {"table": "a", "case": "linear", "expected": None, "found": ["drift"], "error": None}
    text = doctor.markdown([row, row | {"case": "default"}], {"a, linear": {"drift"}})

    assert "False alarms: 50.0% of 2 healthy runs" in text


@pytest.mark.parametrize("count", [2, 9])
def test_spread__tables__take_turns_by_task(folder: Path, count: int) -> None:
    tables = [*cases(folder, rows=40), *cases(folder, rows=30)]
    assert [case.task for case in doctor.spread(tables, count)][:2] == ["regression", "binary"]
    assert len(doctor.spread(tables, count)) == min(count, 6)
