"""A path, a query or a frame in, a canonical Arrow table out."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from netable.config.reading import ReadOptions
from netable.errors import DataError
from netable.system.notes import Notes
from netable.table.canonical.arrow import is_text
from netable.table.canonical.table import canonical_table, tidy_names
from netable.table.reading.engine import connect, require_one_reading_select
from netable.table.reading.frames import is_sparse, read_array, read_frame
from netable.table.reading.sources import read_paths

__all__ = ["ReadOptions", "from_array", "read", "read_sql"]

DEFAULTS = ReadOptions()
_TEXT_FILE = re.compile(r"read_(csv|json|text)|\.(csv|tsv|txt|tab|json|jsonl|ndjson)(\.gz)?\b", re.IGNORECASE)


def read(
    source: Any,
    *,
    options: ReadOptions = DEFAULTS,
    storage: Mapping[str, str] | None = None,
    columns: Collection[str] | None = None,
) -> pa.Table:
    """Read a table, whatever it is stored in, so that equal values make equal tables.

    Parameters
    ----------
    source : path or list of paths, frame or array
        A CSV or other delimited file, also gzipped; JSON lines; Parquet; a folder or a pattern of such files;
        a frame of pandas, polars, Arrow or DuckDB; a NumPy or SciPy sparse array.
    options : ReadOptions
        What is known about a file better than can be found out.
    storage : mapping of column name to storage, optional
        Columns that are to be number, boolean, timestamp, text or category, whatever they hold.
    columns : collection of str, optional
        The only columns to read, as far as they are there.

    Returns
    -------
    pyarrow.Table
        Columns of float64, bool, timestamp[us], string, or dictionary of strings; missing values are null.

    Raises
    ------
    FileError
        If a file is missing, damaged, or not the table that it seems to be.
    DataError, DataTypeError, SchemaError
        If values or names cannot be used as they are.

    Warns
    -----
    DataWarning
        About what was handled, and should be known.
    """
    table, notes = _raw(source, options, columns)
    # There may be nothing to predict, but not nothing to learn from.
    if _are_paths(source) and not table.num_rows and storage is None:
        raise DataError(f"{notes.source}: 0 rows; there is a header, and no row that fits it.")
    table = canonical_table(table, notes=notes, options=options, storage=storage, columns=columns)
    notes.warn()
    return table


def read_sql(
    query: str, *, options: ReadOptions = DEFAULTS, storage: Mapping[str, str] | None = None
) -> pa.Table:
    """Read the result of one SELECT, such as `SELECT * FROM 'houses.parquet' WHERE year > 2000`.

    DuckDB reads the files; of the options, those about values count.

    Raises
    ------
    DataError
        If the query is not exactly one SELECT that only reads, or DuckDB cannot run it.
    """
    table, notes = _queried(query)
    table = canonical_table(table, notes=notes, options=options, storage=storage)
    notes.warn()
    return table


def read_beside(
    source: Any,
    names: Collection[str],
    *,
    is_query: bool = False,
    options: ReadOptions = DEFAULTS,
    storage: Mapping[str, str] | None = None,
) -> tuple[pa.Table, pa.Table]:
    """A table as `read` or `read_sql` give it, and beside it some of its columns with their cells as they are.

    In these a cell that spells "missing" keeps its text.
    """
    table, notes = _queried(source) if is_query else _raw(source, options, None)
    canonical = canonical_table(table, notes=notes, options=options, storage=storage)
    notes.warn()
    known = tidy_names(table.column_names, Notes(notes.source))
    return canonical, pa.table(
        {name: _as_it_is(table.column(known.index(name))) for name in names if name in known}
    )


def _as_it_is(column: pa.ChunkedArray) -> pa.ChunkedArray:
    holds_text = is_text(column.type) or pa.types.is_dictionary(column.type)
    return column.cast(pa.string()) if holds_text else column


def _are_paths(source: Any) -> bool:
    parts = source if isinstance(source, list | tuple) else [source]
    return all(isinstance(path, str | os.PathLike) for path in parts)


def _raw(source: Any, options: ReadOptions, columns: Collection[str] | None) -> tuple[pa.Table, Notes]:
    if _are_paths(source):
        paths = [os.fspath(path) for path in (source if isinstance(source, list | tuple) else [source])]
        notes = Notes(", ".join(paths[:3]))
        return read_paths(paths, options, notes, columns), notes
    notes = Notes("the table")
    is_array = isinstance(source, np.ndarray) or is_sparse(source)
    return read_array(source) if is_array else read_frame(source, notes.source, columns), notes


def _queried(query: str) -> tuple[pa.Table, Notes]:
    with connect() as connection:
        try:
            require_one_reading_select(connection, query)
            table = connection.sql(query).to_arrow_table()
        except duckdb.Error as error:
            raise DataError(f"the query cannot be run: {str(error).splitlines()[0]}") from error
    notes = Notes("the query")
    if _TEXT_FILE.search(query):
        notes.add(
            "text files in it are read by DuckDB's own rules, not by ours, and may be taken for something else; "
            "Parquet is safe: {}",
            query,
        )
    return table, notes


def from_array(X: Any, names: Sequence[str] | None = None) -> pa.Table:
    """A NumPy array or a SciPy sparse array of numbers as a table.

    Parameters
    ----------
    X : array of shape (rows, columns)
        Numbers or booleans; NaN is a missing value.
    names : sequence of str, optional
        The names of the columns; x0, x1, … if left out.

    Raises
    ------
    DataTypeError
        If the array holds something other than numbers.
    DataError
        If it does not have two dimensions, or is sparse and too large to be filled in.
    SchemaError
        If there are not as many names as columns.
    """
    notes = Notes("the array")
    return canonical_table(read_array(X, names), notes=notes, options=DEFAULTS, storage=None)
