"""The networks of `netable.nn.bodies` behind their first linear map."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import cast

import numpy as np
from torch import nn

from netable.deploy.onnx.activations import ACTIVATIONS, Dtype
from netable.deploy.onnx.features import array_of
from netable.deploy.onnx.graph import Graph, Value
from netable.nn.bodies.body import Body
from netable.nn.bodies.mlp import MLP
from netable.nn.bodies.resnet import LayerNorm, ResNet
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


def can_export(body: Body) -> bool:
    """True for the networks that `model` can name."""
    return type(body) in _BODIES


def _mlp(graph: Graph, body: Body, value: Value) -> Value:
    layers = [layer for block in cast(MLP, body).blocks for layer in cast(nn.Sequential, block)]
    return _through(graph, [*layers, body.head][1:], value, _dtype(body))


def _resnet(graph: Graph, body: Body, value: Value) -> Value:
    net, dtype = cast(ResNet, body), _dtype(body)
    for block in net.blocks:
        value = graph.op("Add", value, _through(graph, cast(nn.Sequential, block), value, dtype))
    return _through(graph, [*net.last, net.head], value, dtype)


_BODIES: dict[type[Body], Callable[[Graph, Body, Value], Value]] = {MLP: _mlp, ResNet: _resnet}


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
