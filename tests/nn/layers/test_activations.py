from __future__ import annotations

import math

import pytest
import torch
from torch.nn import functional as F

from netable.errors import ConfigError
from netable.nn.layers.activations import ACTIVATIONS, activation_gain, make_activation
from netable.nn.layers.linear import Linear


@pytest.fixture
def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


@pytest.mark.parametrize(
    ("name", "at_minus_two", "at_two"),
    [
        ("relu", 0.0, 2.0),
        ("leaky_relu", -0.02, 2.0),
        ("sigmoid", 1 / (1 + math.e**2), 1 / (1 + math.e**-2)),
        ("tanh", math.tanh(-2), math.tanh(2)),
        ("selu", 1.0507009873554805 * 1.6732632423543772 * (math.e**-2 - 1), 1.0507009873554805 * 2),
        ("silu", -2 / (1 + math.e**2), 2 / (1 + math.e**-2)),
        ("gelu", -2 * math.erfc(math.sqrt(2)) / 2, 2 - math.erfc(math.sqrt(2))),
        ("mish", -2 * math.tanh(math.log1p(math.e**-2)), 2 * math.tanh(math.log1p(math.e**2))),
    ],
)
def test_activation__two_points__is_the_function_of_its_name(
    name: str, at_minus_two: float, at_two: float
) -> None:
    x = torch.tensor([-2.0, 2.0], dtype=torch.float64)

    torch.testing.assert_close(
        make_activation(name)(x), torch.tensor([at_minus_two, at_two], dtype=torch.float64)
    )


def test_activation__slip_of_the_finger__names_the_nearest() -> None:
    with pytest.raises(ConfigError, match=r"^activation cannot be 'rellu'. Did you mean 'relu'\?$"):
        make_activation("rellu")


@pytest.mark.parametrize("name", sorted(set(ACTIVATIONS) - {"sigmoid"}))
def test_activation_gain__ten_layers__keep_a_signal_alive(name: str, generator: torch.Generator) -> None:
    x = torch.randn(256, 256, generator=generator)
    for _ in range(10):
        x = make_activation(name)(Linear(256, 256, gain=activation_gain(name), generator=generator)(x))

    assert 0.1 < x.std().item() < 10


def test_relu_and_sigmoid__slope__are_one_and_at_most_a_quarter() -> None:
    x = torch.linspace(-9, 9, 1801, requires_grad=True)
    (sigmoid,) = torch.autograd.grad(make_activation("sigmoid")(x).sum(), x)
    (relu,) = torch.autograd.grad(F.relu(x).sum(), x)

    assert sigmoid.max().item() == pytest.approx(0.25)
    assert torch.equal(relu, (x > 0).float())
