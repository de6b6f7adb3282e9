"""The input layer of a stack of members and its first linear map, as `netable.nn.inputs` computes them."""

from __future__ import annotations

import math
from typing import NamedTuple, cast

import numpy as np
from torch import Tensor

from netable.deploy.onnx.columns import Encoding
from netable.deploy.onnx.graph import Array, Graph, Value
from netable.nn.inputs import EMBEDDING_SIZE, FARTHEST, TableInput
from netable.nn.layers.linear import Linear
from netable.nn.numeric import Periodic, PiecewiseLinear


class _Weights(NamedTuple):
    """The first linear map, by the features that it takes: each (members, features, width)."""

    numbers: Array
    hot: Array
    embedded: Array
    others: Array

    @classmethod
    def of(cls, inputs: TableInput, weight: Tensor) -> _Weights:
        d_num = inputs.center.shape[-1]
        sizes = [2 * d_num, inputs.d_hot, EMBEDDING_SIZE * len(inputs.wide)]
        return cls(*map(array_of, weight.split_with_sizes([*sizes, weight.shape[-2] - sum(sizes)], -2)))


def first_layer(graph: Graph, inputs: TableInput, linear: Linear, rows: Encoding) -> Value:
    """The outputs of the first linear map.

    Shape
    -----
    returns : (members, rows, width), in the network's type
    """
    weights = _Weights.of(inputs, linear.weight)
    parts, taken = [], []
    if rows.numbers and rows.missing:
        numbers, others = _number_features(graph, inputs, rows.numbers, rows.missing)
        parts += [numbers, *others]
        taken += [weights.numbers, weights.others]
    if inputs.wide and rows.codes:
        parts.append(_embedded(graph, inputs, rows.codes))
        taken.append(weights.embedded)
    terms = []
    if parts:
        features = graph.op("Concat", *parts, axis=-1) if len(parts) > 1 else parts[0]
        terms.append(graph.op("MatMul", features, np.concatenate(taken, 1)))
    if inputs.narrow and rows.codes:
        terms.append(_hot(graph, inputs, rows.codes, weights.hot))
    value: Value | Array = array_of(linear.bias)
    for term in terms:
        value = graph.op("Add", term, value)
    return str(value)


def _number_features(
    graph: Graph, inputs: TableInput, numbers: Value, missing: Value
) -> tuple[Value, list[Value]]:
    """Scaled numbers and flags of missing ones, then bins and waves: (members, rows, …)."""
    center, scale = (array_of(part)[:, None] for part in (inputs.center, inputs.scale))
    dtype = center.dtype
    x = graph.op("Div", graph.op("Sub", numbers, center), scale)
    x = graph.op("Where", missing, np.array(0, dtype), x)
    x = graph.op("Clip", x, np.array(-FARTHEST, dtype), np.array(FARTHEST, dtype))
    others = [_bins(graph, cast(PiecewiseLinear, group), x, center.shape[-1]) for group in inputs.bins]
    if inputs.smooth_clip:
        third = graph.op("Div", x, np.array(3, dtype))
        root = graph.op("Sqrt", graph.op("Add", graph.op("Mul", third, third), np.array(1, dtype)))
        x = graph.op("Div", x, root)
    if inputs.waves:
        others.append(_waves(graph, inputs.waves, x))
    flags = graph.op("Expand", graph.cast(missing, dtype), np.array([len(center), 1, 1], np.int64))
    return graph.op("Concat", x, flags, axis=-1), others


def _bins(graph: Graph, bins: PiecewiseLinear, x: Value, d_num: int) -> Value:
    columns = array_of(bins.columns)
    middle, slope = array_of(bins.middle)[:, None], array_of(bins.slope)[:, None]
    if len(columns) != d_num:
        x = graph.op("Gather", x, columns, axis=2)
    wide = graph.op("Unsqueeze", x, np.array([3], np.int64))
    place = graph.op("Mul", graph.op("Sub", wide, middle), slope)
    place = graph.op("Clip", place, np.array(-0.5, middle.dtype), np.array(0.5, middle.dtype))
    return _flat(graph, place, bins.d_out)


def _waves(graph: Graph, waves: Periodic, x: Value) -> Value:
    turn = 2 * math.pi
    frequency, phase = (array_of(turn * part)[:, None] for part in (waves.frequency, waves.phase))
    wide = graph.op("Unsqueeze", x, np.array([3], np.int64))
    angle = graph.op("Add", graph.op("Mul", wide, frequency), phase)
    return _flat(graph, graph.op("Cos", angle), waves.d_out)


def _flat(graph: Graph, features: Value, count: int) -> Value:
    """The features of all columns side by side: (members, rows, columns, n) → (members, rows, columns * n)."""
    return graph.op("Reshape", features, np.array([0, 0, count], np.int64))


def _embedded(graph: Graph, inputs: TableInput, codes: Value) -> Value:
    """The embeddings of categories of many levels: (rows, d_cat) → (members, rows, columns * EMBEDDING_SIZE)."""
    table, places = _table(inputs, inputs.wide, array_of(inputs.embedding))
    vectors = graph.op("Gather", table, _places(graph, codes, inputs.wide, places), axis=1)
    return _flat(graph, vectors, EMBEDDING_SIZE * len(inputs.wide))


def _hot(graph: Graph, inputs: TableInput, codes: Value, weight: Array) -> Value:
    """The first linear map of one-hot codes, which is a sum of its rows: (rows, d_cat) → (members, rows, width)."""
    table, places = _table(inputs, inputs.narrow, weight)
    vectors = graph.op("Gather", table, _places(graph, codes, inputs.narrow, places), axis=1)
    return graph.op("ReduceSum", vectors, np.array([2], np.int64), keepdims=0)


def _table(inputs: TableInput, columns: list[int], rows: Array) -> tuple[Array, Array]:
    """A row for each code of some columns, by what each member knows, and the place of each column's first code."""
    position, starts = array_of(inputs.position), array_of(inputs.starts)
    ends = np.append(starts[1:], position.shape[-1])
    codes = np.concatenate([np.arange(starts[i], ends[i]) for i in columns])
    sizes = np.array([ends[i] - starts[i] for i in columns])
    members = np.arange(len(position))[:, None]
    return rows[members, position[:, codes]], np.cumsum(sizes) - sizes


def _places(graph: Graph, codes: Value, columns: list[int], places: Array) -> Value:
    chosen = graph.op("Gather", codes, np.array(columns, np.int64), axis=1)
    return graph.op("Add", chosen, places[None].astype(np.int64))


def array_of(tensor: Tensor) -> Array:
    """The values of a tensor."""
    array: Array = tensor.detach().cpu().numpy()
    return array
