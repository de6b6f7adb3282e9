"""Tables that come as batches of Arrow: those of lakes, and results of queries."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager
from typing import NamedTuple, Protocol

import pyarrow as pa

from netable.system.notes import Notes
from netable.table.reading.base.columns import chosen, with_unread
from netable.table.reading.base.pieces import in_pieces


class OpenTable(NamedTuple):
    """A table that is open for reading.

    Attributes
    ----------
    names : list of str
        Its columns.
    batches : callable
        The rows of columns of some names.
    read : callable, optional
        The same as a table, where that is faster.
    """

    names: list[str]
    batches: Callable[[list[str]], pa.RecordBatchReader]
    read: Callable[[list[str]], pa.Table] | None = None


class BatchedTable(Protocol):
    """A place of a table that comes as batches."""

    def open(self, notes: Notes) -> AbstractContextManager[OpenTable]:
        """The table, open in the block, which turns errors of reading into those of a user."""
        ...


def read_batches(
    place: BatchedTable, notes: Notes, columns: Collection[str] | None, used: Collection[str] | None
) -> pa.Table:
    """All rows; arguments as of `netable.table.reading.read.read`."""
    with place.open(notes) as table:
        names = _wanted(table.names, columns, used)
        rows = table.read(names) if table.read else table.batches(names).read_all()
    return _all_columns(rows, table.names, columns)


def batch_pieces(
    place: BatchedTable, notes: Notes, columns: Collection[str] | None, used: Collection[str] | None
) -> Iterator[pa.Table]:
    """As `read_batches`, in pieces of bounded size, of which there is one at least."""
    with place.open(notes) as table:
        for piece in in_pieces(table.batches(_wanted(table.names, columns, used))):
            yield _all_columns(piece, table.names, columns)


def of_columns(batches: pa.RecordBatchReader, names: list[str]) -> pa.RecordBatchReader:
    """The batches with columns of some names alone."""
    if names == batches.schema.names:
        return batches
    schema = pa.schema([batches.schema.field(name) for name in names])
    return pa.RecordBatchReader.from_batches(schema, (batch.select(names) for batch in batches))


def _wanted(names: list[str], columns: Collection[str] | None, used: Collection[str] | None) -> list[str]:
    """The columns to read; all if several have the same name, which is an error later."""
    return chosen(names, columns, used) if len(set(names)) == len(names) else names


def _all_columns(rows: pa.Table, names: list[str], columns: Collection[str] | None) -> pa.Table:
    return rows if columns is not None or rows.column_names == names else with_unread(rows, names)
