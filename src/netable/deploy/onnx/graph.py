"""An ONNX graph under construction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

# Operators of the standard alone; these versions are read by onnxruntime 1.20 and later.
OPSETS = {"": 20, "ai.onnx.ml": 4}
IR_VERSION = 9
ML = "ai.onnx.ml"

Array = NDArray[Any]
# The name of a value of the graph, or a constant.
Value = str
Operand = Value | Array


class Graph:
    """Inputs, constants and operators, of which equal ones are made once.

    Inputs and outputs have the names that they are given; all other values are numbered.
    """

    def __init__(self) -> None:
        self._inputs: list[onnx.ValueInfoProto] = []
        self._outputs: list[onnx.ValueInfoProto] = []
        self._nodes: list[onnx.NodeProto] = []
        self._constants: dict[tuple[Any, ...], onnx.TensorProto] = {}
        self._values: dict[tuple[Any, ...], Value] = {}
        self._taken: set[str] = set()

    def input(self, name: str, dtype: type[np.generic] | type[str], shape: Sequence[int | str]) -> Value:
        """An input; its name must be new."""
        self._taken.add(name)
        self._inputs.append(helper.make_tensor_value_info(name, _element_type(np.dtype(dtype)), shape))
        return name

    def output(self, name: str, value: Value, dtype: np.dtype[Any], shape: Sequence[int | str]) -> None:
        """Let a value be an output; the name must be new."""
        self._taken.add(name)
        self._nodes.append(helper.make_node("Identity", [value], [name]))
        self._outputs.append(helper.make_tensor_value_info(name, _element_type(dtype), shape))

    def constant(self, array: Array) -> Value:
        """A constant of the array's type and shape."""
        array = np.asarray(array, order="C")
        content = tuple(array.flat) if array.dtype.kind in "OU" else array.tobytes()
        key = (array.dtype.str, array.shape, content)
        if key not in self._constants:
            texts = array.astype(object) if array.dtype.kind in "OU" else array
            self._constants[key] = numpy_helper.from_array(texts, self._new_name("constant"))
        return str(self._constants[key].name)

    def op(self, operator: str, *operands: Operand, domain: str = "", **attributes: Any) -> Value:
        """The output of an operator."""
        return self.ops(operator, *operands, domain=domain, **attributes)[0]

    def ops(
        self, operator: str, *operands: Operand, n_out: int = 1, domain: str = "", **attributes: Any
    ) -> list[Value]:
        """The outputs of an operator that has several."""
        inputs = [part if isinstance(part, str) else self.constant(part) for part in operands]
        key = (domain, operator, *inputs, _hashable(attributes))
        if key not in self._values:
            self._values[key] = self._new_name(operator)
            names = [self._values[key], *(f"{self._values[key]}.{i}" for i in range(1, n_out))]
            self._taken.update(names)
            self._nodes.append(helper.make_node(operator, inputs, names, domain=domain, **attributes))
        first = self._values[key]
        return [first, *(f"{first}.{i}" for i in range(1, n_out))]

    def cast(self, value: Value, dtype: type[np.generic] | np.dtype[Any]) -> Value:
        """A value in another type."""
        return self.op("Cast", value, to=_element_type(np.dtype(dtype)))

    def model(self, name: str, metadata: Mapping[str, str], version: str) -> onnx.ModelProto:
        """The graph as a model with metadata, made by this version of netable."""
        constants = list(self._constants.values())
        graph = helper.make_graph(self._nodes, name, self._inputs, self._outputs, constants)
        opsets = [helper.make_opsetid(domain, opset) for domain, opset in OPSETS.items()]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION)
        model.producer_name, model.producer_version = "netable", version
        helper.set_model_props(model, dict(metadata))
        return model

    def _new_name(self, what: str) -> str:
        name = f"{what.lower()}_{len(self._taken)}"
        while name in self._taken:
            name += "_"
        self._taken.add(name)
        return name


def _element_type(dtype: np.dtype[Any]) -> int:
    return int(helper.np_dtype_to_tensor_dtype(np.dtype(object) if dtype.kind == "U" else dtype))


def _hashable(attributes: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple((name, _content(value)) for name, value in sorted(attributes.items()))


def _content(value: Any) -> Any:
    if isinstance(value, onnx.TensorProto):
        return value.SerializeToString()
    return tuple(value) if isinstance(value, list) else value
