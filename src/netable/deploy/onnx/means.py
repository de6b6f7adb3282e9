"""Means of the target by levels and pairs of levels, as `netable.nn.target_encoding` looks them up."""

from __future__ import annotations

import numpy as np

from netable.deploy.onnx.columns import Encoding
from netable.deploy.onnx.graph import ML, Array, Graph, Value, array_of, tensor_of
from netable.nn.codes import FIRST_LEVEL, MISSING
from netable.nn.groups import NumberLevels
from netable.nn.target_encoding import TargetEncoding


def means_of(graph: Graph, encoding: TargetEncoding, rows: Encoding) -> Value:
    """The means of each row: (members, rows, `encoding.d_out`), in the network's type."""
    places = _places(graph, encoding, rows)
    means = graph.op("Gather", array_of(encoding.means), places, axis=1)
    return graph.op("Reshape", means, np.array([0, 0, encoding.d_out], np.int64))


def _places(graph: Graph, encoding: TargetEncoding, rows: Encoding) -> Value:
    """The place of each mean among all: (rows, groups of columns).

    Keys of one pair of columns are those of no other, so one table holds all of them.
    """
    codes = [rows.codes] if rows.codes else []
    if rows.numbers and rows.missing and len(encoding.numbers.columns):
        codes.append(_codes(graph, encoding.numbers, rows.numbers, rows.missing))
    levels = graph.op("Concat", *codes, axis=1) if len(codes) > 1 else codes[0]
    groups = encoding.groups
    first, second = (graph.op("Gather", levels, array_of(column), axis=1) for column in groups.columns.T)
    keys = graph.op("Add", graph.op("Mul", first, array_of(groups.factors)), second)
    keys = graph.op("Add", keys, array_of(groups.firsts))
    known = array_of(encoding.keys)
    tables: dict[str, Array] = {
        "keys_tensor": known,
        "values_tensor": np.arange(1, len(known) + 1),
        "default_tensor": np.array([0]),
    }
    return graph.op("LabelEncoder", keys, domain=ML, **{name: tensor_of(t) for name, t in tables.items()})


def _codes(graph: Graph, levels: NumberLevels, numbers: Value, missing: Value) -> Value:
    """Numbers as codes: (rows, d_num) → (rows, columns of `levels`), int64."""
    x, is_missing = (
        graph.op("Gather", part, array_of(levels.columns), axis=1) for part in (numbers, missing)
    )
    is_below = graph.op("Less", array_of(levels.cuts), graph.op("Unsqueeze", x, np.array([2], np.int64)))
    # A byte for each cut of each row would not do as a sum, eight of them would be much memory.
    below = graph.op("ReduceSum", graph.cast(is_below, np.int32), np.array([2], np.int64), keepdims=0)
    codes = graph.op("Add", graph.cast(below, np.int64), np.array(FIRST_LEVEL))
    return graph.op("Where", is_missing, np.array(MISSING), codes)
