from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import chi2_contingency, ks_2samp

from netable.fit.evidence.shift import category_shift, level_shift, number_shift


def test_number_shift__one_table__has_none(rng: np.random.Generator) -> None:
    assert number_shift(rng.normal(size=50), 50) == (0.0, 1.0)


def test_number_shift__two_tables__is_the_test_of_kolmogorov_and_smirnov(rng: np.random.Generator) -> None:
    a, b = rng.normal(size=300), rng.normal(size=200) + 0.3

    found = number_shift(np.concatenate([a, b]), 300)

    reference = ks_2samp(a, b, method="asymp")
    assert found.distance == pytest.approx(reference.statistic)
    assert found.chance == pytest.approx(reference.pvalue, rel=0.3)


def test_number_shift__cells_that_go_missing__are_a_shift(rng: np.random.Generator) -> None:
    values = rng.normal(size=400)
    values[200:300] = np.nan

    found = number_shift(values, 200)

    assert found.distance == pytest.approx(0.5)
    assert found.chance < 1e-9


def test_level_shift__two_tables__is_pearsons_test(rng: np.random.Generator) -> None:
    codes = np.concatenate([rng.integers(0, 3, 300), rng.integers(0, 4, 200)])

    found = level_shift(codes, 300)

    counts = [np.bincount(part, minlength=4) for part in (codes[:300], codes[300:])]
    assert found.chance == pytest.approx(chi2_contingency(counts, correction=False).pvalue)
    assert found.distance == pytest.approx(np.abs(counts[0] / 300 - counts[1] / 200).sum() / 2)


def test_category_shift__levels_that_hardly_come_twice__are_not_new_by_that(rng: np.random.Generator) -> None:
    levels = rng.integers(0, 5000, 1000)
    known = np.unique(levels[:700])
    codes = np.where(np.isin(levels, known), 2 + np.searchsorted(known, levels), 1)

    assert category_shift(codes, 700).chance > 0.01
