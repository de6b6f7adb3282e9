from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import chi2_contingency, ks_2samp

from netable.drift.distances import gap_chance, level_distance, loose_distance, scale_distances
from netable.model.guard.scales import Scales


def test_scale_distances__shifted_number__is_about_the_test_of_kolmogorov_and_smirnov(
    rng: np.random.Generator,
) -> None:
    before, now = rng.normal(size=(3000, 2)), rng.normal(size=(1000, 2)) + [0.0, 0.2]  # noqa: RUF005
    same, other = scale_distances(Scales.learn(before), 3000, now)

    reference = ks_2samp(before[:, 1], now[:, 1], method="asymp")
    assert other.distance == pytest.approx(reference.statistic, abs=0.02)
    assert other.chance < 1e-4
    assert same.chance > 0.05
    assert same.psi < 0.02 < other.psi


def test_scale_distances__few_values__are_compared_exactly(rng: np.random.Generator) -> None:
    before, now = rng.integers(0, 4, (2000, 1)), rng.integers(0, 3, (500, 1))
    (found,) = scale_distances(Scales.learn(before.astype(float)), 2000, now.astype(float))

    shares = [np.bincount(part[:, 0], minlength=4) / len(part) for part in (before, now)]
    assert found.distance == pytest.approx(
        np.abs(np.cumsum(shares[0]) - np.cumsum(shares[1])).max(), abs=1e-6
    )


def test_scale_distances__psi__is_worked_by_hand() -> None:
    before, now = np.repeat([0.0, 1.0], [50, 50])[:, None], np.repeat([0.0, 1.0], [80, 20])[:, None]
    (found,) = scale_distances(Scales.learn(before), 100, now)

    assert found.psi == pytest.approx(0.3 * np.log(0.8 / 0.5) - 0.3 * np.log(0.2 / 0.5))
    assert found.distance == pytest.approx(0.3)


def test_scale_distances__nothing_present__is_no_distance() -> None:
    scales = Scales.learn(np.arange(50.0)[:, None])

    assert scale_distances(scales, 50, np.full((20, 1), np.nan)) == [(0.0, 0.0, 1.0)]


def test_level_distance__frequent_levels__is_pearsons_test() -> None:
    before, now = np.array([0.0, 0, 600, 300, 100]), np.array([0.0, 0, 240, 180, 80])
    found = level_distance(before, now)

    pearson = chi2_contingency([before[2:], now[2:]], correction=False).pvalue
    assert found.chance == pytest.approx(2 * pearson)
    assert found.distance == pytest.approx(0.12)


def test_level_distance__one_of_many_levels__is_not_hidden_by_others(rng: np.random.Generator) -> None:
    shares = np.array([0, 0, 0.05, *np.full(60, 0.95 / 60)])
    before, now = rng.multinomial(1500, shares), rng.multinomial(1000, shares)
    now[2] *= 2

    assert level_distance(before.astype(float), now.astype(float)).chance < 1e-3


def test_scale_distances__tail_in_another_unit__is_found(rng: np.random.Generator) -> None:
    def mostly_zero(n_rows: int) -> np.ndarray:
        return np.where(rng.random(n_rows) < 0.94, 0.0, rng.lognormal(size=n_rows))[:, None]

    scales = Scales.learn(mostly_zero(3000))
    (same,) = scale_distances(scales, 3000, mostly_zero(1000))
    (other,) = scale_distances(scales, 3000, 10 * mostly_zero(1000))

    assert same.chance > 0.05
    assert other.chance < 1e-4


def test_level_distance__levels_that_hardly_come_twice__are_compared_with_new_ones(
    rng: np.random.Generator,
) -> None:
    drawn = rng.integers(0, 4000, 3000), rng.integers(0, 4000, 800)
    known = np.unique(drawn[0])
    before = np.bincount(np.searchsorted(known, drawn[0]) + 2, minlength=len(known) + 2)
    codes = np.where(np.isin(drawn[1], known), np.searchsorted(known, drawn[1]) + 2, 1)
    now = np.bincount(codes, minlength=len(known) + 2)

    assert now[1] > 100
    assert level_distance(before.astype(float), now).chance > 0.01


def test_level_distance__no_rows__is_no_distance() -> None:
    assert level_distance(np.array([0.0, 0, 5]), np.zeros(3)) == (0.0, 0.0, 1.0)


def test_gap_chance__as_many_more_or_fewer__is_one_or_small() -> None:
    assert gap_chance(100, 1000, 98, 1000) > 0.5
    assert gap_chance(0, 1000, 1000, 1000) < 1e-9
    assert gap_chance(300, 1000, 0, 1000) < 1e-9
    assert gap_chance(0, 10_000, 3, 1000) > 1e-4  # chance of a column that may have gaps


def test_loose_distance__a_factor_near_one__is_none_and_a_larger_one_is_found(
    rng: np.random.Generator,
) -> None:
    before, now = (rng.choice([0.5, 1.0, 2.5], n) for n in (2000, 800))
    scales = Scales.learn((before * rng.choice([0.995, 1.0, 1.005], 2000))[:, None])

    assert loose_distance(scales, 2000, now).chance > 0.05
    assert loose_distance(scales, 2000, now * 1.1).chance < 1e-6
    assert loose_distance(scales, 2000, now * 0.9).chance < 1e-6
