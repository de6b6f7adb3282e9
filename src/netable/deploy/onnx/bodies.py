"""The networks of `netable.nn.bodies` behind their first linear map."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import cast

import numpy as np
from torch import nn

from netable.deploy.onnx.activations import ACTIVATIONS, Dtype
from netable.deploy.onnx.graph import Graph, Value, array_of
from netable.nn.bodies.body import Body
from netable.nn.bodies.mlp import MLP
from netable.nn.bodies.resnet import LayerNorm, ResNet
from netable.nn.bodies.trees import ObliviousTrees
from netable.nn.layers.dropout import Dropout
from netable.nn.layers.linear import Linear

# As torch.
_EPSILON = 1e-5


def body_output(graph: Graph, body: Body, first: Value) -> Value:
    """The outputs of a body, given those of its first linear map.

    Shape
    -----
    first : (members, rows, width)
    returns : (members, rows, d_out)
    """
    return _BODIES[type(body)](graph, body, first)


def _mlp(graph: Graph, body: Body, value: Value) -> Value:
    layers = [layer for block in cast(MLP, body).blocks for layer in cast(nn.Sequential, block)]
    return _through(graph, [*layers, body.head][1:], value, _dtype(body))


def _resnet(graph: Graph, body: Body, value: Value) -> Value:
    net, dtype = cast(ResNet, body), _dtype(body)
    for block in net.blocks:
        value = graph.op("Add", value, _through(graph, cast(nn.Sequential, block), value, dtype))
    return _through(graph, [*net.last, net.head], value, dtype)


def _trees(graph: Graph, body: Body, value: Value) -> Value:
    head, dtype = cast(ObliviousTrees, body).head, _dtype(body)
    leaves = array_of(head.weight)
    members, count, d_out = leaves.shape
    beyond = graph.cast(graph.op("Greater", value, np.array(0, dtype)), dtype)
    beyond = graph.op("Reshape", beyond, np.array([0, 0, head.trees, head.depth], np.int64))
    number = graph.cast(
        graph.op("MatMul", beyond, np.exp2(np.arange(head.depth)[::-1], dtype=dtype)), np.int64
    )
    firsts = np.arange(0, members * count, 1 << head.depth).reshape(members, 1, head.trees)
    chosen = graph.op("Gather", leaves.reshape(-1, d_out), graph.op("Add", number, firsts), axis=0)
    sums = graph.op("ReduceSum", chosen, np.array([2], np.int64), keepdims=0)
    return graph.op("Add", sums, array_of(head.bias))


_BODIES: dict[type[Body], Callable[[Graph, Body, Value], Value]] = {
    MLP: _mlp,
    ResNet: _resnet,
    ObliviousTrees: _trees,
}


def _through(graph: Graph, layers: Iterable[nn.Module], value: Value, dtype: Dtype) -> Value:
    for layer in layers:
        if isinstance(layer, Linear):
            product = graph.op("MatMul", value, array_of(layer.weight))
            value = graph.op("Add", product, array_of(layer.bias))
        elif isinstance(layer, LayerNorm):
            value = _normalized(graph, layer, value)
        elif not isinstance(layer, Dropout):
            value = ACTIVATIONS[type(layer)](graph, value, dtype)
    return value


def _normalized(graph: Graph, layer: LayerNorm, value: Value) -> Value:
    scale, shift = array_of(layer.scale), array_of(layer.shift)
    ones = np.ones(scale.shape[-1], scale.dtype)
    normal = graph.op("LayerNormalization", value, ones, axis=-1, epsilon=_EPSILON)
    return graph.op("Add", graph.op("Mul", normal, scale), shift)


def _dtype(body: Body) -> Dtype:
    return array_of(body.head.weight).dtype
