"""Exchange of columns among encoded rows; all encoded values of a table column move together."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from netable.errors import check_at_least
from netable.table.encode import Encoded

Rows = NDArray[np.int64]
Span = tuple[slice, slice]


def put(encoded: Encoded, span: Span, source: Encoded, rows: Rows) -> None:
    """Overwrite a column with the cells of `source` in `rows`."""
    for into, cells, part in zip(encoded[:2], source[:2], span, strict=True):
        into[:, part] = cells[rows, part]


def concat(parts: Iterable[Encoded]) -> Encoded:
    """Encoded rows one after the other."""
    parts = list(parts)
    return Encoded(np.concatenate([p.numbers for p in parts]), np.concatenate([p.codes for p in parts]))


def sample_rows(n_rows: int, max_rows: int, seed: int, among: Rows | None = None) -> Rows:
    """The sorted positions of at most `max_rows` rows, drawn without replacement.

    Raises
    ------
    ConfigError
        If `max_rows` is not an integer of at least 1, or the seed not one of at least 0.
    """
    check_at_least("max_rows", max_rows, 1, integer=True)
    check_at_least("seed", seed, 0, integer=True)
    rows = np.arange(n_rows) if among is None else among
    if len(rows) <= max_rows:
        return rows
    return np.sort(np.random.default_rng(seed).choice(rows, max_rows, replace=False))
