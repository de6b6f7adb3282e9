"""The scoring protocol of MLflow 2 and 3: `/ping` and `/invocations` with JSON.

*Reference*: https://mlflow.org/docs/latest/ml/deployment/deploy-model-locally
"""

from __future__ import annotations

from typing import Any

from netable.deploy.server.checks import checked_rows, list_of, mapping_of, number_of, rows_of_columns, shown
from netable.deploy.server.questions import Answer, Dialect, Question, Served
from netable.errors import DataError

TABLES = ("dataframe_split", "dataframe_records", "inputs")
PARAMETERS = ("threshold",)


def _ask(value: Any, served: Served) -> Question:
    body = mapping_of(value, (*TABLES, "params"), "The body")
    tables = [name for name in TABLES if name in body]
    if len(tables) != 1:
        raise DataError(f"The body must have one of {', '.join(TABLES)}; got {shown(sorted(body))}.")
    name = tables[0]
    parameters = mapping_of(body.get("params") or {}, PARAMETERS, "params")
    return Question(
        checked_rows(_READ[name](body[name]), served.model),
        threshold=number_of(parameters.get("threshold"), "threshold"),
    )


def _split(value: Any) -> list[Any]:
    table = mapping_of(value, ("columns", "index", "data"), "dataframe_split")
    if "columns" not in table or "data" not in table:
        raise DataError("dataframe_split must have columns and data.")
    columns, data = (list_of(table[key], f"dataframe_split, {key},") for key in ("columns", "data"))
    return rows_of_columns(columns, data, "dataframe_split")


def _records(value: Any) -> list[Any]:
    return list_of(value, "dataframe_records")


def _inputs(value: Any) -> list[Any]:
    """A list of rows, or an object with a list of cells for each column."""
    if isinstance(value, list):
        return value
    if not isinstance(value, dict):
        raise DataError(f"inputs must be a list of rows, or an object of columns; got {shown(value)}.")
    cells = {name: list_of(column, f"inputs, column {shown(name)},") for name, column in value.items()}
    lengths = {len(column) for column in cells.values()}
    if len(lengths) > 1:
        raise DataError(f"The columns of inputs must have equally many cells; got {shown(sorted(lengths))}.")
    return [dict(zip(cells, row, strict=True)) for row in zip(*cells.values(), strict=True)]


_READ = {"dataframe_split": _split, "dataframe_records": _records, "inputs": _inputs}


def _tell(answer: Answer) -> dict[str, Any]:
    return {"predictions": answer.predictions()}


MLFLOW = Dialect(_ask, _tell)
