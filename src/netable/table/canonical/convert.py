"""One canonical type made another, the same at training and at prediction, and never with a loss."""

from __future__ import annotations

from bisect import bisect_left

import pyarrow as pa
import pyarrow.compute as pc

from netable.errors import DataError, DataTypeError
from netable.table.canonical.names import row_list

_ARROW = {
    "number": pa.float64(),
    "boolean": pa.bool_(),
    "timestamp": pa.timestamp("us"),
    "text": pa.string(),
    "category": pa.dictionary(pa.int32(), pa.string()),
}
_STORAGE = {kind: storage for storage, kind in _ARROW.items()}
_PLURAL = {"number": "numbers", "boolean": "true and false", "timestamp": "dates"}
_SINGULAR = {"number": "a number", "timestamp": "a date"}


def storage_of(data: pa.ChunkedArray, name: str) -> str:
    """The storage of a canonical column: number, boolean, timestamp, text or category.

    Raises
    ------
    DataTypeError
        If its type is none of the five that `netable.table.reading.read` hands on.
    """
    storage = _STORAGE.get(data.type)
    if storage is None:
        raise DataTypeError(f"Column {name!r} is of type {data.type}; pass the table through read first.")
    return storage


def convert(data: pa.ChunkedArray, storage: str, name: str) -> pa.ChunkedArray:
    """The same values as numbers, text or timestamps.

    Raises
    ------
    DataError
        If a value cannot be written as `storage`; the row and the value are named.
    """
    found = storage_of(data, name)
    if found == storage:
        return data
    if data.null_count == len(data):
        return pa.chunked_array([pa.nulls(len(data), _ARROW[storage])])
    if storage == "text":
        return _number_text(data) if found == "number" else data.cast(pa.string())
    if found == "boolean" and storage == "number":
        return data.cast(pa.int8()).cast(pa.float64())
    if found in _PLURAL:
        raise DataError(f"Column {name!r} holds {_PLURAL[found]}; {_PLURAL[storage]} are expected.")
    return _parse(data.cast(pa.string()), storage, name)


def _parse(text: pa.ChunkedArray, storage: str, name: str) -> pa.ChunkedArray:
    text = pc.utf8_trim_whitespace(text)
    try:
        return text.cast(_ARROW[storage])
    except pa.ArrowInvalid as error:
        row = bisect_left(range(len(text)), True, key=lambda i: not _parses(text.slice(0, i + 1), storage))
        raise DataError(
            f"Column {name!r} holds {text[row].as_py()!r} in {row_list([row])}; "
            f"{_SINGULAR[storage]} is expected."
        ) from error


def _parses(text: pa.ChunkedArray, storage: str) -> bool:
    try:
        text.cast(_ARROW[storage])
    except pa.ArrowInvalid:
        return False
    return True


def _number_text(data: pa.ChunkedArray) -> pa.ChunkedArray:
    """Numbers as people write them: 123, never 123.0, so that a level has one spelling in every file."""
    values = data.combine_chunks().dictionary_encode()
    spelled = pa.array([_spell(value) for value in values.dictionary.to_pylist()], pa.string())
    return pa.chunked_array([spelled.take(values.indices)])


def _spell(value: float) -> str:
    return str(int(value)) if value.is_integer() and abs(value) < 2**63 else repr(value)
