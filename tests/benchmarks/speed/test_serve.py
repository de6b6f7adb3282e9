from __future__ import annotations

import sys
from pathlib import Path

import pytest

from benchmarks.measurements import read_rows
from benchmarks.speed import serve


@pytest.mark.slow
def test_serve__quick_run__measures_each_rate_and_writes_a_page(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "serve.jsonl"
    arguments = ["serve", "--quick", "--seconds", "0.5", "--rates", "0", "20", "--out", str(out)]
    monkeypatch.setattr(sys, "argv", arguments)
    serve.main()
    rows = read_rows(out)

    assert [row["rate"] for row in rows] == [0, 20]
    assert all(set(row["statuses"]) == {"200"} for row in rows)
    assert all(0 < row["p50"] <= row["p99"] for row in rows)
    assert "| 20 |" in capsys.readouterr().out
    assert out.with_suffix(".md").is_file()
