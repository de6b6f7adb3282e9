"""Intervals and tests over folds."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from netable.comparison.inference import estimate


def test_estimate__four_folds__worked_by_hand() -> None:
    found = estimate(np.array([1.0, 2.0, 3.0, 6.0]), 0.25)

    # mean 3, variance 14/3, corrected by 1/4 + 1/4; t has 3 degrees of freedom
    error = np.sqrt(14 / 3 / 2)
    assert found.mean == 3
    assert found.upper - found.mean == pytest.approx(3.182446 * error, rel=1e-6)
    assert found.p == pytest.approx(2 * stats.t.sf(3 / error, 3))


def test_estimate__no_shared_rows__is_the_t_test() -> None:
    values = np.array([0.3, -0.1, 0.4, 0.2, 0.5])

    assert estimate(values, 0.0).p == pytest.approx(stats.ttest_1samp(values, 0).pvalue)


def test_estimate__shared_rows__widen_the_interval() -> None:
    values = np.array([0.3, -0.1, 0.4, 0.2, 0.5])

    plain, corrected = estimate(values, 0.0), estimate(values, 0.25)

    assert corrected.lower < plain.lower
    assert corrected.p > plain.p


@pytest.mark.parametrize(("value", "p"), [(0.0, 1.0), (2.0, 0.0)])
def test_estimate__folds_all_alike__is_certain(value: float, p: float) -> None:
    assert estimate(np.full(3, value), 0.5) == (value, value, value, p)


def test_estimate__nothing_but_chance__is_rarely_found() -> None:
    """Errors of folds that share rows: independent parts and one common part, as the correction assumes."""
    rng = np.random.default_rng(0)
    ratio, folds = 0.25, 5
    rho = ratio / (1 + ratio)
    common = rng.normal(size=(2000, 1)) * np.sqrt(rho)
    p = [estimate(row, ratio).p for row in common + rng.normal(size=(2000, folds)) * np.sqrt(1 - rho)]

    assert 0.03 < np.mean(np.array(p) < 0.05) < 0.07
