"""Small ONNX graphs that are run on the spot."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import onnxruntime

from netable.deploy.onnx.graph import Graph, Value


def computed(
    build: Callable[..., Value | tuple[Value, ...]], *arrays: np.ndarray[Any, Any]
) -> list[np.ndarray[Any, Any]]:
    """What onnxruntime computes for `build(graph, *inputs)` from these arrays."""
    graph = Graph()
    names = [
        graph.input(f"in{i}", array.dtype.type if array.dtype != object else np.str_, [None] * array.ndim)
        for i, array in enumerate(arrays)
    ]
    values = build(graph, *names)
    kept = (values,) if isinstance(values, str) else values
    proto = graph.model("test", {}, "0")
    for value in kept:
        proto.graph.output.add().name = value
    session = onnxruntime.InferenceSession(proto.SerializeToString(), providers=["CPUExecutionProvider"])
    found: list[np.ndarray[Any, Any]] = session.run(None, dict(zip(names, arrays, strict=True)))
    return found
