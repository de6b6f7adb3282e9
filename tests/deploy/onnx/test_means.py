from __future__ import annotations

import numpy as np
import pytest
import torch

from graphs import computed
from netable.deploy.onnx.columns import Encoding
from netable.deploy.onnx.graph import Graph
from netable.deploy.onnx.means import means_of
from netable.nn.groups import GroupColumns, Groups, NumberLevels
from netable.nn.level_means import LevelMeans
from netable.nn.target_encoding import TargetEncoding

# Codes of two categories, and two of three numbers as levels.
CARDINALITIES = (5, 4)
CUTS = [[-1.5, 0.0, 0.1, 2.5], [1e-40, 1.0, 1.0, 1.0]]
PAIRS = [[0, 0], [0, 1], [1, 2], [2, 3]]
MEMBERS, D_OUT = 2, 2


def made_encoding(dtype: torch.dtype) -> TargetEncoding:
    numbers = NumberLevels(torch.tensor([0, 2]), torch.tensor(CUTS, dtype=dtype))
    groups = Groups(torch.tensor(PAIRS), [*CARDINALITIES, *numbers.cardinalities])
    last = int(groups.firsts[-1]) + 7 * 7
    generator = torch.Generator().manual_seed(0)
    keys = torch.randperm(last, generator=generator)[: last // 2].sort().values
    means = torch.randn(MEMBERS, 1 + len(keys), D_OUT, generator=generator, dtype=dtype)
    d_means = len(PAIRS) * D_OUT
    empty = torch.zeros(MEMBERS, d_means, dtype=dtype)
    formed = GroupColumns(numbers, torch.tensor(PAIRS))
    return TargetEncoding(LevelMeans(formed, keys, means, None, empty, empty + 1), CARDINALITIES, (1, 1))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_means_of__numbers_at_and_beside_cuts__are_those_of_torch(dtype: torch.dtype) -> None:
    encoding, rng = made_encoding(dtype), np.random.default_rng(0)
    numpy_type = encoding.means.numpy().dtype
    cuts = np.unique(CUTS).astype(numpy_type)
    values = np.concatenate([cuts, np.nextafter(cuts, 9), np.nextafter(cuts, -9), [-0.0, 5e30, np.nan]])
    numbers = rng.choice(values.astype(numpy_type), (500, 3))
    codes = np.stack([rng.integers(0, count, 500) for count in CARDINALITIES], 1)
    given = torch.from_numpy(numbers), torch.from_numpy(codes)
    expected, _ = encoding(given[0], encoding.look_up(*given))

    def build(graph: Graph, *values: str) -> str:
        return means_of(graph, encoding, Encoding(*values))

    (found,) = computed(build, np.nan_to_num(numbers, nan=0.05), np.isnan(numbers), codes)

    np.testing.assert_array_equal(found, expected[..., 3:].numpy())
