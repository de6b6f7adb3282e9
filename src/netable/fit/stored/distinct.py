"""The distinct values of columns that are read in pieces."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from netable.table.canonical.arrow import is_text_type


class DistinctValues:
    """The distinct values of a column that is read in pieces, if there are not more than `most`."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._found: dict[pa.DataType, list[pa.Array]] = {}  # files may have other types
        self._n_once = self._n_all = 0

    def add(self, column: pa.ChunkedArray) -> None:
        """The next piece."""
        if self.are_too_many:
            return
        for chunk in column.chunks:
            values = _each_once(chunk)
            self._found.setdefault(values.type, []).append(values)
            self._n_all += len(values)
        if self._n_all > 2 * self._n_once:
            self._found = {values.type: [values] for values in self.values()}
            self._n_once = self._n_all = sum(len(values) for (values,) in self._found.values())

    def values(self) -> list[pa.Array]:
        """All of them, each once, an array for each type."""
        return [pc.unique(pa.chunked_array(arrays)) for arrays in self._found.values()]

    @property
    def are_too_many(self) -> bool:
        """True if there are more."""
        return self._n_once > self._most


def _each_once(values: pa.Array) -> pa.Array:
    try:
        distinct = pc.unique(values)
    except pa.ArrowNotImplementedError:  # lists, which no category can be read from
        return values.slice(0, 0)
    if pa.types.is_dictionary(distinct.type):
        distinct = distinct.dictionary.take(distinct.indices)
    return distinct.cast(pa.large_string()) if is_text_type(distinct.type) else distinct
