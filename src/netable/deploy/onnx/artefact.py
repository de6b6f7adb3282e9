"""A model as an ONNX file."""

from __future__ import annotations

import json
from importlib.metadata import version
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pyarrow as pa

from netable.config.exports import ExportSettings
from netable.deploy.contract.facts import facts_of
from netable.deploy.contract.inputs import Input, inputs_of
from netable.deploy.contract.proof import Proof
from netable.deploy.contract.scope import check_scope
from netable.deploy.onnx.bodies import body_output
from netable.deploy.onnx.columns import encode
from netable.deploy.onnx.exported import FACTS
from netable.deploy.onnx.features import first_layer
from netable.deploy.onnx.graph import Graph, Value, array_of
from netable.deploy.onnx.outcome import interval, label_array, labels, mean_outcome
from netable.model.model import Model
from netable.nn import TableNet

# All features of all rows that are computed at once are in memory.
_ROWS_AT_ONCE = 4096


class OnnxFile:
    """A model as one ONNX graph, from raw columns to predictions.

    Parameters
    ----------
    model : Model
    settings : ExportSettings

    Raises
    ------
    UserError
        If the model has a part that ONNX cannot express, or no intervals of this coverage.
    """

    def __init__(self, model: Model, settings: ExportSettings) -> None:
        check_scope(model, "standard operators of ONNX cannot read")
        self.inputs = inputs_of(model.schema, settings)
        graph = _graph(model, self.inputs, settings.interval)
        metadata = _metadata(model, self.inputs, settings)
        self._proto = graph.model("netable", metadata, version("netable"))
        self._session: Any = None

    files: tuple[str, ...] = ()
    runs_in = "onnxruntime"

    @property
    def runtime(self) -> str:
        """The program that `run` calls, with its version."""
        return f"{self.runs_in} {onnxruntime.__version__}"

    def run(self, table: pa.Table) -> dict[str, np.ndarray[Any, Any]]:
        """The outputs by name for a canonical table, computed by onnxruntime from the file's content."""
        if self._session is None:
            options = onnxruntime.SessionOptions()
            options.log_severity_level = 4  # such as notes on threads
            content = self._proto.SerializeToString()
            self._session = onnxruntime.InferenceSession(content, options, ["CPUExecutionProvider"])
        names = [output.name for output in self._session.get_outputs()]
        parts = []
        for start in range(0, table.num_rows, _ROWS_AT_ONCE):
            some = table.slice(start, _ROWS_AT_ONCE)
            feeds = {each.name: each.feed(some.column(each.column.name)) for each in self.inputs}
            parts.append(self._session.run(names, feeds))
        return {
            name: np.concatenate(part) for name, part in zip(names, zip(*parts, strict=True), strict=True)
        }

    def content(self, proof: Proof | None) -> bytes:
        """The bytes of the file, with a proof in its metadata."""
        entry = self._proto.metadata_props.add()
        entry.key, entry.value = "proof", json.dumps(proof and proof._asdict())
        onnx.checker.check_model(self._proto)
        content: bytes = self._proto.SerializeToString()
        return content


def _graph(model: Model, inputs: tuple[Input, ...], coverage: float | None) -> Graph:
    net, members = model.net.counting()
    weights = array_of(net.weights).astype(np.float64)
    objective, target = model.objective.take(members), model.target
    graph, dtype = Graph(), array_of(net.stacks[0].inputs.center).dtype
    rows = encode(graph, inputs, model.encoder, model.read_options.missing, dtype)

    def output(stack: TableNet) -> Value:
        return body_output(graph, stack.body, first_layer(graph, stack, rows))

    outputs = [output(stack) for stack in net.stacks]
    joined = graph.op("Concat", *outputs, axis=0) if len(outputs) > 1 else outputs[0]
    outcome = mean_outcome(graph, objective, joined, weights / weights.sum())
    if target.task != "regression":
        graph.output("prediction", labels(graph, target, outcome), label_array(target).dtype, ["rows"])
        graph.output("probabilities", outcome, np.dtype(np.float64), ["rows", target.width])
        return graph
    values = {"prediction": outcome}
    if coverage is not None:
        ends = interval(graph, model.intervals.ends(coverage), outcome)
        values |= dict(zip(("lower", "upper"), ends, strict=True))
    for name, value in values.items():
        shape: list[str | int] = ["rows", target.width]
        if target.width == 1:
            shape, value = ["rows"], graph.op("Squeeze", value, np.array([1], np.int64))
        graph.output(name, value, np.dtype(np.float64), shape)
    return graph


def _metadata(model: Model, inputs: tuple[Input, ...], settings: ExportSettings) -> dict[str, str]:
    """Facts about the file, each as JSON."""
    target = model.target
    facts: dict[str, Any] = {
        "task": target.task,
        "targets": list(target.names),
        "inputs": [each.to_dict() for each in inputs],
        FACTS: facts_of(model, settings),
    }
    if target.labels:
        facts["classes"] = list(target.labels)
    if settings.interval is not None:
        facts["coverage"] = settings.interval
    return {name: json.dumps(fact, ensure_ascii=False) for name, fact in facts.items()}
