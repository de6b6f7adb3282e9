from __future__ import annotations

import numpy as np
import onnx

from graphs import computed
from netable.deploy.onnx.graph import Graph


def test_op__equal_nodes_and_constants__are_made_once() -> None:
    graph = Graph()
    x = graph.input("x", np.float64, ["rows", 1])
    first, again, other = (graph.op("Add", x, np.array([number])) for number in (1.0, 1.0, 2.0))

    assert first == again != other
    assert len(graph.model("g", {}, "0").graph.node) == 2
    assert len(graph.model("g", {}, "0").graph.initializer) == 2


def test_constant__number_without_dimensions__keeps_its_shape() -> None:
    graph = Graph()
    graph.constant(np.array(2.0))

    assert list(graph.model("g", {}, "0").graph.initializer[0].dims) == []


def test_names__of_values__are_never_those_of_inputs() -> None:
    graph = Graph()
    for name in ("add_2", "add_3", "constant_3"):
        graph.input(name, np.float64, [1])
    graph.output("out", graph.op("Add", "add_2", np.array([1.0])), np.dtype(np.float64), [1])

    onnx.checker.check_model(graph.model("g", {"a": "b"}, "0"))


def test_ops__several_outputs__have_names_of_their_own() -> None:
    texts = np.array([["a b"]], dtype=object)
    pieces, counts = computed(
        lambda graph, x: tuple(graph.ops("StringSplit", x, n_out=2, delimiter=" ")), texts
    )

    assert pieces.tolist() == [[["a", "b"]]]
    assert counts.tolist() == [[2]]
