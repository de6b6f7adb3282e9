from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from scipy.stats import rankdata

from netable.fit.evidence.neighbours import Sample, _ranks
from preparing import numbers, prepared


def sample(codes: list[int]) -> Sample:
    return Sample(np.arange(len(codes)), np.array(codes))


def explained(codes: list[int], joins: bool = True) -> float:
    order = np.arange(len(codes))
    return sample(codes).explained(order, np.full(len(codes) - 1, joins)).share


def test_explained__classes_in_stretches__is_all() -> None:
    assert explained([0] * 30 + [1] * 30 + [2] * 30) == 1.0


def test_explained__classes_in_turn__is_less_than_chance() -> None:
    assert explained([0, 1] * 30) < 0


def test_explained__levels_of_a_single_row__tell_nothing() -> None:
    assert explained([0] * 30 + [1] * 30, joins=False) < 0.15


def test_explained__few_rows__leave_it_open() -> None:
    few, many = (sample([0] * n + [1] * n) for n in (30, 300))

    assert few.explained(np.arange(60), np.full(59, True)).at_least < 0.9
    assert many.explained(np.arange(600), np.full(599, True)).at_least > 0.95


def test_explained__numbers__is_one_less_the_noise(rng: np.random.Generator) -> None:
    y = rng.normal(size=3000)
    x = y + 0.5 * rng.normal(size=3000)
    ranks = (y.argsort().argsort() / 2999)[:, None]

    found = Sample(np.arange(3000), ranks).explained(x.argsort(), np.full(2999, True))

    assert found.share == pytest.approx(1 / 1.25, abs=0.05)


def test_sample__many_rows__are_distinct_ones_in_random_order() -> None:
    own = prepared(numbers(600))
    found = Sample.of(own, np.arange(0, 600, 2), np.random.default_rng(0))

    assert sorted(found.rows) == list(range(0, 600, 2))
    assert found.rows.tolist() != sorted(found.rows)


def test_explained__equal_numbers__have_equal_ranks() -> None:
    y = np.repeat([0.0, 5.0, 9.0], [320, 40, 40])
    own = prepared(numbers().set_column(2, "y", pa.array(y)))
    rows = Sample.of(own, np.arange(400), np.random.default_rng(0))
    order = np.argsort(y[rows.rows], kind="stable")

    assert rows.explained(order, np.full(399, True)).share > 0.98  # the target itself, but for its two steps


def test_ranks__with_equal_values__are_those_of_scipy_from_0_on() -> None:
    values = np.random.default_rng(0).integers(0, 9, 40) / 7

    np.testing.assert_array_equal(_ranks(values), rankdata(values) - 1)
