from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks.measurements import read_rows
from benchmarks.speed import export
from c_code import needs_gcc


@needs_gcc
@pytest.mark.slow
def test_export__quick_run__measures_all_and_writes_a_page(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "export.jsonl"
    monkeypatch.setattr(sys, "argv", ["export", "--quick", "--rounds", "1", "--out", str(out)])
    export.main()
    rows = read_rows(out)

    ways = [f"{name}{kept}" for kept in ("", ", 2 a stack") for name in ("netable", "onnxruntime", "C")]
    assert [(row["way"], row["rows"]) for row in rows] == [(way, n) for n in (1, 10_000) for way in ways]
    assert all(row["median"] > 0 for row in rows)
    assert "| onnxruntime | 10,000 |" in capsys.readouterr().out
    assert out.with_suffix(".md").is_file()


def test_side_by_side__ways__take_turns() -> None:
    called: list[str] = []
    ways = {name: lambda rows, name=name: called.append(name) for name in "ab"}
    found = export.side_by_side(ways, np.zeros((2, 1)), rounds=2, repeats=3)

    assert "".join(called) == "aaaabbbbbbbbaaaa"
    assert [len(found[name]) for name in "ab"] == [2, 2]
