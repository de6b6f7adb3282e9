from __future__ import annotations

import numpy as np
import pytest

from netable.model.guard.scales import KNOTS, LEVELS, Scales


def test_learn__few_values__are_kept_exactly(rng: np.random.Generator) -> None:
    column = rng.choice([0.0, 1.0, 5.0], 1000, p=[0.9, 0.08, 0.02])
    scales = Scales.learn(column[:, None])

    assert scales.values[0, :3].tolist() == [0, 1, 5]
    assert (scales.values[0, 3:] == 5).all()
    for value, share in zip(scales.values[0], scales.up_to[0], strict=True):
        assert share == pytest.approx((column <= value).mean(), abs=1e-6)


def test_learn__many_values__are_kept_at_quantiles(rng: np.random.Generator) -> None:
    column = rng.normal(size=5001)
    scales = Scales.learn(column[:, None])

    np.testing.assert_allclose(scales.values[0], np.quantile(column, LEVELS), atol=0.02)
    np.testing.assert_allclose(scales.up_to[0], LEVELS, atol=4e-4)
    assert (scales.values[0, 0], scales.values[0, -1]) == (column.min(), column.max())
    assert scales.middle[0] == pytest.approx(np.median(column), abs=1e-3)


def test_learn__missing_values__are_a_share_and_no_values() -> None:
    numbers = np.array([[1.0, np.nan], [np.nan, np.nan], [3.0, np.nan], [3.0, np.nan]])
    scales = Scales.learn(numbers)

    assert scales.missing.tolist() == [0.25, 1]
    assert scales.values[0, :2].tolist() == [1, 3]
    assert scales.values[1].tolist() == [0] * KNOTS
    assert (scales.up_to[:, -1] == 1).all()


def test_shares_up_to__other_rows__are_those_of_their_distribution(rng: np.random.Generator) -> None:
    scales = Scales.learn(rng.normal(size=(2000, 2)))
    others = rng.normal(size=(500, 2)) + np.array([0.0, 1.0])
    others[:100, 0] = np.nan

    shares = scales.shares_up_to(others)

    for column, values, share in zip(others.T, scales.values, shares, strict=True):
        present = column[~np.isnan(column)]
        assert share.tolist() == [(present <= value).mean() for value in values]
