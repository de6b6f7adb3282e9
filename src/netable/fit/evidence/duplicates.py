"""Evidence of equal rows: their number, on both sides of a fold, and by chance."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from netable.fit.preparation.prepare import Prepared
from netable.model.row_sketch import cells_of, hash_cells, hash_rows

# Columns to leave out, one at a time.
LEFT_OUT = 8
Hashes = NDArray[np.uint64]


class Duplicates(NamedTuple):
    """Equal rows.

    Attributes
    ----------
    distinct : rows of the table without an earlier row of equal columns, whatever the target
    judged, twins, pairs, by_chance, near : see `netable.doctor.rows.Rows`
    """

    distinct: NDArray[np.int64]
    judged: int
    twins: int = 0
    pairs: float = 0.0
    by_chance: float = 0.0
    near: float = 0.0


def find_duplicates(prepared: Prepared, rng: np.random.Generator) -> Duplicates:
    """Compare all rows; cheap if none are equal."""
    hashes = hash_rows(prepared.rows.encoded)
    n = prepared.n_rows
    distinct = np.sort(np.unique(hashes[:n], return_index=True)[1])
    judged = sum(len(held.rows) for held in prepared.plan.held_out)
    if len(distinct) == n and not np.isin(hashes[n:], hashes[:n]).any():
        return Duplicates(distinct, judged)
    y = np.ascontiguousarray(prepared.rows.y.reshape(len(hashes), -1), dtype=np.float64) + 0.0
    cells = np.concatenate([cells_of(prepared.rows.encoded), y.view(np.uint64)], 1)
    hashes = hash_cells(cells)
    twins = sum(
        int(np.isin(hashes[held.rows], hashes[prepared.plan.train_rows[held.member]]).sum())
        for held in prepared.plan.held_out
    )
    if not twins:
        return Duplicates(distinct, judged)
    return Duplicates(distinct, judged, twins, _pairs(hashes), _by_chance(cells), _near(cells, rng))


def _pairs(values: Hashes) -> float:
    """Pairs of equals."""
    counts = np.unique(values, return_counts=True)[1].astype(np.float64)
    return float((counts * (counts - 1)).sum() / 2)


def _by_chance(cells: Hashes) -> float:
    """Expected pairs of equal rows if columns were independent."""
    every = len(cells) * (len(cells) - 1) / 2
    return float(every * np.prod([_pairs(column) / every for column in cells.T]))


def _near(cells: Hashes, rng: np.random.Generator) -> float:
    """Pairs that differ in one cell, estimated from the first of the columns in random order."""
    n_columns = cells.shape[1]
    left_out = rng.permutation(n_columns)[:LEFT_OUT]
    equal = _pairs(hash_cells(cells))
    near = sum(_pairs(hash_cells(np.delete(cells, column, axis=1))) - equal for column in left_out)
    return float(near * n_columns / len(left_out))
