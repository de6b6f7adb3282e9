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
        ("mae", "mae"),
        ("quantile", "pinball_loss"),
        ("poisson", "mean_poisson_deviance"),
    ],
)
def test_figure__regression__is_the_metric_of_the_loss(loss: str, metric: str) -> None:
    row_loss = RowLoss(loss, 0.3, Y, WEIGHT)

    expected = metrics("regression", Y, OUTCOME, WEIGHT, loss=loss, quantile=0.3)[metric]
    assert row_loss.figure(row_loss.of_rows(OUTCOME)) == pytest.approx(expected)


def test_figure__classes__is_the_log_loss() -> None:
    y, outcome = np.array([0, 2, 1, 1]), np.array([[0.7, 0.2, 0.1], [0, 0, 1], [0.3, 0.3, 0.4], [0, 1, 0]])
    row_loss = RowLoss("log_loss", 0.5, y, WEIGHT)

    expected = metrics("multiclass", y, outcome, WEIGHT)["log_loss"]
    assert row_loss.figure(row_loss.of_rows(outcome)) == pytest.approx(expected)
    assert row_loss.unit().tolist() == [1.0]


def test_unit__squares__make_the_loss_one_less_the_share_explained() -> None:
    y, outcome, weight = Y[:, :1], OUTCOME[:, :1], np.ones(4)
    row_loss = RowLoss("mse", 0.5, y, weight)

    r2 = metrics("regression", y, outcome)["r2"]
    assert row_loss.mean(row_loss.of_rows(outcome)) / row_loss.unit() == pytest.approx(1 - r2)


@pytest.mark.parametrize("loss", ["mae", "quantile", "poisson"])
def test_unit__other_losses__no_constant_costs_less(loss: str) -> None:
    row_loss = RowLoss(loss, 0.3, Y, WEIGHT)
    constants = np.linspace(0.05, 30, 600)

    costs = [row_loss.mean(row_loss.of_rows(np.full_like(Y, constant))) for constant in constants]
    np.testing.assert_allclose(row_loss.unit(), np.min(costs, 0), rtol=0.02)
    assert (row_loss.unit() <= np.min(costs, 0) + 1e-12).all()


def test_unit__constant_target__is_one() -> None:
    assert RowLoss("mse", 0.5, np.full((4, 1), 3.0), WEIGHT).unit().tolist() == [1.0]


def test_of_rows__certain_and_wrong__is_finite() -> None:
    row_loss = RowLoss("log_loss", 0.5, np.array([0]), np.ones(1))

    assert np.isfinite(row_loss.of_rows(np.array([[0.0, 1.0]]))).all()
