from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from netable.train import Objective, TargetScale, fit_smearing

# All rows count the same, but for what a member learns of them.
ROWS = torch.ones(40, dtype=torch.float64)


class Stack(nn.Module):
    """Two members that return their inputs, the second one twice."""

    def forward(self, x: Tensor) -> Tensor:
        return x * torch.tensor([1.0, 2.0]).view(2, 1, 1)


def objective(loss: str = "mse", shift: float | None = 0.0) -> Objective:
    one = torch.ones(2, 1, 1, dtype=torch.float64)
    return Objective(
        "regression", TargetScale(0 * one, one, None if shift is None else shift * one), loss=loss
    )


@pytest.fixture
def x() -> Tensor:
    return torch.randn(40, 1, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("shift", [0.0, 1.0])
def test_fit_smearing__factor__is_the_ratio_of_sums_over_the_members_rows(x: Tensor, shift: float) -> None:
    y = torch.rand(40, 1, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    weight = torch.from_numpy(np.random.default_rng(0).uniform(size=(2, 40)))
    weight[0, :10] = 0.0  # rows that the first member must not learn from
    scale = fit_smearing(Stack(), objective(shift=shift), (x,), y, weight, ROWS).scale

    assert scale is not None
    assert scale.smearing is not None
    for member, times in enumerate((1, 2)):
        raised = (times * x.double()).exp()[:, 0]
        expected = (weight[member] @ (y[:, 0] + shift)) / (weight[member] @ raised)
        assert scale.smearing[member].item() == pytest.approx(expected.item(), rel=1e-6)


def test_fit_smearing__mean_of_predictions__becomes_that_of_targets(x: Tensor) -> None:
    y = (x.double() + torch.randn(40, 1, generator=torch.Generator().manual_seed(1))).exp()
    weight = torch.ones(2, 40, dtype=torch.float64)
    smeared = fit_smearing(Stack(), objective(), (x,), y, weight, ROWS)

    torch.testing.assert_close(smeared.predict(Stack()(x)).mean(1), y.mean(0).expand(2, 1))


@pytest.mark.parametrize(("loss", "shift"), [("mae", 0.0), ("huber", 0.0), ("quantile", 0.0), ("mse", None)])
def test_fit_smearing__no_mean_or_no_logarithm__changes_nothing(
    x: Tensor, loss: str, shift: float | None
) -> None:
    before = objective(loss, shift)

    assert fit_smearing(Stack(), before, (x,), x.exp(), torch.ones(2, 40), ROWS) is before


def test_fit_smearing__again__forgets_the_factor_before(x: Tensor) -> None:
    weight = torch.ones(2, 40, dtype=torch.float64)
    once = fit_smearing(Stack(), objective(), (x,), x.double().exp(), weight, ROWS)
    twice = fit_smearing(Stack(), once, (x,), x.double().exp(), weight, ROWS)

    assert once.scale is not None
    assert twice.scale is not None
    assert torch.equal(once.scale.smearing, twice.scale.smearing)
