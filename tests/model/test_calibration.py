from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import log_softmax, softmax
from sklearn.metrics import log_loss

from netable.model.calibration import (
    BOUNDS,
    cross_fit_temperature,
    fit_temperature,
    with_temperature,
)

Floats = NDArray[np.float64]


def sampled(rng: np.random.Generator, n: int, classes: int = 3) -> tuple[Floats, NDArray[Any]]:
    """Logits, and classes that occur with just the probabilities that they stand for."""
    logits = 2 * rng.normal(size=(n, classes))
    codes = (softmax(logits, axis=1).cumsum(1) < rng.random((n, 1))).sum(1)
    return logits, codes


@pytest.mark.parametrize("temperature", [0.4, 1.0, 3.0])
@pytest.mark.parametrize("classes", [2, 5])
def test_fit_temperature__logits_that_are_too_large__gives_the_factor(
    rng: np.random.Generator, temperature: float, classes: int
) -> None:
    logits, codes = sampled(rng, 20_000, classes)

    actual = fit_temperature(temperature * logits, codes, np.ones(20_000))

    assert actual == pytest.approx(temperature, rel=0.05)


def test_fit_temperature__any_rows__has_the_least_log_loss_of_a_grid(rng: np.random.Generator) -> None:
    logits, codes = sampled(rng, 4000)
    weight = rng.uniform(size=4000)
    temperatures = np.exp(np.linspace(0, 1, 201))
    losses = [log_loss(codes, softmax(1.7 * logits / t, axis=1), sample_weight=weight) for t in temperatures]

    actual = fit_temperature(1.7 * logits, codes, weight)

    # The prior has a part in it that 4000 rows make small.
    assert actual == pytest.approx(temperatures[np.argmin(losses)], rel=0.01)


def test_fit_temperature__logits_or_their_log_probabilities__are_the_same(rng: np.random.Generator) -> None:
    logits, codes = sampled(rng, 300)
    ones = np.ones(300)

    assert fit_temperature(logits, codes, ones) == pytest.approx(
        fit_temperature(log_softmax(logits, axis=1), codes, ones)
    )


def test_fit_temperature__weights__count_by_their_proportions(rng: np.random.Generator) -> None:
    logits, codes = sampled(rng, 400)
    times = rng.integers(0, 3, 400)
    weighted = fit_temperature(logits, codes, times.astype(float))
    is_kept = times > 0

    assert fit_temperature(logits, codes, 7.5 * times) == pytest.approx(weighted, rel=1e-5)
    assert fit_temperature(logits[is_kept], codes[is_kept], times[is_kept].astype(float)) == weighted
    repeated = fit_temperature(np.repeat(logits, times, 0), np.repeat(codes, times), np.ones(times.sum()))
    assert weighted == pytest.approx(
        repeated, rel=0.05
    )  # but for the prior, which holds more against fewer rows


def test_fit_temperature__very_many_rows__is_as_with_all_of_them(
    rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    logits, codes = sampled(rng, 100_000, 2)
    order = np.argsort(codes)  # as a table may have them
    some = fit_temperature(2 * logits[order], codes[order], np.ones(100_000))
    monkeypatch.setattr("netable.model.calibration.ROWS_AT_MOST", 100_000)

    assert some == pytest.approx(fit_temperature(2 * logits, codes, np.ones(100_000)), rel=0.02)


def test_fit_temperature__few_rows_or_a_single_class__is_one(rng: np.random.Generator) -> None:
    logits, codes = sampled(rng, 60)
    weight = np.ones(60)
    weight[:11] = 0.0

    assert fit_temperature(5 * logits, codes, weight) == 1.0  # 49 rows
    assert fit_temperature(5 * logits, np.zeros(60, int), np.ones(60)) == 1.0
    assert fit_temperature(logits[:0], codes[:0], weight[:0]) == 1.0
    assert fit_temperature(5 * logits, codes, np.ones(60)) > 1.5


def test_fit_temperature__rows_that_are_all_right__does_not_go_to_the_end_of_the_bounds() -> None:
    codes = np.arange(60) % 2
    logits = np.where(np.eye(2)[codes] > 0, 4.0, 0.0)

    assert BOUNDS[0] * 1.5 < fit_temperature(logits, codes, np.ones(60)) < 1


def test_fit_temperature__rows_that_are_all_wrong__stays_within_the_bounds() -> None:
    codes = np.arange(3000) % 2
    logits = np.where(np.eye(2)[codes] > 0, 0.0, 400.0)

    assert fit_temperature(logits, codes, np.ones(3000)) == pytest.approx(BOUNDS[1], rel=1e-3)


def test_cross_fit_temperature__a_folds_rows__have_no_part_in_their_own(rng: np.random.Generator) -> None:
    logits, codes = sampled(rng, 300)
    fold, ones = np.arange(300) % 3, np.ones(300)
    before = cross_fit_temperature(logits, codes, ones, fold)
    other = codes.copy()
    other[fold == 1] = 0
    after = cross_fit_temperature(logits, other, ones, fold)

    assert (before[fold == 1] == after[fold == 1]).all()
    assert (before[fold != 1] != after[fold != 1]).all()
    for number in range(3):
        out = fold != number
        assert set(before[~out]) == {fit_temperature(logits[out], codes[out], ones[out])}


def test_cross_fit_temperature__in_order__knows_earlier_folds_alone(rng: np.random.Generator) -> None:
    logits, codes = sampled(rng, 300)
    fold, ones = np.repeat([0, 1, 2], 100), np.ones(300)
    actual = cross_fit_temperature(2 * logits, codes, ones, fold, in_order=True)

    assert set(actual[:100]) == {1.0}
    assert set(actual[100:200]) == {fit_temperature(2 * logits[:100], codes[:100], ones[:100])}
    assert set(actual[200:]) == {fit_temperature(2 * logits[:200], codes[:200], ones[:200])}


def test_with_temperature__log_probabilities__are_divided_and_made_one_again() -> None:
    actual = with_temperature(np.log([[0.8, 0.2], [0.5, 0.5]]), np.array([2.0, 1.0]))

    share = math.sqrt(0.8) / (math.sqrt(0.8) + math.sqrt(0.2))
    np.testing.assert_allclose(actual, [[share, 1 - share], [0.5, 0.5]])
