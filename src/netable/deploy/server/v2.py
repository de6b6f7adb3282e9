"""The Open Inference Protocol, version 2, as JSON: a tensor of one cell a row for each column.

A cell may be null where a value is missing, for which the protocol has no word.
*Reference*: https://github.com/open-inference-protocol/open-inference-protocol (specification/protocol)
"""

from __future__ import annotations

from typing import Any

from netable.deploy.server.checks import checked_rows, list_of, mapping_of, number_of, shown
from netable.deploy.server.columns import v2_type
from netable.deploy.server.questions import Answer, Dialect, Question, Served, plain_rows
from netable.errors import DataError, SchemaError, check_choice
from netable.model.guard.guard import Guard
from netable.model.table_model import TableModel

WHOLE = tuple(f"{sign}INT{bits}" for sign in ("", "U") for bits in (8, 16, 32, 64))
FLOATS = ("FP16", "FP32", "FP64")
# The types of Python that the cells of a tensor have.
TYPES: dict[str, tuple[type, ...]] = {
    "BOOL": (bool,),
    "BYTES": (str,),
    **dict.fromkeys(WHOLE, (int,)),
    **dict.fromkeys(FLOATS, (int, float)),
}
PARAMETERS = ("interval", "threshold")


def server_metadata(version: str) -> dict[str, Any]:
    """The answer to `GET /v2`."""
    return {"name": "netable", "version": version, "extensions": []}


def model_metadata(served: Served) -> dict[str, Any]:
    """The answer to `GET /v2/models/{name}`; the shape of a tensor is that of a column of any number of rows."""
    model = served.model
    columns = [(column.name, v2_type(column)) for column in model.schema.used]
    return {
        "name": served.name,
        "versions": [str(served.version)],
        "platform": "netable",
        "inputs": [{"name": name, "datatype": datatype, "shape": [-1]} for name, datatype in columns],
        "outputs": [
            {
                "name": "prediction",
                "datatype": _prediction_type(model),
                "shape": _shape(-1, len(model.target.names)),
            }
        ]
        + ([] if model.task == "regression" else [_tensor("probabilities", "FP64", -1, len(model.outputs))]),
    }


def _tensor(name: str, datatype: str, rows: int, width: int) -> dict[str, Any]:
    return {"name": name, "datatype": datatype, "shape": [rows, width]}


def _shape(rows: int, width: int) -> list[int]:
    return [rows] if width == 1 else [rows, width]


def _prediction_type(model: TableModel) -> str:
    label = None if model.task == "regression" else model.labels[:1].tolist()[0]
    return {bool: "BOOL", int: "INT64", str: "BYTES"}.get(type(label), "FP64")


def _ask(value: Any, served: Served) -> Question:
    body = mapping_of(value, ("id", "parameters", "inputs", "outputs"), "The body")
    tensors = list_of(body.get("inputs"), "inputs")
    parameters = mapping_of(body.get("parameters") or {}, PARAMETERS, "parameters")
    outputs = [_output_name(output) for output in list_of(body.get("outputs") or [], "outputs")]
    columns: dict[str, list[Any]] = {}
    for tensor in tensors:
        name, cells = _column(tensor)
        if name in columns:
            raise SchemaError(f"The input {shown(name)} is there twice.")
        columns[name] = cells
    lengths = {len(cells) for cells in columns.values()}
    if len(lengths) > 1:
        raise DataError(f"The inputs must have equally many rows; got {shown(sorted(lengths))}.")
    rows = [dict(zip(columns, cells, strict=True)) for cells in zip(*columns.values(), strict=True)]
    coverage = number_of(parameters.get("interval"), "interval")
    known = {"prediction", *(["probabilities"] if served.model.task != "regression" else [])}
    known |= {"lower", "upper"} if coverage is not None else set()
    for name in outputs:
        check_choice("An output", name, sorted(known))
    return Question(
        checked_rows(rows, served.model),
        coverage,
        number_of(parameters.get("threshold"), "threshold"),
        rest={"id": body.get("id"), "outputs": outputs},
    )


def _output_name(output: Any) -> str:
    name = mapping_of(output, ("name", "parameters"), "An output").get("name")
    if not isinstance(name, str):
        raise DataError(f"The name of an output must be a text; got {shown(name)}.")
    return name


def _column(tensor: Any) -> tuple[str, list[Any]]:
    """The name and the cells of a column: its data is flat, or has a list of one cell for each row."""
    given = mapping_of(tensor, ("name", "shape", "datatype", "parameters", "data"), "An input")
    name, datatype = given.get("name"), given.get("datatype")
    if not isinstance(name, str):
        raise DataError(f"The name of an input must be a text; got {shown(name)}.")
    what = f"The input {shown(name)}"
    if not isinstance(datatype, str) or datatype not in TYPES:
        raise DataError(f"{what} has the datatype {shown(datatype)}; use one of {', '.join(TYPES)}.")
    data = list_of(given.get("data"), f"The data of {shown(name)}")
    cells = [cell[0] if isinstance(cell, list) and len(cell) == 1 else cell for cell in data]
    if given.get("shape") not in ([len(cells)], [len(cells), 1]):
        raise DataError(
            f"{what} has the shape {shown(given.get('shape'))} and {len(cells)} cells; send one tensor for each "
            "column, of the shape [rows] or [rows, 1]."
        )
    for number, cell in enumerate(cells, 1):
        if cell is not None and type(cell) not in TYPES[datatype]:
            raise DataError(
                f"Row {number}, column {shown(name)}: {shown(cell)} is not of the datatype {datatype}."
            )
    return name, cells


def _tell(answer: Answer) -> dict[str, Any]:
    model, rows, rest = answer.model, len(answer.outcome), answer.question.rest
    several = len(model.target.names)
    tensors = [("prediction", _prediction_type(model), _shape(rows, several), answer.predictions())]
    if model.task != "regression":
        shape = [rows, len(model.outputs)]
        tensors.append(("probabilities", "FP64", shape, answer.outcome.tolist()))
    if answer.interval is not None:
        for name, ends in zip(("lower", "upper"), answer.interval, strict=True):
            tensors.append((name, "FP64", _shape(rows, several), plain_rows(ends)))
    told: dict[str, Any] = {
        "model_name": answer.served.name,
        "model_version": str(answer.served.version),
        "outputs": [
            {"name": name, "datatype": datatype, "shape": shape, "data": _flat(data)}
            for name, datatype, shape, data in tensors
            if name in (rest["outputs"] or {name})
        ],
    }
    if rest["id"] is not None:
        told["id"] = rest["id"]
    if answer.guard is not None:
        told["parameters"] = _parameters(answer.guard)
    return told


def _parameters(guard: Guard) -> dict[str, Any]:
    """How many rows are unlike those of training, and why: parameters are single values."""
    reasons = [f"row {number}: {reason}" for number, reason in enumerate(guard.reasons, 1) if reason]
    return {"unusual_rows": len(reasons), "unusual": ". ".join(reasons)}


def _flat(data: list[Any]) -> list[Any]:
    return [cell for row in data for cell in row] if data and isinstance(data[0], list) else data


V2 = Dialect(_ask, _tell)
