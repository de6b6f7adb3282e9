"""Thresholds by what mistakes cost."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from netable.report.threshold import _thresholds_of_others


def judged(time_column: str | None) -> SimpleNamespace:
    """Two parts: the first asks for a threshold near 0.2, the second for one near 0.8."""
    score = np.tile(np.linspace(0.01, 0.99, 50), 2)
    part = np.repeat([0, 1], 50)
    return SimpleNamespace(
        source="folds",
        model=SimpleNamespace(recipe=SimpleNamespace(time_column=time_column)),
        outcome=np.column_stack([1 - score, score]),
        y=(score > np.where(part == 0, 0.2, 0.8)).astype(int),
        weight=np.ones(100),
        part=part,
    )


def test_thresholds_of_others__folds__are_those_of_the_other_part() -> None:
    chosen = _thresholds_of_others(judged(None), 1.0)

    assert abs(chosen[0] - 0.8) < 0.03
    assert abs(chosen[-1] - 0.2) < 0.03


def test_thresholds_of_others__order_of_time__does_not_look_ahead() -> None:
    chosen = _thresholds_of_others(judged("day"), 1.0)

    assert chosen[0] == 0.5  # nothing is known before the first part
    assert abs(chosen[-1] - 0.2) < 0.03
