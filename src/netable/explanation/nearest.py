"""The rows of a table that are nearest to a row."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from netable.explanation.cells import sample_rows
from netable.model.model import Model
from netable.table.encode import Encoded

Floats = NDArray[np.float64]
# Rows of the table to look at; of a larger one a sample.
LOOKED_AT = 100_000
# The part of a number's values that is its scale, so that a few far ones do not make all others equal.
_SCALE = (0.05, 0.95)


def nearest_rows(
    model: Model, row: pa.Table, table: pa.Table, count: int = 5, *, seed: int = 0
) -> tuple[NDArray[np.int64], Floats]:
    """The positions of the rows of a table that are nearest to a row, the nearest first, and their distances.

    The distance is Gower's (1971): the mean over the columns that the model uses of how far two cells are apart, from 0
    to 1. For numbers and dates that is the difference over the range of the middle 90% of the table's values, for
    categories and flags 1 if they differ, for texts the share of the pieces that only one of them has. A cell that is
    missing in one of the rows alone is 1 apart.

    Parameters
    ----------
    row : pyarrow.Table
        Canonical, of one row.
    table : pyarrow.Table
        Canonical; a sample of it is looked at if it is large.

    Raises
    ------
    UserError
        If a table lacks a column that the model needs.
    """
    chosen = sample_rows(table.num_rows, LOOKED_AT, seed)
    one, others = model.encode(row, warns=False), model.encode(table.take(chosen), warns=False)
    apart = np.mean([*_apart(model, one, others)], axis=0)
    order = np.argsort(apart, kind="stable")[:count]
    return chosen[order], apart[order]


def _apart(model: Model, one: Encoded, others: Encoded) -> Iterator[Floats]:
    """How far each row is apart in each column: (rows,)."""
    for numbers, codes in model.encoder.spans.values():
        parts = [_of_numbers(float(one.numbers[0, i]), others.numbers[:, i]) for i in _places(numbers)]
        if codes.stop > codes.start:
            parts.append(_of_codes(one.codes[0, codes], others.codes[:, codes]))
        yield np.mean(parts, axis=0)


def _places(span: slice) -> range:
    return range(span.start, span.stop)


def _of_numbers(one: float, others: NDArray[np.floating]) -> Floats:
    known = ~np.isnan(others)
    apart = known.astype(np.float64) if np.isnan(one) else np.ones(len(others))
    if known.any() and not np.isnan(one):
        low, high = np.quantile(others[known].astype(np.float64), _SCALE)
        scale = (high - low) or 1.0
        apart[known] = np.minimum(np.abs(others[known] - one) / scale, 1.0)
    return apart


def _of_codes(one: NDArray[np.integer], others: NDArray[np.integer]) -> Floats:
    """1 where levels differ; of texts the share of their pieces that one of them alone has."""
    if len(one) == 1:
        differs: Floats = (others[:, 0] != one[0]).astype(np.float64)
        return differs
    mine = one[one > 0]
    shared = (np.isin(others, mine) & (others > 0)).sum(1)
    every = len(mine) + (others > 0).sum(1) - shared
    apart: Floats = np.where(every > 0, 1 - shared / np.maximum(every, 1), 0.0)
    return apart
