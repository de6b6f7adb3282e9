from __future__ import annotations

import numpy as np
import pytest

from netable.explanation.loss import RowLoss
from netable.train import metrics

Y = np.array([[1.0, 10.0], [2.0, 0.0], [4.0, 30.0], [9.0, 5.0]])
OUTCOME = np.array([[1.5, 12.0], [2.0, 1.0], [3.0, 20.0], [7.0, 6.0]])
WEIGHT = np.array([1.0, 2.0, 0.5, 1.0])


@pytest.mark.parametrize(
    ("loss", "metric"),
    [
        ("mse", "rmse"),
        ("huber", "rmse"),
        ("mae", "mae"),
        ("quantile", "pinball_loss"),
        ("poisson", "mean_poisson_deviance"),
    ],
)
def test_metric__regression__is_the_metric_of_the_loss(loss: str, metric: str) -> None:
    row_loss = RowLoss("regression", loss, 0.3, Y, WEIGHT)

    expected = metrics("regression", Y, OUTCOME, WEIGHT, loss=loss, quantile=0.3)[metric]
    assert row_loss.metric(OUTCOME) == pytest.approx(expected)


def test_metric__classes__is_the_log_loss() -> None:
    y, outcome = np.array([0, 2, 1, 1]), np.array([[0.7, 0.2, 0.1], [0, 0, 1], [0.3, 0.3, 0.4], [0, 1, 0]])
    row_loss = RowLoss("multiclass", "mse", 0.5, y, WEIGHT)

    expected = metrics("multiclass", y, outcome, WEIGHT)["log_loss"]
    assert row_loss.metric(outcome) == pytest.approx(expected)
    assert row_loss.constant_loss().tolist() == [1.0]


def test_constant_loss__squares__make_the_loss_one_less_the_share_explained() -> None:
    y, outcome, weight = Y[:, :1], OUTCOME[:, :1], np.ones(4)
    row_loss = RowLoss("regression", "mse", 0.5, y, weight)

    r2 = metrics("regression", y, outcome)["r2"]
    assert row_loss.mean(row_loss.of_rows(outcome)) / row_loss.constant_loss() == pytest.approx(1 - r2)


@pytest.mark.parametrize("loss", ["mae", "quantile", "poisson"])
def test_constant_loss__other_losses__no_constant_costs_less(loss: str) -> None:
    row_loss = RowLoss("regression", loss, 0.3, Y, WEIGHT)
    constants = np.linspace(0.05, 30, 600)

    costs = [row_loss.mean(row_loss.of_rows(np.full_like(Y, constant))) for constant in constants]
    np.testing.assert_allclose(row_loss.constant_loss(), np.min(costs, 0), rtol=0.02)
    assert (row_loss.constant_loss() <= np.min(costs, 0) + 1e-12).all()


def test_constant_loss__constant_target__is_one() -> None:
    assert RowLoss("regression", "mse", 0.5, np.full((4, 1), 3.0), WEIGHT).constant_loss().tolist() == [1.0]


def test_of_rows__certain_and_wrong__is_finite() -> None:
    row_loss = RowLoss("binary", "mse", 0.5, np.array([0]), np.ones(1))

    assert np.isfinite(row_loss.of_rows(np.array([[0.0, 1.0]]))).all()


def test_of_rows__huber__is_a_square_near_and_a_line_far_in_deviations_of_the_target() -> None:
    y = np.array([[-1.0], [1.0]])  # of deviation 1
    losses = RowLoss("regression", "huber", 0.5, y, np.ones(2)).of_rows(np.array([[-0.5], [5.0]]))

    assert losses.tolist() == [[0.125], [3.5]]
