"""The five storage types of a canonical column, and the text of a number."""

from __future__ import annotations

from typing import NamedTuple

import pyarrow as pa

from netable.errors import DataTypeError


class Storage(NamedTuple):
    """A storage type: its Arrow type, and the words for it in an error."""

    arrow: pa.DataType
    expected: str
    plural: str


STORAGES = {
    "number": Storage(pa.float64(), "a number", "numbers"),
    "boolean": Storage(pa.bool_(), "true or false", "true and false"),
    "timestamp": Storage(pa.timestamp("us"), "a date such as 2011-02-01", "dates"),
    "text": Storage(pa.string(), "a text", "texts"),
    "category": Storage(pa.dictionary(pa.int32(), pa.string()), "a text", "texts"),
}
_NAMES = {storage.arrow: name for name, storage in STORAGES.items()}


def storage_of(data: pa.ChunkedArray, name: str) -> str:
    """The storage of a canonical column, a key of `STORAGES`.

    Raises
    ------
    DataTypeError
        If the Arrow type is not one of the five.
    """
    storage = _NAMES.get(data.type)
    if storage is None:
        raise DataTypeError(f"Column {name!r} is of type {data.type}; pass the table through read first.")
    return storage


def number_text(number: float) -> str:
    """The shortest text of a number: 123 and 0.1, never 123.0.

    Whole numbers beyond 64 bits are written with an exponent.

    >>> number_text(123.0), number_text(0.1), number_text(1e300)
    ('123', '0.1', '1e+300')
    """
    return str(int(number)) if number.is_integer() and abs(number) < 2**63 else repr(number)


def number_texts(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """The `number_text` of each number in a column."""
    distinct = column.combine_chunks().dictionary_encode()
    texts = pa.array([number_text(number) for number in distinct.dictionary.to_pylist()], pa.string())
    return pa.chunked_array([texts.take(distinct.indices)])
