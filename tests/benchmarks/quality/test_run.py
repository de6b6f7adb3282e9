"""Processes, resuming and the files that are left."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks.measurements import append_row, read_rows
from benchmarks.quality import run as quality
from benchmarks.quality import worker
from benchmarks.quality.peers import METHODS, Method
from benchmarks.tables import load_index


def call(monkeypatch: pytest.MonkeyPatch, *words: Any) -> None:
    monkeypatch.setattr(sys, "argv", ["run.py", *map(str, words)])
    quality.main()


def job(folder: Path, method: str, table: int = 0) -> quality.Job:
    return quality.Job(load_index(folder)[table], 0, method, 90, 1)


def test_plan__two_tables__everyone_in_turn_and_first_once(folder: Path) -> None:
    jobs = quality.plan(load_index(folder)[:2], ["linear", "catboost"], splits=2, rows=90, threads=1)

    assert [(job.table.name, job.split, job.method) for job in jobs] == [
        ("on_price", 0, "linear"),
        ("on_price", 0, "catboost"),
        ("on_price", 1, "catboost"),
        ("on_price", 1, "linear"),
        ("on_dear", 0, "linear"),
        ("on_dear", 0, "catboost"),
        ("on_dear", 1, "catboost"),
        ("on_dear", 1, "linear"),
    ]


def test_run__twice__measures_once_and_writes_the_page(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out" / "rows.jsonl"
    words = ("--data", folder, "--methods", "linear", "--rows", 90, "--threads", 1, "--out", out)
    call(monkeypatch, *words, "--only", "on_dear")
    rows = read_rows(out)
    assert len(rows) == 1
    assert rows[0]["failure"] is None
    assert rows[0]["error"] < 0.5
    assert rows[0]["fit_seconds"] > 0
    assert (rows[0]["train_rows"], rows[0]["test_rows"], rows[0]["columns"]) == (72, 18, 6)
    assert rows[0]["versions"]["scikit-learn"]
    assert rows[0]["threads"] == 1
    assert rows[0]["date"][:2] == "20"

    monkeypatch.setattr(quality, "run_job", lambda *_, **__: pytest.fail("was measured again"))
    call(monkeypatch, *words, "--only", "on_dear")
    call(monkeypatch, "--summary", "--rows", 90, "--out", out)

    assert read_rows(out) == rows
    assert "| on_dear | binary |" in out.with_suffix(".md").read_text()
    assert "| on_dear | binary |" in capsys.readouterr().out


def test_finished__failures__are_done_unless_asked_for_again() -> None:
    common = {"table": "a", "split": 0, "cut": 9, "threads": 1}
    rows = [
        common | {"method": "linear", "failure": None},
        common | {"method": "catboost", "failure": "not done after 5 seconds"},
    ]

    assert {key[2] for key in quality.finished(rows, again=False)} == {"linear", "catboost"}
    assert {key[2] for key in quality.finished(rows, again=True)} == {"linear"}


def test_job__out_of_time__is_a_row_with_the_reason(folder: Path) -> None:
    row = quality.run_job(job(folder, "linear"), folder, timeout=0.05)

    assert row["failure"] == "not done after 0.05 seconds"
    assert row["error"] is None
    assert row["wall_seconds"] < 5


def test_job__process_that_dies__is_a_row_with_its_last_line(
    folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "dying_worker.py").write_text("import os; print('out of luck', flush=True); os._exit(7)")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(quality, "WORKER", "dying_worker")

    row = quality.run_job(job(folder, "linear"), folder, timeout=60)

    assert row["failure"] == "the process ended with code 7: out of luck"


def test_worker__method_that_raises__answers_with_the_reason(
    folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def make(task: str, threads: int) -> None:
        raise TypeError("no such setting\nmore")

    monkeypatch.setitem(METHODS, "odd", Method("numpy", "linear", make))
    answer = tmp_path / "answer.json"
    words = ["--data", folder, "--table", "on_price", "--method", "odd", "--split", 0, "--rows", 90]
    words += ["--threads", 1, "--answer", answer]
    monkeypatch.setattr(sys, "argv", ["worker.py", *map(str, words)])
    worker.main()

    assert json.loads(answer.read_text()) == {"failure": "TypeError: no such setting"}


def test_methods__package_that_is_missing__are_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(METHODS, "odd", Method("no_such_package", "linear", lambda *_: None))

    assert quality.installed(["linear", "odd"]) == ["linear"]
    assert capsys.readouterr().out == "odd is left out: no_such_package is not installed\n"


def test_tables__unknown_name__ends_with_it(folder: Path) -> None:
    with pytest.raises(SystemExit, match=r"^The index has no table 'none'\.$"):
        quality.choose(load_index(folder), ["none"])


def test_summary__without_rows__says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SystemExit, match="There is nothing to sum up in"):
        call(monkeypatch, "--summary", "--out", tmp_path / "none.jsonl")


def test_summary__other_cut__is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    append_row(tmp_path / "rows.jsonl", {"cut": 7, "method": "linear"})

    with pytest.raises(SystemExit, match="There is nothing to sum up in"):
        call(monkeypatch, "--summary", "--out", tmp_path / "rows.jsonl")
