"""A random sample of a table's rows, taken while the table is read in pieces."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from netable.system.hashing import mix

Ints = NDArray[np.int64]


class RowSample(NamedTuple):
    """Some rows of a table.

    Attributes
    ----------
    tables : list of pyarrow.Table
        The rows, in their order, in pieces as they were read.
    numbers : (rows in the sample,), rising
        Their numbers in the table, from 0.
    n_rows : int
        The rows of the table.
    """

    tables: list[pa.Table]
    numbers: Ints
    n_rows: int


class RowSampler:
    """Keeps the rows of which the hash of the number is smallest (a bottom-k sample).

    Which rows these are depends on the seed and on how many there are, not on the pieces in which they come. A table of
    at most `most` rows is its own sample.
    """

    def __init__(self, most: int, seed: int) -> None:
        self._most = most
        self._salt = mix(np.array([seed], np.uint64))
        self._limit = np.uint64(2**64 - 1)
        self._tables: list[pa.Table] = []
        self._numbers: list[Ints] = []
        self._n_rows = self._n_kept = 0

    def add(self, table: pa.Table) -> None:
        """The next piece."""
        numbers = np.arange(self._n_rows, self._n_rows + table.num_rows)
        self._n_rows += table.num_rows
        kept = np.flatnonzero(self._keys(numbers) <= self._limit)
        self._tables.append(table.take(kept))
        self._numbers.append(numbers[kept])
        self._n_kept += len(kept)
        if self._n_kept > 2 * self._most:
            self._thin_out()

    def sample(self) -> RowSample:
        """The sample of all pieces so far."""
        if self._n_kept > self._most:
            self._thin_out()
        return RowSample(self._tables, np.concatenate([np.empty(0, np.int64), *self._numbers]), self._n_rows)

    def _keys(self, numbers: Ints) -> NDArray[np.uint64]:
        return mix(numbers.astype(np.uint64) ^ self._salt)

    def _thin_out(self) -> None:
        keys = [self._keys(numbers) for numbers in self._numbers]
        self._limit = np.partition(np.concatenate(keys), self._most - 1)[self._most - 1]
        kept = [np.flatnonzero(of_piece <= self._limit) for of_piece in keys]
        self._tables = [table.take(rows) for table, rows in zip(self._tables, kept, strict=True)]
        self._numbers = [numbers[rows] for numbers, rows in zip(self._numbers, kept, strict=True)]
        self._n_kept = sum(map(len, kept))
