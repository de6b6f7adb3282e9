"""From the outputs of all members to labels, probabilities and intervals."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from netable.deploy.onnx.graph import Array, Graph, Value, array_of
from netable.model.intervals import Ends
from netable.table.target import Target
from netable.train import Objective, TargetScale
from netable.train.scale import LARGEST_EXPONENT


def mean_outcome(graph: Graph, objective: Objective, output: Value, weights: NDArray[np.float64]) -> Value:
    """The weighted mean of the members' predictions, as `netable.train.objective` makes them.

    Shape
    -----
    output : (members, rows, d_out)
    weights : (members,)
    returns : (rows, targets or classes), float64
    """
    outcome = _predicted(graph, objective, graph.cast(output, np.float64))
    weighted = graph.op("Mul", outcome, weights[:, None, None])
    return graph.op("ReduceSum", weighted, np.array([0], np.int64), keepdims=0)


def _predicted(graph: Graph, objective: Objective, output: Value) -> Value:
    if objective.task != "regression":
        if objective.task == "multiclass":
            return graph.op("Softmax", graph.op("Div", output, _number(objective.temperature)), axis=-1)
        # Not the operator Sigmoid, which rounds small probabilities to 0.
        against = graph.op("Mul", output, np.array([1.0, -1.0]) / objective.temperature)
        return graph.op("Reciprocal", graph.op("Add", graph.op("Exp", against), _number(1.0)))
    scale = objective.scale
    if objective.loss == "poisson":
        rate = graph.op("Exp", graph.op("Min", output, _number(LARGEST_EXPONENT)))
        if scale is None:
            return rate
        return _limited(graph, scale, graph.op("Mul", rate, _array(scale.center)))
    return output if scale is None else _restored(graph, scale, output)


def _restored(graph: Graph, scale: TargetScale, output: Value) -> Value:
    value = graph.op("Mul", output, _array(scale.deviation))
    value = graph.op("Add", value, _array(scale.center))
    if scale.shift is not None:
        value = graph.op("Exp", graph.op("Min", value, _number(LARGEST_EXPONENT)))
        if scale.smearing is not None:
            value = graph.op("Mul", value, _array(scale.smearing))
        value = graph.op("Max", graph.op("Sub", value, _array(scale.shift)), _number(0.0))
    return _limited(graph, scale, value)


def _limited(graph: Graph, scale: TargetScale, value: Value) -> Value:
    """Predictions within the bounds, if there are any; what is not finite stays so."""
    if scale.lowest is None or scale.highest is None:
        return value
    bounded = graph.op("Min", graph.op("Max", value, _array(scale.lowest)), _array(scale.highest))
    is_broken = graph.op("IsNaN", graph.op("Sub", value, value))
    return graph.op("Where", is_broken, value, bounded)


def labels(graph: Graph, target: Target, outcome: Value) -> Value:
    """The label of the most probable class: (rows, classes) → (rows,)."""
    code = graph.op("ArgMax", outcome, axis=1, keepdims=0)
    return graph.op("Gather", label_array(target), code)


def label_array(target: Target) -> Array:
    """The classes of a target, as an array of the type of its labels."""
    return target.decode(np.arange(len(target.labels)))


def interval(graph: Graph, ends: Sequence[Ends], outcome: Value) -> tuple[Value, Value]:
    """The ends of intervals around predictions: (rows, targets) → twice (rows, targets)."""
    lower: list[Value] = []
    upper: list[Value] = []
    for i, end in enumerate(ends):
        prediction = graph.op("Gather", outcome, np.array([i], np.int64), axis=1)
        value = _UNITS[end.unit][0](graph, prediction)
        for errors, found in ((end.low, lower), (end.high, upper)):
            moved = graph.op("Add", value, _interpolated(graph, value, end.centers, errors))
            found.append(_UNITS[end.unit][1](graph, moved))
    return graph.op("Concat", *lower, axis=1), graph.op("Concat", *upper, axis=1)


def _interpolated(graph: Graph, x: Value, centers: Array, values: Array) -> Value | Array:
    """Values linear between centers and constant beyond them: (rows, 1) → (rows, 1)."""
    width, rise = np.diff(centers), np.diff(values)
    rising = width > 0
    if not rising.any():
        return values[:1, None]
    before, slope = centers[:-1][rising], rise[rising] / width[rising]
    beyond = graph.op("Max", graph.op("Sub", x, before[None]), _number(0.0))
    way = graph.op("Min", beyond, width[rising][None])
    total = graph.op("ReduceSum", graph.op("Mul", way, slope[None]), np.array([1], np.int64))
    return graph.op("Add", total, values[:1, None])


def _log(graph: Graph, y: Value) -> Value:
    return graph.op("Log", graph.op("Max", y, _number(float(np.finfo(np.float64).tiny))))


def _exp(graph: Graph, y: Value) -> Value:
    return graph.op("Exp", graph.op("Min", y, _number(LARGEST_EXPONENT)))


def _expm1(graph: Graph, y: Value) -> Value:
    return graph.op("Max", graph.op("Sub", _exp(graph, y), _number(1.0)), _number(0.0))


def _square(graph: Graph, y: Value) -> Value:
    root = graph.op("Max", y, _number(0.0))
    return graph.op("Mul", root, root)


def _same(_: Graph, y: Value) -> Value:
    return y


def _log1p(graph: Graph, y: Value) -> Value:
    return graph.op("Log", graph.op("Add", y, _number(1.0)))


def _root(graph: Graph, y: Value) -> Value:
    return graph.op("Sqrt", y)


# As `netable.model.intervals.UNITS`.
_UNITS = {"own": (_same, _same), "log": (_log, _exp), "log1p": (_log1p, _expm1), "root": (_root, _square)}


def _array(tensor: Tensor) -> Array:
    """Members' numbers as they stand beside outputs: (members, 1, d_out), float64."""
    return array_of(tensor).astype(np.float64)


def _number(number: float) -> Array:
    return np.array(number, np.float64)
