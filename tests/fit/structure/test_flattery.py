from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from netable.fit.structure.flattery import group_flattery, time_flattery
from netable.table.encode import Encoded
from netable.table.rows import Rows

N = 600


def rows(y: Any, numbers: Any) -> Rows:
    return Rows(Encoded(np.asarray(numbers), np.empty((N, 0), np.int64)), np.asarray(y), np.ones(N))


def test_group_flattery__effects_of_groups__costs_what_theory_says(rng: np.random.Generator) -> None:
    groups = np.arange(N) % 60
    y = 2 * rng.normal(size=60)[groups] + rng.normal(size=N)

    found = group_flattery(rows(y[:, None], rng.normal(size=(N, 2))), groups, 0, 0)

    # Variances 5 without, and 1 + about 1/5 with five relatives.
    assert found.ratio == pytest.approx(np.sqrt(5 / 1.2), rel=0.2)
    assert 1 < found.low < found.ratio < found.high
    assert found.surely > 1


def test_group_flattery__near_copies_of_columns__are_recognized_without_an_effect(
    rng: np.random.Generator,
) -> None:
    groups = np.arange(N) // 3
    x = rng.normal(size=(200, 5))[groups] + 0.01 * rng.normal(size=(N, 5))
    codes = (rng.random(200) < 0.5)[groups].astype(np.int64)

    assert group_flattery(rows(codes, x), groups, 2, 0).surely > 1.1


def test_group_flattery__independent_rows__is_none(rng: np.random.Generator) -> None:
    x = rng.normal(size=(N, 3))
    groups = rng.integers(0, 80, N)
    found = [
        group_flattery(rows(x[:, :1] + rng.normal(size=(N, 1)), x), groups, 0, seed) for seed in range(3)
    ]

    assert all(one.surely < 1.02 and abs(one.ratio - 1) < 0.1 for one in found)


def test_group_flattery__independent_rows_many_times__has_no_bias() -> None:
    logarithms = []
    for seed in range(24):
        rng = np.random.default_rng(seed)
        x, y, groups = rng.normal(size=(300, 3)), rng.normal(size=(300, 1)), rng.integers(0, 60, 300)
        table = Rows(Encoded(x, np.empty((300, 0), np.int64)), x[:, :1] + y, np.ones(300))
        logarithms.append(np.log(group_flattery(table, groups, 0, seed).ratio))

    assert abs(np.mean(logarithms)) < 0.005  # three standard errors


def test_time_flattery__level_that_walks__is_seen_and_a_clock_is_not_learned_from(
    rng: np.random.Generator,
) -> None:
    walk = rng.normal(size=N).cumsum()
    clock = np.arange(N)
    y = 3 * walk / walk.std() + rng.normal(size=N)

    with_clock = time_flattery(rows(y[:, None], np.stack([rng.normal(size=N), clock], 1)), clock, 0, 0)

    assert with_clock.surely > 1.2


def test_time_flattery__nothing_moves__is_none(rng: np.random.Generator) -> None:
    x = rng.normal(size=(N, 3))
    times = rng.integers(0, 200, N)
    codes = (x[:, 0] + rng.normal(size=N) > 0).astype(np.int64)

    found = time_flattery(rows(codes, x), times, 2, 0)

    assert found.surely < 1
    assert found.low < 1.1


def test_flattery__gaps_and_constant_targets__are_no_error() -> None:
    numbers = np.full((N, 2), np.nan)

    assert time_flattery(rows(np.zeros((N, 1)), numbers), np.arange(N), 0, 0).ratio == 1
    assert group_flattery(rows(np.zeros((N, 1)), numbers), np.arange(N) % 50, 0, 0).ratio == 1


def test_time_flattery__almost_all_rows_of_one_time__is_none(rng: np.random.Generator) -> None:
    times = np.zeros(N, np.int64)
    times[-3:] = 1

    assert time_flattery(rows(rng.normal(size=(N, 1)), rng.normal(size=(N, 1))), times, 0, 0).ratio == 1
