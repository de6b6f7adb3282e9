"""Arrow columns of any type, and Python values, as plain columns: numbers, booleans, timestamps and texts."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as types

from netable.config.values import is_text
from netable.errors import DataError, DataTypeError
from netable.system.notes import Notes
from netable.table.canonical.storage import STORAGES
from netable.table.canonical.values import TOO_LONG_INTEGER

LONG_INTEGERS = (
    "whole numbers beyond 2^53 lose their last digits as numbers in {}; if they are codes, put a letter "
    "before each"
)

_PER_SECOND = {"s": 1.0, "ms": 1e3, "us": 1e6, "ns": 1e9}


def is_text_type(kind: pa.DataType) -> bool:
    """The Arrow type is one of the text types."""
    return bool(types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind))


def plain_column(column: pa.ChunkedArray, name: str, notes: Notes) -> pa.ChunkedArray:
    """Convert a column by its Arrow type, without parsing texts.

    Raises
    ------
    DataTypeError
        If the column is nested, binary, or of another type that is not supported.
    """
    kind = column.type
    if types.is_dictionary(kind):
        if is_text_type(kind.value_type):
            return column
        return plain_column(pa.chunked_array([_decoded(column)]), name, notes)
    if types.is_run_end_encoded(kind):
        return plain_column(pc.run_end_decode(column), name, notes)
    if is_text_type(kind):
        return column.cast(pa.large_string())
    if types.is_boolean(kind):
        return column
    if types.is_null(kind):
        return column.cast(pa.float64())
    if types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind):
        return _numbers(column, name, notes)
    if types.is_timestamp(kind) or types.is_date(kind):
        return _timestamps(column)
    if types.is_duration(kind):
        return pc.divide(column.cast(pa.int64()).cast(pa.float64()), _PER_SECOND[kind.unit])
    if types.is_time(kind):
        return column.cast(pa.string()).cast(pa.large_string())
    raise DataTypeError(
        f"{notes.source}: column {name!r} holds values of type {kind}; a column must hold numbers, booleans, "
        "dates or text. Use another column, or turn it into such ones first."
    )


def _decoded(column: pa.ChunkedArray) -> pa.Array:
    whole = column.unify_dictionaries().combine_chunks()
    return whole.dictionary.take(whole.indices)


def _numbers(column: pa.ChunkedArray, name: str, notes: Notes) -> pa.ChunkedArray:
    kind = column.type
    if types.is_float16(kind):
        shortest = [str(value) for value in column.to_numpy()]
        column = pa.chunked_array([pa.array(shortest, pa.string(), mask=column.is_null().to_numpy())])
    elif types.is_float32(kind) or types.is_decimal(kind):
        # By its shortest text, 0.1 becomes 0.1 and not 0.10000000149, as in an export to CSV.
        distinct = column.combine_chunks().dictionary_encode()
        exact = distinct.dictionary.cast(pa.string()).cast(pa.float64())
        column = pa.chunked_array([exact.take(distinct.indices)])
    elif types.is_integer(kind):
        bounds = pc.min_max(column).as_py()
        if max(abs(bounds["min"] or 0), abs(bounds["max"] or 0)) >= TOO_LONG_INTEGER:
            notes.add(LONG_INTEGERS, repr(name))
    numbers = column.cast(pa.float64(), safe=False)
    if np.count_nonzero(np.isnan(numbers.to_numpy())) == numbers.null_count:
        return numbers
    return pc.if_else(pc.is_nan(numbers), None, numbers)


def _timestamps(column: pa.ChunkedArray) -> pa.ChunkedArray:
    kind = column.type
    if types.is_timestamp(kind) and kind.unit == "ns":
        column = pc.floor_temporal(column, unit="microsecond")
    if types.is_timestamp(kind) and kind.tz is not None:
        column = column.cast(pa.timestamp("us", "UTC"), safe=False)
    return column.cast(STORAGES["timestamp"].arrow, safe=False)


def python_column(values: list[object], name: str, source: str, first_row: int = 1) -> pa.Array:
    """Python values as an Arrow column; mixed numbers and texts become texts.

    Parameters
    ----------
    first_row : int
        The number of the first value's row in messages.

    Raises
    ------
    DataTypeError
        If a value is not a number, a boolean, a date or a text.
    DataError
        If a text has half of a character (a lone surrogate).
    """
    values = [None if _is_missing(value) else value for value in values]
    try:
        return pa.array(values)
    except (pa.ArrowException, OverflowError, TypeError, ValueError):
        return pa.array(
            [None if v is None else _text(v, name, row, source) for row, v in enumerate(values, first_row)]
        )


def _is_missing(value: object) -> bool:
    is_nan = isinstance(value, float) and value != value
    return value is None or is_nan or type(value).__name__ in ("NAType", "NaTType")


def _text(value: object, name: str, row: int, source: str) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, str | int | float | Decimal) or hasattr(value, "isoformat"):
        if is_text(str(value)):
            return str(value)
        raise DataError(
            f"{source}, row {row}, column {name!r}: {str(value)!r:.60} has half of a character (a lone surrogate), "
            "because it was decoded wrongly; correct it."
        )
    raise DataTypeError(
        f"{source}, row {row}, column {name!r}: expected a number, a boolean, a date or a text; "
        f"got {value!r:.60} of type {type(value).__name__}."
    )
