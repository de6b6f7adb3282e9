"""Values of JSON as questions need them; messages name the row and the column."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from netable.errors import DataError, SchemaError, did_you_mean
from netable.model.table_model import TableModel
from netable.system.wording import shortened

_LETTERS_SHOWN = 60


def mapping_of(value: Any, known: Collection[str], what: str) -> dict[str, Any]:
    """An object of JSON with some of the known keys.

    Raises
    ------
    DataError
        If it is none, or has another key.
    """
    if not isinstance(value, dict):
        raise DataError(f"{what} must be an object; got {shown(value)}.")
    for key in value:
        if key not in known:
            raise DataError(f"{what} has the key {shown(key)}. {did_you_mean(key, known)}")
    return value


def list_of(value: Any, what: str) -> list[Any]:
    """A list of JSON; `DataError` if it is none."""
    if not isinstance(value, list):
        raise DataError(f"{what} must be a list; got {shown(value)}.")
    return value


def flag_of(value: Any, what: str) -> bool:
    """True or false; `DataError` for others."""
    if not isinstance(value, bool):
        raise DataError(f"{what} must be true or false; got {shown(value)}.")
    return value


def number_of(value: Any, what: str) -> float | None:
    """A number or null; `DataError` for others."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise DataError(f"{what} must be a number; got {shown(value)}.")
    try:
        return float(value)
    except OverflowError as error:
        raise DataError(f"{what} is too large a number.") from error


def rows_of_columns(columns: Sequence[Any], data: Sequence[Any], what: str) -> list[dict[str, Any]]:
    """Rows from names and lists of cells.

    Raises
    ------
    DataError
        If a row has more or fewer cells than there are names.
    SchemaError
        If names are not different texts.
    """
    if not all(isinstance(name, str) for name in columns) or len(set(columns)) < len(columns):
        raise SchemaError(f"The columns of {what} must be different texts; got {shown(columns)}.")
    rows = []
    for number, cells in enumerate(data, 1):
        if len(list_of(cells, f"{what}, row {number},")) != len(columns):
            raise DataError(f"{what}, row {number}: expected {len(columns)} cells, got {len(cells)}.")
        rows.append(dict(zip(columns, cells, strict=True)))
    return rows


def checked_rows(rows: Sequence[Any], model: TableModel) -> list[dict[str, Any]]:
    """Rows with the columns that the model uses, each once and with a plain value.

    Other columns of the training table may be there, and are left out.

    Raises
    ------
    DataError
        If a row is no object, or a cell holds an object or a list.
    SchemaError
        If a row lacks a column, or has one that the training table did not have.
    """
    used = [column.name for column in model.schema.used]
    known = {column.name for column in model.schema.columns}.union(model.columns_beside)
    return [_checked_row(number, row, used, known) for number, row in enumerate(rows, 1)]


def _checked_row(number: int, row: Any, used: Sequence[str], known: Collection[str]) -> dict[str, Any]:
    if not isinstance(row, dict):
        raise DataError(f"Row {number} must be an object with a value for each column; got {shown(row)}.")
    for name in row:
        if name not in known:
            raise SchemaError(
                f"Row {number} has the column {shown(name)}, which the model does not know. {did_you_mean(name, used)}"
            )
    for name in used:
        if name not in row:
            raise SchemaError(f"Row {number} lacks the column {shown(name)}; write null if it is missing.")
        if isinstance(row[name], dict | list):
            raise DataError(
                f"Row {number}, column {shown(name)}: expected a number, true or false, a text or null; got "
                f"{shown(row[name])}."
            )
    return {name: row[name] for name in used}


def shown(value: Any) -> str:
    """A value in a message."""
    return shortened(repr(value), _LETTERS_SHOWN)
