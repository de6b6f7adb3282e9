"""Columns of plain numbers, parsed together, because each call of Arrow costs as much as hundreds of cells."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from typing import TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from netable.config.reading import ReadOptions
from netable.table.canonical.cells import is_number
from netable.table.canonical.values import EXPONENT, INFINITY

Key = TypeVar("Key", bound=Hashable)

# In longer tables, parsing each distinct text once is faster.
MOST_ROWS = 10_000
_CELLS_TOGETHER = 2_000_000
_BYTES_TOGETHER = 1 << 28
# Without codes such as 007 and numbers that lose digits, about which there are notes.
_PLAIN = rf"^(?:[+-]?(?:(?:0|[1-9][0-9]{{0,14}})(?:\.[0-9]*)?|\.[0-9]+){EXPONENT}|{INFINITY})$"
# These may be dates of eight digits.
_COMPACT = (19_000_101, 20_991_231)


def plain_numbers(columns: Mapping[str, pa.ChunkedArray], options: ReadOptions) -> dict[str, pa.ChunkedArray]:
    """The columns of texts that are plain numbers or empty, as numbers: equal to those parsed by themselves."""
    if options.decimal or any(map(is_number, options.missing)):
        return {}
    found: dict[str, pa.ChunkedArray] = {}
    for kind in (pa.string(), pa.large_string()):
        short = {n: c for n, c in columns.items() if c.type == kind and 0 < len(c) <= MOST_ROWS}
        for names, texts in joined(short):
            found |= _plain_of(names, texts)
    return found


def _plain_of(names: list[str], texts: pa.Array) -> dict[str, pa.ChunkedArray]:
    shape, n_rows = (len(names), -1), len(texts) // len(names)
    is_empty = pc.equal(pc.fill_null(pc.binary_length(texts), 0), 0)
    fits = pc.or_(is_empty, pc.fill_null(pc.match_substring_regex(texts, _PLAIN), False))
    are_plain = fits.to_numpy(zero_copy_only=False).reshape(shape).all(axis=1)
    is_chosen = pa.array(np.repeat(are_plain, n_rows))
    numbers = pc.if_else(pc.and_not(is_chosen, is_empty), texts, None).cast(pa.float64())
    are_plain &= ~_may_be_compact(numbers.to_numpy(zero_copy_only=False).reshape(shape))
    return {
        names[place]: pa.chunked_array([numbers.slice(place * n_rows, n_rows)])
        for place in np.flatnonzero(are_plain)
    }


def _may_be_compact(values: np.ndarray) -> np.ndarray:
    within = (values >= _COMPACT[0]) & (values <= _COMPACT[1])
    outside: np.ndarray = (~within & ~np.isnan(values)).any(axis=1)
    return ~outside & within.any(axis=1)


def joined(columns: Mapping[Key, pa.ChunkedArray]) -> Iterator[tuple[list[Key], pa.Array]]:
    """Columns of texts of the same type and length, many at a time: their keys, and all of their texts in one array."""
    keys: list[Key] = []
    cells = size = 0
    for number, (key, column) in enumerate(columns.items(), 1):
        keys.append(key)
        cells, size = cells + len(column), size + column.nbytes
        if cells > _CELLS_TOGETHER or size > _BYTES_TOGETHER or number == len(columns):
            whole = pa.chunked_array([c for key in keys for c in columns[key].chunks], columns[keys[0]].type)
            yield keys, whole.combine_chunks().cast(pa.large_string())
            keys, cells, size = [], 0, 0
