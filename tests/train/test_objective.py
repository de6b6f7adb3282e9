from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import mean_pinball_loss, mean_poisson_deviance
from torch import Tensor, nn
from torch.nn import functional as F

from netable.errors import ConfigError
from netable.train import Objective, TargetScale

GENERATOR = torch.Generator()


@pytest.fixture
def logits() -> Tensor:
    return torch.randn(4, 6, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


@pytest.fixture
def weight() -> Tensor:
    return torch.tensor([1.0, 2.0, 0.0, 0.5, 3.0, 1.0], dtype=torch.float64)


def test_regression__row_losses__are_mean_squares_over_the_targets() -> None:
    output, y = torch.tensor([[1.0, 2.0], [0.0, 4.0]]), torch.tensor([[1.0, 5.0], [1.0, 1.0]])

    assert Objective("regression").row_losses(output, y).tolist() == [4.5, 5.0]


def test_binary__row_losses__are_minus_the_log_of_the_right_probability() -> None:
    losses = Objective("binary").row_losses(torch.tensor([[0.0], [math.log(3)]]), torch.tensor([1, 0]))

    assert losses.tolist() == pytest.approx([math.log(2), math.log(4)])


def test_multiclass__row_losses__are_minus_the_log_of_the_right_probability() -> None:
    output = torch.tensor([[0.0, 0.0, 0.0], [math.log(2), 0.0, 0.0]])

    losses = Objective("multiclass").row_losses(output, torch.tensor([2, 0]))

    assert losses.tolist() == pytest.approx([math.log(3), math.log(2)])


def test_losses__unit_weights__are_pytorchs(logits: Tensor) -> None:
    output, ones = logits[0], torch.ones(6)
    codes = torch.tensor([0, 1, 2, 2, 1, 0])
    y = output.flip(0)

    assert torch.equal(Objective("regression")(output, y, ones), nn.MSELoss()(output, y))
    torch.testing.assert_close(
        Objective("multiclass")(output, codes, ones), nn.CrossEntropyLoss()(output, codes)
    )
    flags = (codes > 0).double()
    torch.testing.assert_close(
        Objective("binary")(output[:, :1], flags.long(), ones), nn.BCEWithLogitsLoss()(output[:, 0], flags)
    )


@pytest.mark.parametrize("task", ["regression", "binary", "multiclass"])
@pytest.mark.parametrize("own_targets", [True, False], ids=["targets each", "shared targets"])
def test_losses__stack__are_those_of_each_member(
    task: str, own_targets: bool, logits: Tensor, weight: Tensor
) -> None:
    output = logits[..., :1] if task == "binary" else logits
    y = (
        logits.flip(0)
        if task == "regression"
        else torch.randint(0, 2, (4, 6), generator=GENERATOR.manual_seed(1))
    )
    y = y if own_targets else y[0]
    mean_weight = torch.tensor([1.0, 1.5, 2.0, 0.5], dtype=torch.float64)

    losses = Objective(task, mean_weight=mean_weight)(output, y, weight)

    assert losses.shape == (4,)
    for i in range(4):
        alone = Objective(task, mean_weight=mean_weight[i])(output[i], y[i] if own_targets else y, weight)
        torch.testing.assert_close(losses[i], alone)


@pytest.mark.parametrize("task", ["regression", "binary", "multiclass"])
def test_loss__weight_of_two__is_the_row_twice(task: str, logits: Tensor) -> None:
    rows = torch.tensor([0, 1, 1, 2, 3, 3])  # rows 1 and 3 twice
    weight = torch.tensor([1.0, 2.0, 1.0, 2.0], dtype=torch.float64)
    output = (logits[0, :4, :1] if task == "binary" else logits[0, :4]).clone().requires_grad_()
    y = logits[1, :4] if task == "regression" else torch.tensor([0, 1, 1, 0])

    weighted = Objective(task, mean_weight=weight.mean())(output, y, weight)
    repeated = Objective(task)(output[rows], y[rows], torch.ones(6))

    torch.testing.assert_close(weighted, repeated)
    torch.testing.assert_close(torch.autograd.grad(weighted, output), torch.autograd.grad(repeated, output))


def test_loss__batch_of_heavy_rows__stays_heavy() -> None:
    objective = Objective("regression", mean_weight=torch.tensor(2.0))
    output, y = torch.ones(3, 1), torch.zeros(3, 1)

    assert objective(output, y, torch.full((3,), 4.0)).item() == 2.0
    assert objective(output, y, torch.full((3,), 1.0)).item() == 0.5


def test_regression__scale__is_taken_off_in_the_loss_and_put_back_in_predictions() -> None:
    scale = TargetScale(torch.tensor([[[10.0]], [[20.0]]]), torch.tensor([[[2.0]], [[5.0]]]))
    objective = Objective("regression", scale)
    output = torch.tensor([[[1.0]], [[-1.0]]])

    assert objective.predict(output).flatten().tolist() == [12.0, 15.0]
    assert objective.row_losses(output, torch.tensor([[16.0]])).tolist() == [[4.0], [pytest.approx(0.04)]]


def test_binary__predictions__keep_both_small_probabilities() -> None:
    proba = Objective("binary").predict(torch.tensor([[0.0], [50.0], [-50.0]]))

    expected = torch.tensor([[0.5, 0.5], [math.exp(-50), 1.0], [1.0, math.exp(-50)]], dtype=torch.float64)
    torch.testing.assert_close(proba, expected)


def test_multiclass__predictions__are_shares_that_sum_to_one(logits: Tensor) -> None:
    proba = Objective("multiclass").predict(logits)

    torch.testing.assert_close(proba, logits.exp() / logits.exp().sum(-1, keepdim=True))


LOSSES = {
    "mae": nn.L1Loss(),
    "huber": nn.HuberLoss(delta=1.0),
    "quantile": lambda output, y: torch.from_numpy(
        np.array(mean_pinball_loss(y.detach().numpy(), output.detach().numpy(), alpha=0.8))
    ),
}


@pytest.mark.parametrize("loss", LOSSES)
def test_regression__other_losses__are_those_of_pytorch_and_scikit_learn(loss: str, logits: Tensor) -> None:
    output, y = logits[0], 2 * logits[1]

    found = Objective("regression", loss=loss, quantile=0.8)(output, y, torch.ones(6))

    torch.testing.assert_close(found, LOSSES[loss](output, y))


def test_poisson__loss__is_half_the_deviance_over_the_mean_rate(logits: Tensor) -> None:
    center = torch.full((1, 3), 4.0, dtype=torch.float64)
    y = torch.poisson(torch.full((6, 3), 4.0, dtype=torch.float64), generator=GENERATOR.manual_seed(0))
    objective = Objective("regression", TargetScale(center, torch.ones_like(center)), loss="poisson")
    rate = objective.predict(logits[0])

    torch.testing.assert_close(rate, 4 * logits[0].exp())
    expected = np.mean([mean_poisson_deviance(y[:, i].numpy(), rate[:, i].numpy()) for i in range(3)])
    assert objective(logits[0], y, torch.ones(6)).item() == pytest.approx(expected / 2 / 4)


def test_poisson__bounded_scale__keeps_rates_near_the_counts_of_training() -> None:
    counts = torch.tensor([[0.0], [2.0], [10.0]], dtype=torch.float64)
    one = torch.ones(1, 1, 1, dtype=torch.float64)
    scale = TargetScale(4 * one, one).bounded(counts, torch.ones(1, 3, dtype=torch.bool))
    rates = Objective("regression", scale, loss="poisson").predict(torch.tensor([[[0.0], [50.0], [-50.0]]]))

    assert rates.flatten().tolist() == pytest.approx([4.0, 11.0, 0.0])


def test_poisson__gradient__is_that_of_pytorch(logits: Tensor) -> None:
    y = torch.tensor([[0.0], [3.0], [1.0]], dtype=torch.float64)
    output = logits[0, :3, :1].clone().requires_grad_()

    (found,) = torch.autograd.grad(Objective("regression", loss="poisson")(output, y, torch.ones(3)), output)
    (expected,) = torch.autograd.grad(nn.PoissonNLLLoss()(output, y), output)

    torch.testing.assert_close(found, expected)


def test_poisson__huge_outputs__are_finite_rates() -> None:
    rates = Objective("regression", loss="poisson").predict(torch.tensor([[1e9], [-1e9]]))

    assert rates.isfinite().all()
    assert (rates >= 0).all()


@pytest.mark.parametrize(
    ("loss", "best"), [("mse", 2.8), ("mae", 2.0), ("quantile", 4.0), ("poisson", math.log(2.8))]
)
def test_regression__constant_with_the_least_loss__is_the_one_that_the_loss_asks_for(
    loss: str, best: float
) -> None:
    y = torch.tensor([[0.0], [1.0], [2.0], [4.0], [7.0]], dtype=torch.float64)
    objective = Objective("regression", loss=loss, quantile=0.7)
    constants = torch.linspace(0.1, 6, 5901, dtype=torch.float64)
    losses = torch.stack([objective(constant.expand(5, 1), y, torch.ones(5)) for constant in constants])

    assert constants[losses.argmin()].item() == pytest.approx(best, abs=1e-3)


@pytest.mark.parametrize("loss", ["mae", "huber", "quantile", "poisson"])
def test_losses__stack_of_another_loss__are_those_of_each_member(
    loss: str, logits: Tensor, weight: Tensor
) -> None:
    y = logits.exp()
    losses = Objective("regression", loss=loss)(logits, y, weight)

    for i in range(4):
        torch.testing.assert_close(losses[i], Objective("regression", loss=loss)(logits[i], y[i], weight))


@pytest.mark.parametrize("task", ["binary", "multiclass"])
def test_classes__float32_logits__give_probabilities_that_sum_to_one_in_float64(task: str) -> None:
    logits = 10 * torch.randn(1000, 1 if task == "binary" else 7, generator=GENERATOR.manual_seed(0))
    proba = Objective(task).predict(logits)

    assert proba.dtype == torch.float64
    assert (proba.sum(-1) - 1).abs().max() < 1e-15


@pytest.mark.parametrize("task", ["binary", "multiclass"])
def test_temperature__of_a_class_objective__divides_logits_in_predictions_alone(
    task: str, logits: Tensor, weight: Tensor
) -> None:
    output = logits[0, :, :1] if task == "binary" else logits[0]
    y = torch.tensor([0, 1, 1, 0, 1, 0])
    cool = Objective(task, temperature=2.0)

    torch.testing.assert_close(cool.predict(output), Objective(task).predict(output / 2))
    assert torch.equal(cool(output, y, weight), Objective(task)(output, y, weight))
    assert cool.take([0]).temperature == 2.0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"task": "binary", "loss": "mae"}, "loss='mae' is for regression; the task is binary."),
        ({"task": "regression", "loss": "hubber"}, "loss cannot be 'hubber'. Did you mean 'huber'?"),
        ({"task": "binary", "temperature": 0.0}, "temperature must be a number above 0; got 0.0."),
        ({"task": "binary", "temperature": math.nan}, "temperature must be a number above 0; got nan."),
    ],
)
def test_objective__what_does_not_go_together__is_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Objective(**arguments)
    assert str(caught.value) == message


def test_take__members__keep_their_own_scale_and_weight() -> None:
    scale = TargetScale(torch.arange(3.0).view(3, 1, 1), torch.ones(3, 1, 1))
    taken = Objective("regression", scale, torch.tensor([1.0, 2.0, 3.0])).take([2, 0])

    assert taken.scale is not None
    assert taken.scale.center.flatten().tolist() == [2.0, 0.0]
    assert taken.mean_weight is not None
    assert taken.mean_weight.tolist() == [3.0, 1.0]
    assert Objective("binary").take([0]) == Objective("binary")


def test_objective__unknown_task__names_the_nearest() -> None:
    with pytest.raises(ConfigError, match=r"^task cannot be 'multi'\. Did you mean 'multiclass'\?$"):
        Objective("multi")


def test_objective__target_large_against_its_spread__is_not_blurred() -> None:
    y = torch.tensor([[1e9], [1e9 + 1], [1e9 + 2]], dtype=torch.float64)
    scale = TargetScale(y.mean(0, keepdim=True), torch.ones(1, 1, dtype=torch.float64))
    objective = Objective("regression", scale)

    losses = objective.row_losses(torch.tensor([[-1.0], [0.0], [1.0]]), y)

    torch.testing.assert_close(losses, torch.zeros(3))
    torch.testing.assert_close(objective.predict(torch.tensor([[-1.0], [0.0], [1.0]])), y)


# Every task and loss beside its closed form in float64, with scales and weights, for one network and for a stack

CLOSED_FORMS: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "mse": lambda output, y: (output - y) ** 2,
    "mae": lambda output, y: F.l1_loss(output, y, reduction="none"),
    "huber": lambda output, y: F.smooth_l1_loss(output, y, reduction="none"),
    "quantile": lambda output, y: torch.where(y > output, 0.3 * (y - output), 0.7 * (output - y)),
    # With the terms of Stirling's formula replaced by exact ones: never below 0.
    "poisson": lambda output, y: (
        F.poisson_nll_loss(output, y, reduction="none") - (y - torch.special.xlogy(y, y))
    ),
}


def drawn(kind: str, *shape: int, seed: int) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    if kind == "codes":
        return torch.randint(0, 3, shape, generator=generator)
    values = torch.randn(shape, generator=generator, dtype=torch.float64)
    return values.exp() if kind == "positive" else values


@given(
    loss=st.sampled_from(sorted(CLOSED_FORMS)),
    members=st.sampled_from([(), (1,), (3,)]),
    d_out=st.integers(1, 3),
    weighted=st.booleans(),
    scaled=st.booleans(),
    seed=st.integers(0, 99),
)
def test_regression__any_loss_scale_and_weights__is_the_closed_form(
    loss: str, members: tuple[int, ...], d_out: int, weighted: bool, scaled: bool, seed: int
) -> None:
    output, y = drawn("any", *members, 5, d_out, seed=seed), drawn("positive", 5, d_out, seed=seed + 100)
    weight = drawn("positive", *members, 5, seed=seed + 200) if weighted else torch.ones(5).double()
    mean_weight = drawn("positive", *members, seed=seed + 300) if weighted else None
    center, deviation = (drawn("positive", *members, 1, d_out, seed=seed + i) for i in (400, 500))
    objective = Objective(
        "regression", TargetScale(center, deviation) if scaled else None, mean_weight, loss=loss, quantile=0.3
    )

    found = objective(output, y, weight)

    standardized = (y / center if loss == "poisson" else (y - center) / deviation) if scaled else y
    losses = CLOSED_FORMS[loss](output, standardized.expand_as(output)).mean(-1)
    expected = (losses * weight).sum(-1) / 5
    torch.testing.assert_close(found, expected if mean_weight is None else expected / mean_weight)
    if loss == "poisson":
        assert (objective.row_losses(output, y) >= -1e-12).all()


@pytest.mark.parametrize("members", [(), (3,)])
@pytest.mark.parametrize("task", ["binary", "multiclass"])
def test_classes__weights_and_members__are_pytorchs_with_a_weight_a_row(
    task: str, members: tuple[int, ...]
) -> None:
    output = 5 * drawn("any", *members, 7, 1 if task == "binary" else 3, seed=0)
    codes = drawn("codes", *members, 7, seed=1).clamp(max=1 if task == "binary" else 2)
    weight, mean_weight = drawn("positive", *members, 7, seed=2), drawn("positive", *members, seed=3)

    found = Objective(task, mean_weight=mean_weight)(output, codes, weight)

    if task == "binary":
        losses = F.binary_cross_entropy(output.squeeze(-1).sigmoid(), codes.double(), reduction="none")
    else:
        losses = F.nll_loss(
            output.log_softmax(-1).reshape(-1, 3), codes.reshape(-1), reduction="none"
        ).view_as(weight)
    torch.testing.assert_close(found, (weight * losses).sum(-1) / 7 / mean_weight)


@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize("loss", sorted(CLOSED_FORMS))
@pytest.mark.parametrize("members", [(), (2,)])
def test_regression__gradients_of_first_and_second_order__are_those_of_differences(
    loss: str, members: tuple[int, ...], log: bool
) -> None:
    output = drawn("any", *members, 4, 2, seed=0).requires_grad_()
    y, weight = drawn("positive", 4, 2, seed=1), drawn("positive", *members, 4, seed=2)
    center, deviation = (drawn("positive", *members, 1, 2, seed=seed) for seed in (3, 4))
    shift = torch.zeros_like(center) if log else None
    objective = Objective("regression", TargetScale(center, deviation, shift), loss=loss, quantile=0.3)

    assert torch.autograd.gradcheck(lambda o: objective(o, y, weight), output)
    assert torch.autograd.gradgradcheck(lambda o: objective(o, y, weight), output)


@pytest.mark.parametrize("task", ["binary", "multiclass"])
@pytest.mark.parametrize("members", [(), (2,)])
def test_classes__gradients_of_first_and_second_order__are_those_of_differences(
    task: str, members: tuple[int, ...]
) -> None:
    output = drawn("any", *members, 4, 1 if task == "binary" else 3, seed=0).requires_grad_()
    codes, weight = drawn("codes", 4, seed=1).clamp(max=1), drawn("positive", *members, 4, seed=2)

    assert torch.autograd.gradcheck(lambda o: Objective(task)(o, codes, weight), output)
    assert torch.autograd.gradgradcheck(lambda o: Objective(task)(o, codes, weight), output)
