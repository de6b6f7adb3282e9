from __future__ import annotations

import numpy as np
import pytest
import torch

from graphs import computed
from netable.deploy.onnx.activations import ACTIVATIONS
from netable.nn.layers import activations


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", activations.ACTIVATIONS)
def test_activation__any_number__is_that_of_torch(name: str, dtype: str) -> None:
    module = activations.make_activation(name)
    x = np.array([-1e6, -30, -3, -0.5, -1e-4, 0, 1e-4, 0.5, 3, 30, 1e6], dtype)
    (found,) = computed(lambda graph, value: ACTIVATIONS[type(module)](graph, value, x.dtype), x)

    assert found.dtype == x.dtype
    np.testing.assert_allclose(found, module(torch.from_numpy(x)).numpy(), rtol=1e-6, atol=2e-6)
