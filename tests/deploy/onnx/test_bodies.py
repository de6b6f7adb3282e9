from __future__ import annotations

import numpy as np
import pytest
import torch

from graphs import computed
from netable.deploy.onnx.bodies import body_output, can_export
from netable.deploy.onnx.features import array_of
from netable.nn import MLP
from netable.nn.bodies.own import OwnNetworks
from netable.nn.bodies.resnet import ResNet


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


def test_can_export__networks_of_ones_own__cannot_be() -> None:
    assert can_export(MLP(2, 1))
    assert not can_export(OwnNetworks(2, 1, members=(1,), model=torch.nn.Linear))
