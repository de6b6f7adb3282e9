from __future__ import annotations

import pytest

from benchmarks.speed.time_left import ratios


def test_ratios__moments_of_a_run__are_predicted_over_actual_duration() -> None:
    shown = [(1.0, None), (2.0, 3.0), (5.0, 10.0), (10.0, 0.0)]

    assert ratios(shown, (0.1, 0.15, 0.5)) == [None, pytest.approx(0.5), pytest.approx(1.5)]
