from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn import metrics as sk

from netable.train.row_losses import (
    LEAST_PROBABILITY,
    output_losses,
    prediction_losses,
    quantile_level,
    regression_losses,
    target_unit,
)

Y = np.array([[1.0, 10.0], [2.0, 0.0], [4.0, 30.0]])
OUTCOME = np.array([[1.5, 12.0], [2.0, 1.0], [1.0, 20.0]])


@pytest.mark.parametrize(
    ("loss", "expected"),
    [
        ("mse", sk.mean_squared_error(Y, OUTCOME, multioutput="raw_values")),
        ("mae", sk.mean_absolute_error(Y, OUTCOME, multioutput="raw_values")),
        ("quantile", sk.mean_pinball_loss(Y, OUTCOME, alpha=0.3, multioutput="raw_values")),
        ("poisson", [sk.mean_poisson_deviance(Y[:, i], OUTCOME[:, i]) / 2 for i in range(2)]),
        # half the square up to 1, then a line
        ("huber", [(0.125 + 0 + 2.5) / 3, (1.5 + 0.5 + 9.5) / 3]),
    ],
)
def test_prediction_losses__regression__are_the_textbook_s(loss: str, expected: list[float]) -> None:
    losses = prediction_losses("regression", loss, OUTCOME, Y, 0.3)

    np.testing.assert_allclose(losses.mean(0), expected)


def test_prediction_losses__unit__divides_errors_before_the_loss() -> None:
    losses = prediction_losses("regression", "huber", OUTCOME, Y, unit=np.array([1.0, 2.0]))

    assert losses[:, 1].tolist() == [0.5, 0.125, 4.5]


def test_prediction_losses__classes__are_log_losses_that_stay_finite() -> None:
    losses = prediction_losses("binary", "mse", np.array([[0.5, 0.5], [1.0, 0.0]]), np.array([0, 1]))

    np.testing.assert_allclose(losses[:, 0], [np.log(2), -np.log(LEAST_PROBABILITY)])


def test_prediction_losses__far_outcome__is_finite() -> None:
    losses = prediction_losses("regression", "mse", np.array([[1e300], [-1e300]]), np.zeros((2, 1)))

    assert np.isfinite(losses).all()


def test_output_losses__outputs_of_members__are_those_of_predictions() -> None:
    output = torch.tensor(OUTCOME).expand(2, -1, -1)
    y = torch.tensor(Y).expand(2, -1, -1)

    losses = output_losses("regression", "huber", output, y)

    expected = prediction_losses("regression", "huber", OUTCOME, Y).mean(1)
    np.testing.assert_allclose(losses.numpy(), np.tile(expected, (2, 1)))


def test_regression_losses__poisson__takes_the_log_of_the_rate() -> None:
    losses = regression_losses("poisson", torch.tensor(OUTCOME).log(), torch.tensor(Y))

    np.testing.assert_allclose(losses.numpy(), prediction_losses("regression", "poisson", OUTCOME, Y))


def test_quantile_level__losses__only_two_ask_for_a_quantile() -> None:
    levels = [quantile_level(loss, 0.8) for loss in ("mse", "mae", "huber", "poisson", "quantile")]

    assert levels == [None, 0.5, None, None, 0.8]


def test_target_unit__constant_target__is_one() -> None:
    assert target_unit(np.array([[0.1, 1.0], [0.1, 3.0], [0.1, 5.0]])).tolist() == [
        1.0,
        np.std([1.0, 3.0, 5.0]),
    ]
