"""The networks of `netable.nn.bodies` behind their first linear map, for single rows, with NumPy."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, cast

import numpy as np
import scipy
from numpy.typing import NDArray
from torch import Tensor, nn

from netable.nn.bodies.body import Body
from netable.nn.bodies.mlp import MLP
from netable.nn.bodies.trees import ObliviousTrees

Array = NDArray[Any]


class _Layers:
    """Hidden layers and the head."""

    def __init__(self, body: Body) -> None:
        linears = body.linears[1:]
        self.weights = [array_of(linear.weight) for linear in linears]
        self.biases = [array_of(linear.bias) for linear in linears]
        blocks = cast(MLP, body).blocks
        self.activations = [_ACTIVATIONS[type(cast(nn.Sequential, block)[1])] for block in blocks]

    def __call__(self, h: Array) -> Array:
        """Outputs of the first linear map → outputs of the network: (members, 1, width) → (members, 1, d_out)."""
        for activation, weight, bias in zip(self.activations, self.weights, self.biases, strict=True):
            h = activation(h) @ weight
            h += bias
        return h


class _Leaves:
    """The leaves of oblivious trees."""

    def __init__(self, body: Body) -> None:
        head = cast(ObliviousTrees, body).head
        leaves = array_of(head.weight)
        members, count, d_out = leaves.shape
        self.leaves, self.bias = leaves.reshape(-1, d_out), array_of(head.bias)
        self.firsts = np.arange(0, members * count, 1 << head.depth).reshape(members, -1)
        self.powers = np.exp2(np.arange(head.depth)[::-1], dtype=np.float32)

    def __call__(self, h: Array) -> Array:
        """As that of `_Layers`."""
        beyond = (h > 0).reshape(*self.firsts.shape, -1)
        # A product of floats is that of BLAS; of integers it is a loop.
        places = self.firsts + (beyond.astype(np.float32) @ self.powers).astype(np.intp)
        sums: Array = self.leaves.take(places, 0).sum(1, keepdims=True)
        sums += self.bias
        return sums


BODIES: dict[type[Body], Callable[[Body], Callable[[Array], Array]]] = {MLP: _Layers, ObliviousTrees: _Leaves}


def array_of(tensor: Tensor) -> Array:
    """A copy, which later training steps do not change."""
    array: Array = tensor.detach().contiguous().numpy().copy()
    return array


def _selu(h: Array) -> Array:
    scale, alpha = 1.0507009873554805, 1.6732632423543772
    return np.where(h > 0, scale * h, scale * alpha * np.expm1(np.minimum(h, 0)))


# As in torch, but without its pool of threads, which is a hundred times slower while other processes use the cores.
_ACTIVATIONS: dict[type[nn.Module], Callable[[Array], Array]] = {
    nn.ReLU: lambda h: np.maximum(h, 0, out=h),
    nn.LeakyReLU: lambda h: np.where(h > 0, h, 0.01 * h),
    nn.Sigmoid: lambda h: scipy.special.expit(h),
    nn.Tanh: np.tanh,
    nn.SELU: _selu,
    nn.SiLU: lambda h: h * scipy.special.expit(h),
    nn.GELU: lambda h: h * (0.5 + 0.5 * scipy.special.erf(h * math.sqrt(0.5))),
    nn.Mish: lambda h: h * np.tanh(np.logaddexp(h, 0)),
}
