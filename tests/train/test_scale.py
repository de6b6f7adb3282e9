from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from netable.train import TargetScale, learn_scale
from netable.train.scale import BEYOND


@pytest.fixture
def y() -> Tensor:
    return torch.from_numpy(np.random.default_rng(0).lognormal(size=(60, 2)))


@pytest.fixture
def weight() -> Tensor:
    """Two members: one learns from the first 50 rows, one from the last 30."""
    learned = torch.zeros(2, 60, dtype=torch.float64)
    learned[0, :50], learned[1, 30:] = 1.0, 1.0
    return learned


@pytest.mark.parametrize("loss", ["mse", "huber"])
def test_learn_scale__mean_losses__are_mean_and_deviation_of_the_members_rows(
    loss: str, y: Tensor, weight: Tensor
) -> None:
    scale = learn_scale(y, weight, loss, 0.5, log=False)

    for member, rows in enumerate((slice(50), slice(30, 60))):
        torch.testing.assert_close(scale.center[member, 0], y[rows].mean(0))
        torch.testing.assert_close(scale.deviation[member, 0], y[rows].std(0, correction=0))
    assert scale.shift is scale.smearing is None


@pytest.mark.parametrize(("loss", "level"), [("mae", 0.5), ("quantile", 0.8)])
def test_learn_scale__median_losses__start_from_the_quantile(
    loss: str, level: float, y: Tensor, weight: Tensor
) -> None:
    scale = learn_scale(y, weight, loss, 0.8, log=False)

    expected = np.quantile(y[:50].numpy(), [0.1, level, 0.9], axis=0, method="inverted_cdf")
    np.testing.assert_allclose(scale.center[0, 0], expected[1])
    np.testing.assert_allclose(scale.deviation[0, 0], (expected[2] - expected[0]) / 2.563103, rtol=1e-6)


def test_learn_scale__median_loss_of_a_normal_target__measures_in_deviations() -> None:
    y = torch.from_numpy(np.random.default_rng(0).normal(3.0, 2.0, size=(20_000, 1)))
    scale = learn_scale(y, torch.ones(1, 20_000, dtype=torch.float64), "mae", 0.5, log=False)

    assert scale.deviation.item() == pytest.approx(2.0, rel=0.03)


@pytest.mark.parametrize("loss", ["mae", "quantile"])
def test_learn_scale__median_loss_and_one_far_row__keeps_its_spread(loss: str) -> None:
    y = torch.arange(100.0, dtype=torch.float64).unsqueeze(1)
    ones = torch.ones(1, 100, dtype=torch.float64)
    far = y.clone()
    far[99] = 1e9

    scales = [learn_scale(values, ones, loss, 0.5, log=False) for values in (y, far)]
    assert scales[0].deviation == scales[1].deviation


def test_learn_scale__median_loss_of_mostly_one_value__falls_back_to_the_deviation() -> None:
    y = torch.zeros(100, 1, dtype=torch.float64)
    y[:5] = 10.0
    scale = learn_scale(y, torch.ones(1, 100, dtype=torch.float64), "mae", 0.5, log=False)

    assert (scale.center.item(), scale.deviation.item()) == (0.0, pytest.approx(y.std(correction=0).item()))


@pytest.mark.parametrize("loss", ["mse", "mae", "quantile", "poisson"])
def test_learn_scale__integer_weights__are_worth_as_many_rows(loss: str, y: Tensor) -> None:
    times = torch.from_numpy(np.random.default_rng(1).integers(0, 4, 60))
    weighted = learn_scale(y, times.double().unsqueeze(0), loss, 0.3, log=loss != "poisson")
    repeated = y.repeat_interleave(times, 0)
    ones = torch.ones(1, len(repeated), dtype=torch.float64)
    again = learn_scale(repeated, ones, loss, 0.3, log=loss != "poisson")

    torch.testing.assert_close(weighted.center, again.center)
    torch.testing.assert_close(weighted.deviation, again.deviation)


def test_learn_scale__poisson__is_the_mean_rate(y: Tensor, weight: Tensor) -> None:
    scale = learn_scale(y, weight, "poisson", 0.5, log=False)

    torch.testing.assert_close(scale.center[1, 0], y[30:].mean(0))
    assert (scale.deviation == 1).all()
    nothing = learn_scale(0 * y, weight, "poisson", 0.5, log=False)
    assert (nothing.center == 1).all()  # a member that has met no event must not divide by 0


@pytest.mark.parametrize("loss", ["mse", "mae"])
def test_learn_scale__constant_target__is_divided_by_one(loss: str) -> None:
    y = torch.full((9, 1), 0.1, dtype=torch.float64)

    assert learn_scale(y, torch.ones(1, 9, dtype=torch.float64), loss, 0.5, log=False).deviation.item() == 1.0


def test_learn_scale__logarithm__takes_one_more_where_a_target_is_zero(y: Tensor, weight: Tensor) -> None:
    y[40, 1] = 0.0
    scale = learn_scale(y, weight, "mse", 0.5, log=True)

    assert scale.shift is not None
    assert scale.shift.tolist() == [[[0.0, 1.0]], [[0.0, 1.0]]]
    logs = torch.stack([y[:, 0].log(), y[:, 1].log1p()], 1)
    torch.testing.assert_close(scale.center[0, 0], logs[:50].mean(0))
    torch.testing.assert_close(scale.deviation[0, 0], logs[:50].std(0, correction=0))


@pytest.mark.parametrize("log", [False, True])
def test_scale__there_and_back__is_the_target(log: bool, y: Tensor, weight: Tensor) -> None:
    y[3, 0] = 0.0
    scale = learn_scale(y, weight, "mse", 0.5, log=log)

    torch.testing.assert_close(scale.restore(scale.standardize(y)), y.expand(2, -1, -1))


def test_restore__logarithm__is_smeared_finite_and_never_negative() -> None:
    one = torch.ones(1, 1, 1, dtype=torch.float64)
    output = torch.tensor([[[0.0], [-50.0], [1e6]]], dtype=torch.float64)
    restored = TargetScale(0 * one, one, shift=one, smearing=1.5 * one).restore(output)

    assert restored[0, :2, 0].tolist() == [0.5, 0.0]  # 1.5 e⁰ - 1; less than nothing is nothing
    assert restored.isfinite().all()


@pytest.mark.parametrize("log", [False, True])
def test_bounded__output_far_away__comes_back_near_the_members_targets(
    log: bool, y: Tensor, weight: Tensor
) -> None:
    scale = learn_scale(y, weight, "mse", 0.5, log=log)
    bounded = scale.bounded(y, weight > 0)
    far = torch.tensor([[1e9, -1e9], [0.0, 0.1], [-1e9, 1e9]], dtype=torch.float64).expand(2, -1, -1)
    restored = bounded.restore(far)

    torch.testing.assert_close(restored[:, 1], scale.restore(far)[:, 1])
    assert bounded.restore(far * torch.nan).isnan().all()
    for member, rows in enumerate(weight > 0):
        least, most = y[rows].amin(0), y[rows].amax(0)
        highest, lowest = most + BEYOND * (most - least), least - BEYOND * (most - least)
        if log:
            lowest = lowest.clamp(min=0)  # as before
        torch.testing.assert_close(restored[member, [0, 2], [0, 1]], highest)
        torch.testing.assert_close(restored[member, [2, 0], [0, 1]], lowest)
