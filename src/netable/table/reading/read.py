"""Read a file, query, frame or array into a canonical Arrow table."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from netable.config.reading import ReadOptions
from netable.system.notes import Notes
from netable.table.canonical.arrow import is_text_type
from netable.table.canonical.table import canonical_table, tidy_names
from netable.table.reading.base.frames import is_sparse, read_array, read_frame
from netable.table.reading.place import Place
from netable.table.reading.places.queries import Query
from netable.table.reading.sources import Found, Given, find_tables, read_places
from netable.table.reading.stream import TableStream, source_of

__all__ = ["ReadOptions", "from_array", "read", "read_sql"]

DEFAULTS = ReadOptions()


def read(
    source: Any,
    *,
    options: ReadOptions = DEFAULTS,
    storage: Mapping[str, str] | None = None,
    columns: Collection[str] | None = None,
    used: Collection[str] | None = None,
) -> pa.Table:
    """Read a table; equal values make equal tables, whatever they are stored in.

    Parameters
    ----------
    source : path or list of paths, frame or array
        A file in one of the formats of `netable.config.formats`, perhaps packed; a folder or a pattern of such files;
        each also at a URL: s3://, gs://, abfss://, https://;
        a frame of pandas, polars, Arrow or DuckDB; a NumPy or SciPy sparse array; a dict of a row or of columns, or a
        list of dicts of rows.
    options : ReadOptions
        What is known about a file; everything else is detected.
    storage : mapping of column name to storage, optional
        Columns to cast to number, boolean, timestamp, text or category instead of typing them by value.
    columns : collection of str, optional
        The only columns to read; names that the table lacks are ignored.
    used : collection of str, optional
        In place of `columns`: the columns whose cells matter. Parquet files and lakes leave the cells of others
        unread; they are then all missing.

    Returns
    -------
    pyarrow.Table
        Columns of float64, bool, timestamp[us], string, or dictionary of strings; missing values are null.

    Raises
    ------
    FileError
        If a file is missing, damaged or not one table.
    DataError, DataTypeError, SchemaError
        If values or column names cannot be used.

    Warns
    -----
    DataWarning
        About automatic decisions.

    Examples
    --------
    >>> read(pa.table({"age": ["31", "47", None]}))["age"].to_pylist()
    [31.0, 47.0, None]
    """
    return read_with_facts(source, options=options, storage=storage, columns=columns, used=used)[0]


def read_with_facts(
    source: Any,
    *,
    options: ReadOptions = DEFAULTS,
    storage: Mapping[str, str] | None = None,
    columns: Collection[str] | None = None,
    used: Collection[str] | None = None,
) -> tuple[pa.Table, dict[str, str]]:
    """Read as `read` does, also a `Query`, and return how, such as format, encoding and delimiter."""
    if given := places_of(source):
        notes = Notes(source_of(given))
        places = [place for one in given for place in find_tables(one)]
        table = read_places(places, options, notes, storage, columns, used)
    else:
        notes = Notes("the table")
        notes.add_fact("format", _kind_of(source))
        is_array = isinstance(source, np.ndarray) or is_sparse(source)
        table = read_array(source) if is_array else read_frame(source, notes.source, columns)
        table = canonical_table(table, notes=notes, options=options, storage=storage, columns=columns)
    notes.warn()
    return table, notes.facts


def read_sql(
    query: str,
    database: str | None = None,
    *,
    options: ReadOptions = DEFAULTS,
    storage: Mapping[str, str] | None = None,
) -> pa.Table:
    """Read the result of one SELECT, such as `SELECT * FROM 'houses.parquet' WHERE year > 2000`.

    Only the options about values apply.

    Parameters
    ----------
    database : str, optional
        Where the query runs: `postgresql://user@host/name`, `sqlite:///shop.db`, or the path of an SQLite file. By
        default DuckDB runs it on files.

    Raises
    ------
    DataError
        If the query is not one SELECT that only reads, cannot be run, or returns no rows.
    ConfigError, FileError
        If the database is of an unknown kind, or cannot be reached.
    """
    return read(Query(query, database), options=options, storage=storage)


def read_beside(
    source: Any,
    names: Collection[str] | None,
    *,
    options: ReadOptions = DEFAULTS,
    storage: Mapping[str, str] | None = None,
    used: Collection[str] | None = None,
) -> Iterator[tuple[pa.Table, pa.Table]]:
    """Read paths or the result of a query in pieces, and with each some columns unchanged; all if `names` is None.

    In these, spellings of a missing value stay texts.
    """
    stream = TableStream(source, options, used)
    for piece in stream.pieces():
        yield _beside(piece.table, names, stream.notes.at(piece.source), options, storage)
    stream.notes.warn()


def _beside(
    table: pa.Table,
    names: Collection[str] | None,
    notes: Notes,
    options: ReadOptions,
    storage: Mapping[str, str] | None,
) -> tuple[pa.Table, pa.Table]:
    canonical = canonical_table(table, notes=notes, options=options, storage=storage)
    known = tidy_names(table.column_names, Notes(notes.source))
    return canonical, pa.table(
        {
            name: _unchanged(table.column(place))
            for place, name in enumerate(known)
            if names is None or name in names
        }
    )


def _unchanged(column: pa.ChunkedArray) -> pa.ChunkedArray:
    holds_text = is_text_type(column.type) or pa.types.is_dictionary(column.type)
    return column.cast(pa.string()) if holds_text else column


def places_of(source: Any) -> list[Given]:
    """The paths, URLs and places of a source; none of a frame, an array or rows."""
    parts = source if isinstance(source, list | tuple) else [source]
    if not all(isinstance(part, str | os.PathLike | Place | Found) for part in parts):
        return []
    return [os.fspath(part) if isinstance(part, os.PathLike) else part for part in parts]


def _kind_of(source: Any) -> str:
    """The library and the type of a frame, an array or a collection."""
    library = type(source).__module__.partition(".")[0]
    return " ".join([*([library] if library != "builtins" else []), type(source).__name__])


def from_array(X: Any, names: Sequence[str] | None = None) -> pa.Table:
    """A NumPy array or a SciPy sparse array of numbers as a table.

    Parameters
    ----------
    X : array of shape (rows, columns)
        Numbers or booleans; NaN is a missing value.
    names : sequence of str, optional
        The names of the columns; x0, x1, … by default.

    Raises
    ------
    DataTypeError
        If the array holds something other than numbers.
    DataError
        If it does not have two dimensions, or is sparse and too large as a dense array.
    SchemaError
        If the number of names is not that of the columns.
    """
    notes = Notes("the array")
    return canonical_table(read_array(X, names), notes=notes, options=DEFAULTS, storage=None)
