from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from netable.train import gradient_norms


def test_gradient_norms__one_row__are_worked_by_hand() -> None:
    net = nn.Sequential(nn.Linear(2, 1), nn.Linear(1, 1))
    with torch.no_grad():
        net[0].weight.copy_(torch.tensor([[1.0, 1.0]]))
        net[0].bias.zero_()
        net[1].weight.fill_(3.0)
    net(torch.tensor([[3.0, 4.0]])).sum().backward()

    # The output is 3 (w·x) + b: the gradient of w is 3 x, of length 15; that of the 3 is w·x = 7.
    assert gradient_norms(net) == pytest.approx({"0.weight": 15.0, "1.weight": 7.0})


def test_gradient_norms__before_a_backward_pass__are_none() -> None:
    assert gradient_norms(nn.Linear(2, 1)) == {}


def test_gradient_norms__chain_of_sigmoids__fall_as_the_product_of_their_slopes() -> None:
    depth = 5
    net = nn.Sequential(*(part for _ in range(depth) for part in (nn.Linear(1, 1, bias=False), nn.Sigmoid())))
    for layer in net[::2]:
        nn.init.ones_(layer.weight)
    net(torch.ones(1, 1)).backward()

    x, slopes, inputs = 1.0, [], []
    for _ in range(depth):
        inputs.append(x)
        x = 1 / (1 + math.exp(-x))
        slopes.append(x * (1 - x))
    expected = [inputs[i] * math.prod(slopes[i:]) for i in range(depth)]
    assert max(slopes) < 0.25
    assert list(gradient_norms(net).values()) == pytest.approx(expected)
