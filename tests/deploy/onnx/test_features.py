from __future__ import annotations

import numpy as np
import pytest
import torch

from graphs import computed
from netable.deploy.onnx.features import _bins, _by_axis
from netable.nn import PiecewiseLinear


@pytest.mark.parametrize(("columns", "bins"), [(2, 5), (5, 2)])
def test_bins__more_columns_than_bins_or_fewer__have_the_linear_map_of_torch(columns: int, bins: int) -> None:
    generator = torch.Generator().manual_seed(0)
    edges = torch.randn(3, columns, bins + 1, generator=generator).sort().values
    module = PiecewiseLinear(torch.arange(columns), edges)
    weight = torch.randn(3, module.d_out, 4, generator=generator)
    x = torch.randn(3, 7, columns, generator=generator)
    (found,) = computed(lambda graph, value: _bins(graph, module, value, columns), x.numpy())
    rows = _by_axis(weight.reshape(3, columns, bins, 4)).flatten(1, 2)

    np.testing.assert_allclose(found @ rows.numpy(), module(x) @ weight, atol=1e-5)
