"""The activations of `netable.nn.layers.activations`, of operators that onnxruntime has for both precisions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from torch import nn

from netable.deploy.onnx.graph import Graph, Value

Dtype = np.dtype[Any]
# Klambauer et al. 2017, arXiv:1706.02515.
_SELU_SCALE, _SELU_ALPHA = 1.0507009873554805, 1.6732632423543772


def _leaky_relu(graph: Graph, x: Value, dtype: Dtype) -> Value:
    return graph.op("Max", x, graph.op("Mul", x, np.array(0.01, dtype)))


def _selu(graph: Graph, x: Value, dtype: Dtype) -> Value:
    zero = np.array(0, dtype)
    below = graph.op("Sub", graph.op("Exp", graph.op("Min", x, zero)), np.array(1, dtype))
    both = graph.op("Add", graph.op("Max", x, zero), graph.op("Mul", below, np.array(_SELU_ALPHA, dtype)))
    return graph.op("Mul", both, np.array(_SELU_SCALE, dtype))


def _silu(graph: Graph, x: Value, dtype: Dtype) -> Value:
    # Not x * Sigmoid(x), of which onnxruntime 1.20 makes a function that it lacks in double precision.
    return graph.op("Div", x, graph.op("Add", graph.op("Exp", graph.op("Neg", x)), np.array(1, dtype)))


def _gelu(graph: Graph, x: Value, dtype: Dtype) -> Value:
    if dtype == np.float32:
        return graph.op("Gelu", x)
    # onnxruntime has this function in single precision alone.
    scaled = graph.cast(graph.op("Mul", x, np.array(np.sqrt(0.5), dtype)), np.float32)
    error = graph.cast(graph.op("Erf", scaled), np.float64)
    half = graph.op("Mul", x, np.array(0.5, dtype))
    return graph.op("Add", half, graph.op("Mul", half, error))


def _mish(graph: Graph, x: Value, dtype: Dtype) -> Value:
    tail = graph.op("Exp", graph.op("Neg", graph.op("Abs", x)))
    log = graph.op("Log", graph.op("Add", tail, np.array(1, dtype)))
    softplus = graph.op("Add", graph.op("Max", x, np.array(0, dtype)), log)
    return graph.op("Mul", x, graph.op("Tanh", softplus))


ACTIVATIONS: dict[type[nn.Module], Callable[[Graph, Value, Dtype], Value]] = {
    nn.ReLU: lambda graph, x, _: graph.op("Relu", x),
    nn.LeakyReLU: _leaky_relu,
    nn.Sigmoid: lambda graph, x, _: graph.op("Sigmoid", x),
    nn.Tanh: lambda graph, x, _: graph.op("Tanh", x),
    nn.SELU: _selu,
    nn.SiLU: _silu,
    nn.GELU: _gelu,
    nn.Mish: _mish,
}
