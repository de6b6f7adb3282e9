from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from benchmarks.drift.shifts import SHIFTS, doubled, gone, is_number, other_unit, shifted


def test_shifts__numbers_and_levels__fit_their_shifts(rng: np.random.Generator) -> None:
    number, few = pd.Series(rng.normal(size=100)), pd.Series([1, 2] * 50)
    level = pd.Series(["a"] * 60 + ["b"] * 30 + ["c"] * 10)

    assert is_number(number)
    assert not is_number(few)
    assert [name for name, (fits, _) in SHIFTS.items() if fits(level)] == ["a level doubled", "all missing"]


def test_shifts__number__moves_by_half_a_deviation_or_changes_its_unit(rng: np.random.Generator) -> None:
    column = pd.Series(rng.normal(size=500))

    assert (shifted(column, rng) - column).mean() == pytest.approx(column.std() / 2)
    assert (other_unit(column, rng) / column).mean() == pytest.approx(2.54)
    assert gone(column, rng).isna().all()


def test_doubled__rarest_level_that_fits__has_twice_the_rows(rng: np.random.Generator) -> None:
    column = pd.Series(["a"] * 60 + ["b"] * 28 + ["c"] * 10 + ["d"] * 2)
    counts = doubled(column, rng).value_counts()

    assert counts["c"] == 20
    assert counts.sum() == 100
