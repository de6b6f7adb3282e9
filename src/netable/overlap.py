"""Whether rows were seen before, from a small sketch of them instead of the rows."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from netable.table.encode import Encoded

# Enough to tell a share of a twentieth from none, in four kilobytes of a model file.
SKETCH_SIZE = 512
# Rows that are hashed at once: they stay in a core's cache.
BLOCK_ROWS = 1 << 14


@dataclass(frozen=True)
class RowSketch:
    """The smallest hashes of the distinct rows of a table (Cohen & Kaplan 2007, bottom-k sketches).

    Rows whose hash is at most the largest one kept are a random sample of any table; the share of them whose hash is
    kept estimates the share of rows that are in the sketched table.
    """

    hashes: NDArray[np.uint64] = field(default_factory=lambda: np.empty(0, np.uint64))

    @classmethod
    def of(cls, encoded: Encoded) -> RowSketch:
        """The sketch of encoded rows."""
        return cls(np.unique(_hash_rows(encoded))[:SKETCH_SIZE])

    def union(self, other: RowSketch) -> RowSketch:
        """The sketch of two tables together."""
        return RowSketch(np.union1d(self.hashes, other.hashes)[:SKETCH_SIZE])

    def share_seen(self, encoded: Encoded) -> float:
        """About which share of these rows is in the sketched table."""
        if not len(self.hashes) or not len(encoded.codes):
            return 0.0
        hashes = _hash_rows(encoded)
        complete = len(self.hashes) < SKETCH_SIZE
        sample = hashes if complete else hashes[hashes <= self.hashes[-1]]
        return float(np.isin(sample, self.hashes).mean()) if len(sample) else 0.0


def _hash_rows(encoded: Encoded) -> NDArray[np.uint64]:
    hashes = np.zeros(len(encoded.codes), np.uint64)
    for start in range(0, len(hashes), BLOCK_ROWS):
        block = slice(start, start + BLOCK_ROWS)
        # Of the two zeros the positive one, and of the many NaNs one.
        numbers = encoded.numbers[block].astype(np.float64, order="F") + 0.0
        numbers[np.isnan(numbers)] = np.nan
        codes = encoded.codes[block].astype(np.uint64, order="F")
        for column in (*numbers.view(np.uint64).T, *codes.T):
            hashes[block] = _mix(hashes[block] ^ column)
    return hashes


def _mix(x: NDArray[np.uint64]) -> NDArray[np.uint64]:
    # The finalizer of splitmix64 (Steele, Lea & Flood 2014): every bit in reaches every bit out.
    x = x + np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))
