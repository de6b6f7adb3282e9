"""Grid of values of a column, each with a row of the table that has it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pyarrow as pa

from netable.errors import DataError, check_at_least
from netable.explanation.cells import Rows
from netable.model.model import Model
from netable.table.canonical.messages import check_columns
from netable.table.kinds.column import Value

# The quantiles between which the values of numbers and dates lie: outliers would compress all others.
FIRST, LAST = 0.02, 0.98


class Grid(NamedTuple):
    """Values of a column, each with a row of the table that has it.

    Numbers and dates rise; None stands for a missing category or flag.
    """

    name: str
    kind: str
    values: list[Value]
    rows: Rows

    @classmethod
    def of(cls, model: Model, table: pa.Table, name: str, points: int) -> Grid:
        """Quantiles of a number or date, the most frequent levels of a category or flag.

        Raises
        ------
        SchemaError
            If the model does not use the column.
        DataError
            If the table has no value of it.
        """
        check_at_least("points", points, 2, integer=True)
        columns = {column.name: column for column in model.schema.used}
        check_columns([name], columns, "The column to explain,")
        selected = model.schema.select(table, known_extra=table.column_names).column(name)
        if selected.null_count == len(selected):
            raise DataError(f"The column {name!r} has no value in this table; there is nothing to explain.")
        column = columns[name]
        if column.is_continuous:
            rows = _quantile_rows(selected, points)
        else:
            rows = _level_rows(column.folded(selected), points)
        values = [selected[row].as_py() for row in rows]
        return cls(name, column.kind, [None if v is None else column.value(v) for v in values], rows)


def _quantile_rows(data: pa.ChunkedArray, points: int) -> Rows:
    """A row of each distinct value or, if there are more than `points`, of each quantile."""
    values = data.drop_null().to_numpy()
    order = np.argsort(values, kind="stable")
    rising = values[order]
    distinct, first = np.unique(rising, return_index=True)
    if len(distinct) > points:
        levels = np.linspace(FIRST, LAST, points)
        quantiles = rising[np.ceil(levels * len(rising)).astype(np.int64) - 1]
        first = np.searchsorted(rising, np.unique(quantiles))
    return np.flatnonzero(data.is_valid().to_numpy())[order[first]]


def _level_rows(data: pa.ChunkedArray, points: int) -> Rows:
    """The first row of each of the most frequent levels: the levels in order, then missing."""
    encoded = data.combine_chunks().dictionary_encode(null_encoding="encode")
    codes, levels = encoded.indices.to_numpy(), encoded.dictionary.to_pylist()
    distinct, first, counts = np.unique(codes, return_index=True, return_counts=True)
    frequent = np.argsort(-counts, kind="stable")[:points]
    ordered = sorted(frequent, key=lambda i: (levels[distinct[i]] is None, levels[distinct[i]] or 0))
    return np.asarray(first[ordered], dtype=np.int64)
