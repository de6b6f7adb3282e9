"""Columns to read of a source that can leave some unread."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import pyarrow as pa


def chosen(names: Sequence[str], columns: Collection[str] | None, used: Collection[str] | None) -> list[str]:
    """The names among those of a source that are to be read; see `netable.table.reading.read.read`."""
    asked = used if columns is None else columns
    return [name for name in names if asked is None or name.strip() in asked]


def with_unread(table: pa.Table, names: Sequence[str]) -> pa.Table:
    """The table with all columns of its source, in their order; those that were not read are missing in every row.

    So an error about a column that the source lacks can name the nearest one that it has.
    """
    read = set(table.column_names)
    unread = pa.nulls(table.num_rows)
    return pa.table({name: table.column(name) if name in read else unread for name in names})
