"""Lossless conversion between storage types, the same in training and prediction."""

from __future__ import annotations

from bisect import bisect_left

import pyarrow as pa
import pyarrow.compute as pc

from netable.errors import DataError
from netable.table.canonical.messages import row_list
from netable.table.canonical.storage import STORAGES, number_texts, storage_of


def convert(data: pa.ChunkedArray, storage: str, name: str) -> pa.ChunkedArray:
    """Convert a canonical column to numbers, texts or timestamps.

    Raises
    ------
    DataError
        If a value does not fit `storage`; the error names its row.
    """
    current = storage_of(data, name)
    if current == storage:
        return data
    wanted = STORAGES[storage]
    if data.null_count == len(data):
        return pa.chunked_array([pa.nulls(len(data), wanted.arrow)])
    if storage == "text":
        return number_texts(data) if current == "number" else data.cast(pa.string())
    if current == "boolean" and storage == "number":
        return data.cast(pa.int8()).cast(pa.float64())
    if current not in ("text", "category"):
        raise DataError(f"Column {name!r} holds {STORAGES[current].plural}; {wanted.plural} are expected.")
    return _parse(data.cast(pa.string()), storage, name)


def _parse(text: pa.ChunkedArray, storage: str, name: str) -> pa.ChunkedArray:
    text = pc.utf8_trim_whitespace(text)
    wanted = STORAGES[storage]
    try:
        return text.cast(wanted.arrow)
    except pa.ArrowInvalid as error:
        row = bisect_left(
            range(len(text)), True, key=lambda i: not _parses(text.slice(0, i + 1), wanted.arrow)
        )
        raise DataError(
            f"Column {name!r} holds {text[row].as_py()!r} in {row_list([row])}; {wanted.expected} is expected."
        ) from error


def _parses(text: pa.ChunkedArray, arrow: pa.DataType) -> bool:
    try:
        text.cast(arrow)
    except pa.ArrowInvalid:
        return False
    return True
