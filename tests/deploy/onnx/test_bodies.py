from __future__ import annotations

import numpy as np
import pytest
import torch

from graphs import computed
from grown import plant
from netable.deploy.contract.scope import BODIES
from netable.deploy.onnx import bodies
from netable.deploy.onnx.bodies import body_output
from netable.deploy.onnx.graph import array_of
from netable.nn import MLP
from netable.nn.bodies.resnet import ResNet
from netable.nn.bodies.trees import ObliviousTrees


@pytest.mark.parametrize("body", [MLP, ResNet])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_body_output__network__is_that_of_torch(body: type, dtype: torch.dtype) -> None:
    generator = torch.Generator().manual_seed(0)
    net = body(3, 2, hidden_layer_sizes=(5, 4), activation="gelu", members=(2,), generator=generator).to(
        dtype
    )
    for parameter in net.parameters():
        parameter.data = torch.randn(parameter.shape, generator=generator, dtype=dtype)
    x = torch.randn(2, 7, 3, generator=generator, dtype=dtype)
    with torch.no_grad():
        first, expected = net.linears[0](x), net(x)
    (found,) = computed(lambda graph, value: body_output(graph, net, value), array_of(first))

    np.testing.assert_allclose(found, expected.numpy(), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_body_output__trees__take_a_leaf_by_signs_of_which_zero_is_not_one(dtype: torch.dtype) -> None:
    generator = torch.Generator().manual_seed(0)
    net = ObliviousTrees(3, 2, members=(2,)).to(dtype)
    x = torch.randn(2, 7, 3, generator=generator, dtype=dtype)
    plant(net, x)
    with torch.no_grad():
        first, expected = net.linears[0](x), net(x)
    (found,) = computed(lambda graph, value: body_output(graph, net, value), array_of(first))

    assert bool((first == 0).any())
    np.testing.assert_allclose(found, expected.numpy(), rtol=1e-5, atol=1e-5)


def test_body_output__every_body_in_scope__has_operators() -> None:
    assert set(bodies._BODIES) == set(BODIES)
