"""The OpenAPI document of a server, made from the columns of its models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from netable.deploy.server.columns import example, schema_of_column
from netable.deploy.server.limits import Limits
from netable.deploy.server.questions import Served
from netable.model.table_model import TableModel
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
        paths[f"{at}/invocations"] = _post(
            served, _invocation(served, row, limits), _scored(), "As MLflow: predict"
        )
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


def example_row(model: TableModel) -> dict[str, Any]:
    """A row that the model takes."""
    return {column.name: example(column, model) for column in model.schema.used}


def _object(properties: Mapping[str, Any], required: list[str]) -> dict[str, Any]:
    return {"type": "object", "properties": dict(properties), "required": required}


def _closed(properties: Mapping[str, Any], required: list[str]) -> dict[str, Any]:
    """An object of a request, which is refused with any other key."""
    return {**_object(properties, required), "additionalProperties": False}


def _row(served: Served) -> dict[str, Any]:
    model = served.model
    columns = {column.name: schema_of_column(column, model) for column in model.schema.used}
    about = f"A row for {served.name}; other columns of its training table are ignored."
    return _closed(columns, list(columns)) | {"description": about, "examples": [example_row(model)]}


def _question(served: Served, row: str, limits: Limits) -> dict[str, Any]:
    model = served.model
    properties: dict[str, Any] = {"rows": _rows({"$ref": f"#/components/schemas/{row}"}, limits)}
    if not model.intervals.why_none:
        about = "The share of targets that intervals are to contain; null for none."
        bounds = {"minimum": 0.5, "maximum": model.intervals.most_coverage}
        properties["interval"] = {"type": ["number", "null"], "description": about, **bounds}
    if model.task == "binary":
        properties["threshold"] = _threshold()
    fewer: dict[str, Any] = {}
    if served.explain is not None:
        about = f"What each column adds to the prediction, for {limits.explained_rows} rows at most."
        properties["contributions"] = {"type": "boolean", "description": about}
        asked = {"properties": {"contributions": {"const": True}}, "required": ["contributions"]}
        fewer = {"if": asked, "then": {"properties": {"rows": {"maxItems": limits.explained_rows}}}}
    return _closed(properties, ["rows"]) | fewer


def _threshold() -> dict[str, Any]:
    about = "The probability from which the second class is predicted, in place of 0.5."
    return {"type": ["number", "null"], "description": about, "minimum": 0, "maximum": 1}


def _told(model: TableModel) -> dict[str, Any]:
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


def _rows(row: dict[str, Any], limits: Limits) -> dict[str, Any]:
    return {**_array(row), "minItems": 1, "maxItems": limits.rows}


def _array(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


def _invocation(served: Served, row: str, limits: Limits) -> dict[str, Any]:
    cells = [schema_of_column(column, served.model) for column in served.model.schema.used]
    names = [column.name for column in served.model.schema.used]
    line = {"type": "array", "prefixItems": cells, "minItems": len(cells), "maxItems": len(cells)}
    rows = _rows({"$ref": f"#/components/schemas/{row}"}, limits)
    tables = {
        "dataframe_split": _closed(
            {"columns": {"const": names}, "data": _rows(line, limits)}, ["columns", "data"]
        ),
        "dataframe_records": rows,
        "inputs": rows,
    }
    params = {"params": _closed({"threshold": _threshold()}, [])} if served.model.task == "binary" else {}
    return {"oneOf": [_closed({name: schema, **params}, [name]) for name, schema in tables.items()]}


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
