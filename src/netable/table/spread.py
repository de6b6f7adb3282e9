"""How the values of a column are spread, as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from netable.table.canonical.casts import convert
from netable.table.kinds.column import Column

# More rows hardly change the picture of a column.
ROWS_OF_A_PICTURE, BINS = 20_000, 14
_LEVELS_KEPT = 5


@dataclass(frozen=True)
class Spread:
    """The spread of a column's values.

    Attributes
    ----------
    rows, missing, distinct : int
        Of all rows.
    bars : tuple of int
        The rows in each of `BINS` equal steps between the 1st and the 99th percentile of a continuous column, or of
        each of the most frequent levels. This and the following are of at most `ROWS_OF_A_PICTURE` rows.
    ends : tuple of float
        Where the first bar of a continuous column begins and the last one ends; of dates in days since 1970.
    quantiles : tuple of float or str
        The least value, the median and the greatest; empty if the column is not continuous.
    levels : tuple of (str, share)
        The most frequent levels; empty if it is continuous.
    n_levels : int
    """

    rows: int
    missing: int
    distinct: int
    bars: tuple[int, ...] = ()
    ends: tuple[float, ...] = ()
    quantiles: tuple[float | str, ...] = ()
    levels: tuple[tuple[str, float], ...] = ()
    n_levels: int = 0


def measure_spread(column: Column, data: pa.ChunkedArray) -> Spread:
    """The spread of canonical values."""
    if pa.types.is_dictionary(data.type):
        data = data.cast(pa.string())
    counts = len(data), data.null_count, pc.count_distinct(data, mode="only_valid").as_py()
    few = data.take(evenly(len(data), ROWS_OF_A_PICTURE)).drop_null()
    if not len(few):
        return Spread(*counts)
    if column.is_continuous:
        positions = column.positions(few)
        positions = positions[~np.isnan(positions)]  # texts among numbers
        quantiles = tuple(column.value_at(q) for q in np.quantile(positions, (0, 0.5, 1)).tolist())
        return Spread(*counts, *_bins(positions), quantiles)
    levels = level_counts(convert(few, "text", column.name))
    shares = ((level, count / len(few)) for level, count in levels.items())
    bars = tuple(islice(levels.values(), BINS))
    return Spread(*counts, bars, levels=tuple(islice(shares, _LEVELS_KEPT)), n_levels=len(levels))


def evenly(n_rows: int, most: int) -> Any:
    """The places of at most so many rows, at even steps from the first to the last: integers."""
    return np.linspace(0, n_rows - 1, min(n_rows, most)).astype(np.int64)


def level_counts(text: pa.ChunkedArray) -> dict[str, int]:
    """The number of rows of each level, the most frequent first."""
    counts = {level["values"]: level["counts"] for level in text.value_counts().to_pylist()}
    return dict(sorted(counts.items(), key=lambda level: (-level[1], level[0])))


def _bins(values: Any) -> tuple[tuple[int, ...], tuple[float, ...]]:
    # Scaled by a power of two, which does not change the bars, spans do not overflow.
    power = int(np.frexp(np.abs(values).max())[1]) + 1
    values = np.ldexp(values, -power)
    low, high = np.quantile(values, (0.01, 0.99))
    counts, edges = np.histogram(values, bins=BINS, range=(low, high) if high > low else None)
    if not counts.any():  # two values, both outside the range
        counts, edges = np.histogram(values, bins=BINS)
    return tuple(counts.tolist()), tuple(np.ldexp(edges[[0, -1]], power).tolist())
