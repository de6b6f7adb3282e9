"""Pairs of columns that carry almost the same information."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from netable.model.model import Model

SAME = 0.9
# Rows, evenly spaced, are enough for a coefficient of this size; fewer show little.
MOST_ROWS, FEWEST_ROWS = 10_000, 20
# With more columns, ranks would take longer than the rest of a report.
MOST_COLUMNS = 300


class Pair(NamedTuple):
    """Two columns, and the correlation of their ranks."""

    one: str
    other: str
    correlation: float


def redundant_columns(model: Model, table: pa.Table, at_least: float = SAME) -> list[Pair]:
    """Pairs of numbers, flags and dates with a rank correlation of at least this size, the closest first.

    Missing cells count as the middle rank; the correlation is Spearman's. Of a date, its place in time is taken. Of
    tables with more than 300 such columns, none are compared.

    Parameters
    ----------
    table : pyarrow.Table
        Canonical, with the columns of the model.
    at_least : float
        From 0 to 1.
    """
    spans = {column.name: model.encoder.spans[column.name][0] for column in model.schema.used}
    places = {name: span.start for name, span in spans.items() if span.stop > span.start}
    if len(places) > MOST_COLUMNS or table.num_rows < FEWEST_ROWS:
        return []
    step = -(-table.num_rows // MOST_ROWS)
    numbers = model.encode(table).numbers[::step, list(places.values())].astype(np.float64)
    missing = np.isnan(numbers)
    ranks = np.stack([_ranks(column) for column in numbers.T], axis=1)
    ranks[missing] = 0.0
    spread = np.sqrt(np.square(ranks).sum(0))
    correlation = ranks.T @ ranks / np.maximum(np.outer(spread, spread), np.finfo(np.float64).tiny)
    names = list(places)
    pairs = [
        Pair(names[i], names[j], float(correlation[i, j]))
        for i, j in np.argwhere(np.triu(np.abs(correlation) >= at_least, 1))
    ]
    return sorted(pairs, key=lambda pair: -abs(pair.correlation))


def _ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Ranks about their middle; equal values share the mean of theirs, and NaN comes last."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    ranks = np.cumsum(counts) - (counts - 1) / 2
    middle = (np.isfinite(values).sum() + 1) / 2
    shared: NDArray[np.float64] = ranks[place] - middle
    return shared
