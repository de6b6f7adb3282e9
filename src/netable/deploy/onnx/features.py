"""The input layer of a stack of members and its first linear map, as `netable.nn.inputs` computes them."""

from __future__ import annotations

import math
from typing import NamedTuple, cast

import numpy as np
import torch
from torch import Tensor

from netable.deploy.onnx.columns import Encoding
from netable.deploy.onnx.graph import Array, Graph, Value, array_of
from netable.deploy.onnx.means import means_of
from netable.nn.inputs import EMBEDDING_SIZE, FARTHEST, TableInput
from netable.nn.numeric import Periodic, PiecewiseLinear
from netable.nn.tabular import TableNet


class _Weights(NamedTuple):
    """The first linear map, by the features that it takes: each (members, features, width).

    `flags` are those of numbers that can be missing, which means of levels are not.
    """

    numbers: Array
    flags: Array
    hot: Array
    embedded: Array
    others: Array

    @classmethod
    def of(cls, net: TableNet) -> _Weights:
        inputs, weight = net.inputs, net.body.linears[0].weight
        d_num, d_means = inputs.center.shape[-1], net.encoding.d_out if net.encoding else 0
        sizes = [d_num, d_num - d_means, d_means, inputs.d_hot, EMBEDDING_SIZE * len(inputs.wide)]
        bins = _bins_of(inputs)
        sizes += [group.d_out for group in bins]
        numbers, flags, _, hot, embedded, *others = weight.split_with_sizes(
            [*sizes, weight.shape[-2] - sum(sizes)], -2
        )
        for i, group in enumerate(bins):
            others[i] = _by_axis(others[i].reshape(*group.middle.shape, -1)).flatten(1, 2)
        return cls(*map(array_of, (numbers, flags, hot, embedded, torch.cat(others, 1))))


def first_layer(graph: Graph, net: TableNet, rows: Encoding) -> Value:
    """The outputs of the first linear map of a stack.

    Shape
    -----
    returns : (members, rows, width), in the network's type
    """
    inputs, weights = net.inputs, _Weights.of(net)
    codes = None if net.encoding else rows.codes
    parts, taken = [], []
    if rows.numbers or net.encoding:
        numbers, others = _number_features(graph, inputs, _scaled(graph, net, rows))
        parts += [numbers, *([_flags(graph, rows.missing, weights.flags)] if rows.missing else []), *others]
        taken += [weights.numbers, weights.flags, weights.others]
    if inputs.wide and codes:
        parts.append(_embedded(graph, inputs, codes))
        taken.append(weights.embedded)
    terms = []
    if parts:
        features = graph.op("Concat", *parts, axis=-1) if len(parts) > 1 else parts[0]
        terms.append(graph.op("MatMul", features, np.concatenate(taken, 1)))
    if inputs.narrow and codes:
        terms.append(_hot(graph, inputs, codes, weights.hot))
    value: Value | Array = array_of(net.body.linears[0].bias)
    for term in terms:
        value = graph.op("Add", term, value)
    return str(value)


def _scaled(graph: Graph, net: TableNet, rows: Encoding) -> Value:
    """Numbers and means of levels, scaled, and the middle where missing: (members, rows, d_num)."""
    center, scale = (array_of(part)[:, None] for part in (net.inputs.center, net.inputs.scale))
    d_means = net.encoding.d_out if net.encoding else 0
    d_rows, parts = center.shape[-1] - d_means, []
    if rows.numbers and rows.missing:
        x = graph.op("Div", graph.op("Sub", rows.numbers, center[..., :d_rows]), scale[..., :d_rows])
        parts.append(graph.op("Where", rows.missing, np.array(0, center.dtype), x))
    if net.encoding and d_means:
        means = means_of(graph, net.encoding, rows)
        parts.append(graph.op("Div", graph.op("Sub", means, center[..., d_rows:]), scale[..., d_rows:]))
    return graph.op("Concat", *parts, axis=-1) if len(parts) > 1 else parts[0]


def _flags(graph: Graph, missing: Value, weight: Array) -> Value:
    """1 for missing numbers: (rows, d_num), bool → (members, rows, d_num)."""
    ones = np.ones((len(weight), 1, 1), weight.dtype)
    return graph.op("Where", missing, ones, np.array(0, weight.dtype))


def _number_features(graph: Graph, inputs: TableInput, x: Value) -> tuple[Value, list[Value]]:
    """Bounded numbers, then bins and waves: each (members, rows, …)."""
    dtype = array_of(inputs.center).dtype
    x = graph.op("Clip", x, np.array(-FARTHEST, dtype), np.array(FARTHEST, dtype))
    d_num = inputs.center.shape[-1]
    others = [_bins(graph, group, x, d_num) for group in _bins_of(inputs)]
    if inputs.smooth_clip:
        third = graph.op("Div", x, np.array(3, dtype))
        root = graph.op("Sqrt", graph.op("Add", graph.op("Mul", third, third), np.array(1, dtype)))
        # A product with 1 / root becomes a division in runtimes, whose bits are others than those that trees cut.
        x = graph.op("Mul", x, graph.op("Reciprocal", root))
    if inputs.waves:
        others.append(_waves(graph, inputs.waves, x))
    return x, others


def _bins(graph: Graph, bins: PiecewiseLinear, x: Value, d_num: int) -> Value:
    columns = array_of(bins.columns)
    middle, slope = (array_of(_by_axis(part))[:, None] for part in (bins.middle, bins.slope))
    if len(columns) != d_num:
        x = graph.op("Gather", x, columns, axis=2)
    axis = 2 if _has_columns_last(bins.middle) else 3
    wide = graph.op("Unsqueeze", x, np.array([axis], np.int64))
    place = graph.op("Mul", graph.op("Sub", wide, middle), slope)
    place = graph.op("Clip", place, np.array(-0.5, middle.dtype), np.array(0.5, middle.dtype))
    return _flat(graph, place, bins.d_out)


def _bins_of(inputs: TableInput) -> list[PiecewiseLinear]:
    return cast("list[PiecewiseLinear]", list(inputs.bins))


def _by_axis(part: Tensor) -> Tensor:
    """Numbers of bins with the longer axis last, because runtimes are fast along it: (members, columns, bins, …)."""
    return part.transpose(1, 2) if _has_columns_last(part) else part


def _has_columns_last(part: Tensor) -> bool:
    columns, bins = part.shape[1:3]
    return columns > bins


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
