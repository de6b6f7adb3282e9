from __future__ import annotations

from typing import Any

from benchmarks.drift.run import FRESH, markdown

CIRCUMSTANCES = {"machine": {"cpu": "x", "cores": 2}, "threads": 2, "date": "2026-11-30"}


def row(shift: str, **more: Any) -> dict[str, Any]:
    plain = {
        "table": "t",
        "rows": 1000,
        "alarm": False,
        "moved": [],
        "others": [],
        "findings": [],
        "unusual": 0.01,
    }
    return plain | CIRCUMSTANCES | {"shift": shift} | more


def test_markdown__alarms_and_shifts__are_shares_and_named() -> None:
    text = markdown(
        [
            row(FRESH),
            row(FRESH, alarm=True, moved=["a"]),
            row("half a deviation more", column="a", moved=["a"], alarm=True),
            row("half a deviation more", column="b", alarm=False, evidently=["b"]),
        ]
    )

    assert "- 50.0% of 2 draws of fresh rows had an alarm, from 1 tables" in text
    assert "False alarms: t (a)." in text
    assert "| half a deviation more | 1 | 2 | 50.0% | 50.0% | 100.0% | 100.0% |" in text
    assert "Found in 1,000 new rows: half a deviation more 1 of 2." in text
    assert "Not found: half a deviation more: t, b." in text
