from __future__ import annotations

import numpy as np
import pytest
import torch

from c_code import compiled, needs_gcc, pointer
from netable.deploy.c.bodies import ACTIVATIONS
from netable.nn.layers import activations

pytestmark = needs_gcc


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_activations__any_number__are_those_of_torch(dtype: str) -> None:
    def build(source):
        for name in ACTIVATIONS.values():
            source.function(f"void call_{name}(real *x, int count)", [f"apply_{name}(x, count);"])

    code = compiled(build, dtype)
    numbers = np.array([-1e6, -30, -3, -0.5, -1e-4, 0, 1e-4, 0.5, 3, 30, 1e6], dtype)
    for name in activations.ACTIVATIONS:
        module, x = activations.make_activation(name), numbers.copy()
        code[f"call_{ACTIVATIONS[type(module)]}"](pointer(x), len(x))
        np.testing.assert_allclose(x, module(torch.from_numpy(numbers)), rtol=1e-6, atol=2e-6, err_msg=name)


def test_normalize__row__is_that_of_torch() -> None:
    head = "void call(real *x, int count, const real *scale, const real *shift)"
    code = compiled(lambda source: source.function(head, ["normalize(x, count, scale, shift);"]))
    x, scale, shift = np.random.default_rng(0).normal(size=(3, 7)) * 5
    expected = torch.nn.functional.layer_norm(torch.from_numpy(x), (7,)).numpy() * scale + shift
    code.call(pointer(x), 7, pointer(scale), pointer(shift))

    np.testing.assert_allclose(x, expected, rtol=1e-12)
