from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import t as students_t

from netable.report.confidence import estimate


def test_estimate__three_folds__widens_the_spread_between_them():
    values = np.array([1.0, 2.0, 6.0])
    part = np.array([0, 1, 2])
    found = estimate(lambda rows: {"mean": float(values[rows].mean())}, part, 0.5)["mean"]

    margin = students_t.ppf(0.975, 2) * values.std(ddof=1) * np.sqrt(1 / 3 + 1 / 2)
    assert found.value == 3.0
    assert found.by_fold == (1.0, 2.0, 6.0)
    assert (found.low, found.high) == pytest.approx((3 - margin, 3 + margin))


def test_estimate__few_rows_held_out__is_the_interval_of_a_mean(rng):
    values = rng.normal(size=20)
    found = estimate(lambda rows: {"mean": float(values[rows].mean())}, np.zeros(20, int))["mean"]

    # Of a mean, a jackknife that leaves out one row at a time is the standard error.
    margin = students_t.ppf(0.975, 19) * values.std(ddof=1) / np.sqrt(20)
    assert (found.low, found.high) == pytest.approx((values.mean() - margin, values.mean() + margin))
    assert found.by_fold == ()


def test_estimate__folds_and_truth__hold_it_about_as_often_as_they_say(rng):
    hits = 0
    for _ in range(200):
        values = rng.normal(size=80)
        found = estimate(
            lambda rows, values=values: {"mean": float(values[rows].mean())}, np.arange(80) % 8, 1 / 7
        )
        hits += found["mean"].low <= 0 <= found["mean"].high

    assert hits >= 190  # folds of independent rows share nothing, so that the widening is more than they need


def test_estimate__a_figure_that_a_fold_does_not_have__has_no_interval():
    part = np.repeat([0, 1, 2], 5)
    found = estimate(lambda rows: {"area": None if rows[0] and not rows[-1] else 0.5}, part, 0.5)["area"]

    assert (found.value, found.low, found.high) == (0.5, None, None)


def test_estimate__one_row__has_no_interval():
    found = estimate(lambda rows: {"mean": 1.0}, np.zeros(1, int))["mean"]

    assert (found.value, found.low, found.high) == (1.0, None, None)


def test_estimate__uneven_folds__are_widened_by_the_rows_that_were_learned_from():
    values, part = np.array([1.0, 2.0, 6.0]), np.array([0, 1, 2])

    ends = [
        estimate(lambda rows: {"mean": float(values[rows].mean())}, part, ratio)["mean"].high - 3
        for ratio in (0.0, 2.0)
    ]

    assert ends[1] / ends[0] == pytest.approx(np.sqrt((1 / 3 + 2) / (1 / 3)))


def test_estimate__more_rows_than_a_jackknife_takes__has_about_the_interval_of_all(rng, monkeypatch):
    values = rng.normal(size=4000)

    def wide() -> float:
        found = estimate(lambda rows: {"mean": float(values[rows].mean())}, np.zeros(4000, int))["mean"]
        assert found.value == values.mean()
        return found.high - found.low

    whole = wide()
    monkeypatch.setattr("netable.report.confidence._ROWS_OF_A_JACKKNIFE", 1000)

    assert wide() == pytest.approx(whole, rel=0.5)  # a spread of twenty groups is known to a sixth
