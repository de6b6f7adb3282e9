from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from netable.model.guard.chance import chance_of_at_least


@pytest.mark.parametrize(
    ("count", "rows", "seen", "others"), [(3, 10, 2, 99), (40, 1000, 5.5, 300), (1, 1, 2, 50)]
)
def test_chance__any_count__is_that_of_the_beta_binomial(
    count: int, rows: int, seen: float, others: float
) -> None:
    expected = stats.betabinom(rows, seen, others).sf(count - 1)

    assert chance_of_at_least(count, rows, seen, others) == pytest.approx(expected, rel=1e-9)


def test_chance__no_more_than_expected__is_no_surprise() -> None:
    assert chance_of_at_least(10, 1000, 1, 99) == 1


def test_chance__values_beyond_the_range_of_others__holds_for_any_distribution(
    rng: np.random.Generator,
) -> None:
    learned, fresh = rng.lognormal(size=(4000, 50)), rng.lognormal(size=(4000, 30))
    beyond = (fresh < learned.min(1, keepdims=True)) | (fresh > learned.max(1, keepdims=True))

    measured = (beyond.sum(1) >= 4).mean()

    assert measured == pytest.approx(chance_of_at_least(4, 30, 2, 49), abs=0.012)
