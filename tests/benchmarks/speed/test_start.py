"""The benchmark of the start: figures of one run, and the summary."""

from __future__ import annotations

import sys

from benchmarks.measurements import Row
from benchmarks.speed.start import markdown, microseconds, timed

AROUND = {
    "label": "now",
    "date": "2026-12-01T12:00:00",
    "machine": {"cpu": "c", "cores": 2, "system": "Linux"},
    "threads": 2,
    "versions": {"netable": "0.1.0"},
}


def trained(seconds: float, own: float, others: float | None) -> Row:
    figures = {"to_model": seconds - 1, "seconds": seconds, "own_seconds": own, "others": others}
    return {"kind": "train", "table": "t", "rows": 1000, "effort": "fast", **figures, **AROUND}


def test_markdown__several_rounds__least_of_each_figure_is_shown() -> None:
    page = markdown([trained(9.0, 5.0, 1.5), trained(8.0, 6.0, 0.25), trained(10.0, 7.0, None)])

    assert "| now | t | fast | 1000 | 7 | 8 | 5 | 0.25 | 3 |" in page


def test_timed__process__takes_time_and_processor() -> None:
    found = timed([sys.executable, "-S", "-c", "sum(range(10**6))"])

    assert 0 < found["own_seconds"] < 100
    assert found["seconds"] > 0


def test_microseconds__action__is_called_once_more_than_it_counts() -> None:
    calls: list[int] = []

    found = microseconds("dict", lambda: calls.append(1))

    assert len(calls) == 201
    assert 0 < found["dict_least"] <= found["dict"]
