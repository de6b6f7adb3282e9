"""The errors, against scikit-learn and by hand."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import log_loss, roc_auc_score, root_mean_squared_error

from benchmarks.quality.errors import LEAST_PROBABILITY, all_classes, class_error, regression_error


def test_regression_error__random_numbers__is_rmse_in_sample_deviations(rng: np.random.Generator) -> None:
    y, prediction = rng.normal(size=40), rng.normal(size=40)
    expected = root_mean_squared_error(y, prediction) / pd.Series(y).std()

    assert regression_error(y, prediction) == pytest.approx(expected, rel=1e-12)
    assert regression_error(y, prediction[:, None]) == regression_error(y, prediction)


def test_regression_error__mean_of_two__by_hand() -> None:
    # Errors 1 and 1: RMSE 1; the deviation of the sample (0, 2) is √2.
    assert regression_error(np.array([0.0, 2.0]), np.array([1.0, 1.0])) == pytest.approx(1 / math.sqrt(2))


def test_class_error__two_classes__is_one_minus_auc(rng: np.random.Generator) -> None:
    y, p = rng.integers(0, 2, 50), rng.random(50)

    assert class_error(y, np.stack([1 - p, p], axis=1)) == pytest.approx(1 - roc_auc_score(y, p))


def test_class_error__three_classes__is_log_loss(rng: np.random.Generator) -> None:
    y, p = rng.integers(0, 3, 50), rng.dirichlet([1, 1, 1], 50)

    assert class_error(y, p) == pytest.approx(log_loss(y, p), rel=1e-6)


def test_class_error__zero_and_sum_over_one__is_clipped_then_normalized() -> None:
    y, p = np.array([0, 1]), np.array([[0.0, 1.0, 1.0], [0.0, 2.0, 0.0]])
    first = -math.log(LEAST_PROBABILITY / (2 + LEAST_PROBABILITY))
    second = -math.log(2 / (2 + 2 * LEAST_PROBABILITY))

    assert class_error(y, p) == pytest.approx((first + second) / 2)


def test_class_error__float32_and_float64__cost_the_same() -> None:
    y, p = np.array([0]), np.array([[0.0, 0.5, 0.5]])

    assert class_error(y, p) == class_error(y, p.astype(np.float32))


def test_all_classes__class_never_seen__gets_a_column_of_zeros() -> None:
    whole = all_classes(np.array([[0.3, 0.7]]), np.array([0, 2]), 3)

    np.testing.assert_array_equal(whole, [[0.3, 0, 0.7]])


def test_errors__not_finite__are_refused() -> None:
    with pytest.raises(ValueError, match=r"^1 predictions are not finite$"):
        regression_error(np.array([0.0, 1.0]), np.array([0.0, np.nan]))
    with pytest.raises(ValueError, match=r"^2 predictions are not finite$"):
        class_error(np.array([0]), np.array([[np.nan, np.inf, 0.0]]))
