"""The levels of categories, of which a table that is read in pieces may have very many."""

from __future__ import annotations

import json

import pyarrow as pa
import pyarrow.compute as pc

from netable.compute.executor import Executor
from netable.errors import warn
from netable.table.canonical.arrow import is_text_type

# Levels of a category at most; further ones, of a column that has more, count as never seen.
MOST_LEVELS = 1 << 20


class DistinctValues:
    """The distinct values of a column that is read in pieces, if there are not too many."""

    def __init__(self) -> None:
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
        """True if there are more than levels of a category."""
        return self._n_once > MOST_LEVELS


def _each_once(values: pa.Array) -> pa.Array:
    try:
        distinct = pc.unique(values)
    except pa.ArrowNotImplementedError:  # lists, which no category can be read from
        return values.slice(0, 0)
    if pa.types.is_dictionary(distinct.type):
        distinct = distinct.dictionary.take(distinct.indices)
    return distinct.cast(pa.large_string()) if is_text_type(distinct.type) else distinct


def levels_of_all(levels: dict[str, set[str] | None], executor: Executor) -> dict[str, set[str] | None]:
    """The levels that all processes have found; None of a column that has too many."""
    if executor.size == 1:
        given = [levels]
    else:
        mine = {name: None if found is None else list(found) for name, found in levels.items()}
        given = [json.loads(content) for content in executor.exchange(json.dumps(mine).encode())]
    for name in levels:
        parts = [of_process[name] for of_process in given]
        whole = set[str]().union(*(part for part in parts if part is not None))
        levels[name] = None if None in parts or len(whole) > MOST_LEVELS else whole
        if levels[name] is None:
            warn(
                f"{name!r} has over {MOST_LEVELS:,} levels; those that the sample lacks count as never seen."
            )
    return levels
