"""Lines are added whole, and what was cut off does no harm."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.measurements import (
    append_row,
    circumstances,
    describe_circumstances,
    markdown_table,
    read_rows,
)


def test_rows__added_and_read__are_the_same(tmp_path: Path) -> None:
    path = tmp_path / "new" / "rows.jsonl"
    append_row(path, {"a": 1, "µ": "é"})
    append_row(path, {"a": None})

    assert read_rows(path) == [{"a": 1, "µ": "é"}, {"a": None}]
    assert read_rows(tmp_path / "none.jsonl") == []


def test_rows__after_a_line_that_was_cut_off__stay_readable(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text('{"a": 1}\n{"a": ')
    append_row(path, {"a": 2})

    assert read_rows(path) == [{"a": 1}, {"a": 2}]
    assert capsys.readouterr().err == "rows.jsonl: line 2 cannot be read and is passed over\n"


def test_rows__not_a_number__is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        append_row(tmp_path / "rows.jsonl", {"a": float("nan")})


def test_circumstances__of_now__name_machine_threads_and_versions() -> None:
    around = circumstances(["numpy", "no-such-package"], threads=3)

    assert around["threads"] == 3
    assert around["machine"]["cpu"]
    assert around["machine"]["cores"] >= 1
    assert set(around["versions"]) == {"python", "numpy"}


def test_describe_circumstances__two_days_on_one_machine__is_one_line() -> None:
    machine = {"cpu": "C", "cores": 2}
    rows = [{"machine": machine, "threads": 2, "date": f"2026-01-0{day}T00:00:00"} for day in (3, 1)]

    assert describe_circumstances(rows) == ["C, cores: 2, threads: 2, 2026-01-01 to 2026-01-03"]


def test_markdown_table__words_and_figures__aligns_figures() -> None:
    assert markdown_table(["a", "b"], [["x", "1"]]) == "| a | b |\n| --- | ---: |\n| x | 1 |"
