from __future__ import annotations

import numpy as np
import torch

from c_code import compiled, needs_gcc, pointer
from netable.deploy.c.features import _at_edges, _bins
from netable.deploy.c.source import Source
from netable.nn import PiecewiseLinear

pytestmark = needs_gcc


def test_put_bins__bins_of_any_width__are_a_linear_map_of_those_of_torch() -> None:
    edges = torch.tensor(
        [[[-1.0, 0.0, 0.0, 1e-6, 2.0, 2.0], [0.0, 1.0, 3.0, 3.0, 4.0, 8.0]]]
    )  # some of no width
    bins = PiecewiseLinear(torch.tensor([0, 2]), edges)
    weight = torch.randn(1, bins.d_out, 3, generator=torch.Generator().manual_seed(0))
    steps = torch.tensor([-1e6, -1.0, -0.5, 0.0, 5e-7, 1e-6, 1.0, 2.0, 3.0, 3.5, 8.0, 1e6])
    x = torch.stack([steps, torch.zeros(len(steps)), steps.flip(0)], 1)
    expected = (bins(x.unsqueeze(0)) @ weight)[0]

    def build(source: Source) -> None:
        table = source.table("weight", _at_edges(bins, weight))
        lines = ["const int m = 0;", "struct terms terms;", "", "terms.count = 0;"]
        lines += [
            f"put_bins({_bins(source, bins, 'bins')}, 0, &terms);",
            f"add_terms(&terms, {table}, 3, y);",
        ]
        source.function("void call(const real *x, real *y)", lines)

    code = compiled(build, "float32")
    for row, wanted in zip(x.numpy(), expected, strict=True):
        y = np.zeros(3, np.float32)
        code.call(pointer(row.copy()), pointer(y))
        np.testing.assert_allclose(y, wanted, atol=1e-5)


def test_add_terms__any_number_of_rows_and_width__is_their_sum() -> None:
    rng = np.random.default_rng(0)
    weight, widths = rng.normal(size=(9, 11)), (1, 8, 11)

    def build(source: Source) -> None:
        lines = ["struct terms terms;", "", "terms.count = 0;"]
        lines += ["put_numbers(x, count, 0, &terms);", "add_terms(&terms, weight, width, y);"]
        source.function("void call(const real *x, int count, const real *weight, int width, real *y)", lines)

    code = compiled(build)
    for width in widths:
        rows = np.ascontiguousarray(weight[:, :width])
        for count in range(10):
            x, y = rng.normal(size=count) * (rng.random(count) < 0.7), np.ones(width)
            code.call(pointer(x), count, pointer(rows), width, pointer(y))
            np.testing.assert_allclose(y, 1 + x @ rows[:count], rtol=1e-12)
