"""The OpenAPI document of a server, made from the columns of its models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from netable.deploy.server.columns import example, schema_of_column
from netable.deploy.server.limits import Limits
from netable.deploy.server.questions import Served
from netable.model.model import Model
from netable.system.wording import listed

_JSON = "application/json"
_ERROR = {"$ref": "#/components/schemas/error"}
_STATUSES = {
    "400": "The body, a row or a cell cannot be used; the message names it.",
    "401": "The token is missing or wrong.",
    "408": "The body did not arrive in time.",
    "413": "The body is too large.",
    "415": "The body is not announced as JSON.",
    "503": "Too many requests are waiting; Retry-After says when to try again.",
}


def document(
    models: Mapping[str, Served], limits: Limits, version: str, *, needs_token: bool
) -> dict[str, Any]:
    """OpenAPI 3.1: for each model its row, and the paths that take rows."""
    paths: dict[str, Any] = {}
    schemas: dict[str, Any] = {"error": _object({"error": {"type": "string"}}, ["error"])}
    for number, served in enumerate(models.values(), 1):
        row = f"row_{number}"  # names of models may have letters that a reference cannot
        schemas[row] = _row(served)
        at = f"/models/{quote(served.name, safe='')}"
        paths[f"{at}/predict"] = _post(served, _question(served, row, limits), _told(served.model), "Predict")
        paths[f"{at}/invocations"] = _post(served, _invocation(row), _scored(), "As MLflow: predict")
    if len(models) == 1:
        paths |= {path.removeprefix(at): what for path, what in list(paths.items())}
    security = {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}} if needs_token else {}
    return {
        "openapi": "3.1.0",
        "info": {"title": "netable", "version": version},
        "paths": paths,
        "components": {"schemas": schemas, **security},
        **({"security": [{"token": []}]} if needs_token else {}),
    }


def example_row(model: Model) -> dict[str, Any]:
    """A row that the model takes."""
    return {column.name: example(column, model) for column in model.schema.used}


def _object(properties: Mapping[str, Any], required: list[str]) -> dict[str, Any]:
    return {"type": "object", "properties": dict(properties), "required": required}


def _row(served: Served) -> dict[str, Any]:
    model = served.model
    columns = {column.name: schema_of_column(column, model) for column in model.schema.used}
    about = f"A row for {served.name}; other columns of its training table are ignored."
    return _object(columns, list(columns)) | {"description": about, "examples": [example_row(model)]}


def _question(served: Served, row: str, limits: Limits) -> dict[str, Any]:
    model = served.model
    rows = {
        "type": "array",
        "items": {"$ref": f"#/components/schemas/{row}"},
        "minItems": 1,
        "maxItems": limits.rows,
    }
    properties: dict[str, Any] = {"rows": rows}
    if not model.intervals.why_none:
        about = "The share of targets that intervals are to contain; null for none."
        bounds = {"minimum": 0.5, "maximum": model.intervals.most_coverage}
        properties["interval"] = {"type": ["number", "null"], "description": about, **bounds}
    if model.task == "binary":
        about = "The probability from which the second class is predicted, in place of 0.5."
        properties["threshold"] = {
            "type": ["number", "null"],
            "description": about,
            "minimum": 0,
            "maximum": 1,
        }
    if served.background is not None:
        about = f"What each column adds to the prediction, for {limits.explained_rows} rows at most."
        properties["contributions"] = {"type": "boolean", "description": about}
    return _object(properties, ["rows"])


def _told(model: Model) -> dict[str, Any]:
    label = {"type": "number"} if model.task == "regression" else {"enum": model.labels.tolist()}
    many = {"type": "array", "items": {"type": "number"}}
    prediction = label if len(model.target.names) == 1 else many
    properties: dict[str, Any] = {"model": {"type": "string"}, "predictions": _array(prediction)}
    if model.task != "regression":
        shares = {name: {"type": "number"} for name in model.outputs}
        properties["probabilities"] = _array(_object(shares, list(shares)))
    if not model.intervals.why_none:
        properties["intervals"] = _array({"type": "array", "description": "Lower and upper end."})
    if model.reference is not None:
        about = "Why a row is unlike those of training; null for others."
        properties["unusual"] = _array({"type": ["string", "null"], "description": about})
    return _object(properties, ["model", "predictions"])


def _array(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


def _invocation(row: str) -> dict[str, Any]:
    rows = _array({"$ref": f"#/components/schemas/{row}"})
    split = _object(
        {"columns": _array({"type": "string"}), "data": _array({"type": "array"})}, ["columns", "data"]
    )
    tables = {
        "dataframe_split": split,
        "dataframe_records": rows,
        "inputs": {"anyOf": [rows, {"type": "object"}]},
    }
    return {"oneOf": [_object({name: schema}, [name]) for name, schema in tables.items()]}


def _scored() -> dict[str, Any]:
    return _object({"predictions": {"type": "array"}}, ["predictions"])


def _post(served: Served, asked: dict[str, Any], told: dict[str, Any], what: str) -> dict[str, Any]:
    targets = listed(served.model.target.names)
    errors = {status: _response(about, _ERROR) for status, about in _STATUSES.items()}
    return {
        "post": {
            "summary": f"{what} {targets} with {served.name}",
            "requestBody": {"required": True, "content": {_JSON: {"schema": asked}}},
            "responses": {"200": _response("The predictions.", told), **errors},
        }
    }


def _response(about: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": about, "content": {_JSON: {"schema": schema}}}
