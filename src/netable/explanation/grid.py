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

__all__ = ["Grid", "Value"]

# The quantiles between which the values of numbers and dates lie: outliers would compress all others.
FIRST, LAST = 0.02, 0.98


class Grid(NamedTuple):
    """Values of a column.

    Attributes
    ----------
    name, kind : str
    values : list
        Numbers (rising), texts of a category, the two values of a flag, or dates; None stands for missing, with
        categories and flags only.
    rows : (points,)
        A row of the table that has the value.
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
    present = np.flatnonzero(data.is_valid().to_numpy())
    values = data.drop_null().to_numpy()
    order = present[np.argsort(values, kind="stable")]
    distinct, first = np.unique(np.sort(values), return_index=True)
    if len(distinct) <= points:
        return np.asarray(order[first], dtype=np.int64)
    levels = np.linspace(FIRST, LAST, points)
    places = np.unique(np.sort(values)[np.ceil(levels * len(values)).astype(np.int64) - 1], return_index=True)
    return np.asarray(order[np.searchsorted(np.sort(values), places[0])], dtype=np.int64)


def _level_rows(data: pa.ChunkedArray, points: int) -> Rows:
    """The first row of each of the most frequent levels: the levels in order, then missing."""
    encoded = data.combine_chunks().dictionary_encode(null_encoding="encode")
    codes, levels = encoded.indices.to_numpy(), encoded.dictionary.to_pylist()
    distinct, first, counts = np.unique(codes, return_index=True, return_counts=True)
    frequent = np.argsort(-counts, kind="stable")[:points]
    ordered = sorted(frequent, key=lambda i: (levels[distinct[i]] is None, levels[distinct[i]] or 0))
    return np.asarray(first[ordered], dtype=np.int64)
