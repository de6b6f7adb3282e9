"""A small sketch of a table's rows, to estimate how many rows of another table are among them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from netable.errors import warn
from netable.system.brief import brief
from netable.system.hashing import mix
from netable.table.encode import Encoded

# Enough to detect a share of a twentieth, in four kilobytes of a model file.
SKETCH_SIZE = 512
# Hashes that are sorted first: so many have enough distinct ones unless most rows occur several times.
_SORTED = 4 * SKETCH_SIZE
# Share of rows seen before from which metrics are too optimistic.
NOTABLE_SHARE = 0.05
# Rows hashed at once: they stay in a core's cache.
BLOCK_ROWS = 1 << 14


@dataclass(frozen=True)
class RowSketch:
    """The smallest hashes of the distinct rows of a table (Cohen & Kaplan 2007, bottom-k sketches).

    Rows of another table whose hash is at most the largest of these are a random sample of it; the share of the sample
    whose hashes are here estimates the share of its rows that are in the sketched table.
    """

    hashes: NDArray[np.uint64] = field(default_factory=lambda: np.empty(0, np.uint64))

    __repr__ = brief

    @classmethod
    def of(cls, encoded: Encoded) -> RowSketch:
        """The sketch of encoded rows."""
        hashes = hash_rows(encoded)
        if len(hashes) > _SORTED:  # most of those that are left out need no place in an order
            smallest = np.unique(np.partition(hashes, _SORTED)[:_SORTED])
            if len(smallest) >= SKETCH_SIZE:
                return cls(smallest[:SKETCH_SIZE])
        return cls(np.unique(hashes)[:SKETCH_SIZE])

    def union(self, other: RowSketch) -> RowSketch:
        """The sketch of two tables together."""
        return RowSketch(np.union1d(self.hashes, other.hashes)[:SKETCH_SIZE])

    def share_seen(self, encoded: Encoded) -> float:
        """The estimated share of these rows that is in the sketched table."""
        return self.share_among(hash_rows(encoded)) if len(self.hashes) else 0.0

    def share_among(self, hashes: NDArray[np.uint64]) -> float:
        """The estimated share of these hashes that is in the sketched table."""
        if not len(self.hashes):
            return 0.0
        complete = len(self.hashes) < SKETCH_SIZE
        sample = hashes if complete else hashes[hashes <= self.hashes[-1]]
        return float(np.isin(sample, self.hashes).mean()) if len(sample) else 0.0


def warn_of_seen(hashes: NDArray[np.uint64], learned: RowSketch, judged: RowSketch) -> float:
    """The estimated share of training rows; warns if it is large, or if many rows are of the validation table.

    Parameters
    ----------
    hashes : (rows,)
        As `hash_rows` gives them.
    """
    seen = learned.share_among(hashes)
    if seen > NOTABLE_SHARE:
        warn(
            f"About {seen:.0%} of these rows equal rows that the model learned from; "
            "if they are the same ones, the metrics are too optimistic."
        )
    chosen_by = judged.share_among(hashes)
    if chosen_by > NOTABLE_SHARE and chosen_by > seen:
        warn(
            f"About {chosen_by:.0%} of these rows equal rows of the validation table, by which the best epoch was "
            "chosen; if they are the same ones, the metrics are slightly too optimistic."
        )
    return seen


def cells_of(encoded: Encoded) -> NDArray[np.uint64]:
    """The bits of every cell, such that equal cells have equal bits: (rows, d_num + d_cat)."""
    d_num = encoded.numbers.shape[1]
    cells = np.empty((d_num + encoded.codes.shape[1], len(encoded.codes)), np.uint64)
    numbers = cells[:d_num].view(np.float64)
    # One bit pattern for both zeros, and one for all NaNs.
    np.add(encoded.numbers.T, 0.0, out=numbers)
    numbers[np.isnan(numbers)] = np.nan
    cells[d_num:] = encoded.codes.T
    return cells.T


def hash_rows(encoded: Encoded) -> NDArray[np.uint64]:
    """A hash of each row: (rows,)."""
    blocks = (slice(start, start + BLOCK_ROWS) for start in range(0, len(encoded.codes), BLOCK_ROWS))
    parts = [hash_cells(cells_of(encoded.take(b))) for b in blocks]
    return np.concatenate([np.empty(0, np.uint64), *parts])


def hash_cells(cells: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """A hash of each row of cells: (rows,)."""
    hashes = np.zeros(len(cells), np.uint64)
    for column in cells.T:
        hashes = mix(hashes ^ column)
    return hashes
