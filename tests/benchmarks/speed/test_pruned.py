from __future__ import annotations

import sys
from pathlib import Path

import pytest

from benchmarks.speed import pruned


def test_markdown__errors__are_in_relation_to_the_whole_model() -> None:
    errors = {"all": 0.5, "4": 0.505, "2": 0.52, "1": 0.55}
    row = {"table": "a", "train_rows": 1200, "networks": [8, 8], "errors": errors}
    around = {"machine": {"cpu": "x", "cores": 2}, "threads": 2, "date": "2026-12-01", "versions": {}}
    text = pruned.markdown([row | around])

    assert "| a | 1,200 | 8 + 8 | 0.5000 | +1.0% | +4.0% | +10.0% |" in text
    assert "| geometric mean |" in text


def test_pruned__no_results__is_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "argv", ["pruned", "--summary", "--out", str(tmp_path / "none.jsonl")])
    with pytest.raises(SystemExit, match="There is nothing to sum up"):
        pruned.main()
