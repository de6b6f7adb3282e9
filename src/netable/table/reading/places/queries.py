"""Results of queries as tables: of a database, or of files that DuckDB reads."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

import duckdb
import pyarrow as pa

from netable.errors import DataError, UserError
from netable.system.notes import Notes
from netable.table.reading.base.engine import connect, require_one_reading_select
from netable.table.reading.base.pieces import rows_of_piece
from netable.table.reading.places.batches import OpenTable, of_columns
from netable.table.reading.places.databases import query_database

_TEXT_FILE = re.compile(r"read_(csv|json|text)|\.(csv|tsv|txt|tab|json|jsonl|ndjson)(\.gz)?\b", re.IGNORECASE)


@dataclass(frozen=True)
class Query:
    """The result of one SELECT, which is run anew whenever it is read; its text is what messages call it.

    Attributes
    ----------
    sql : str
    database : str, optional
        As of `netable.table.reading.places.databases.query_database`; by default DuckDB runs the query on files.
    """

    sql: str
    database: str | None = None

    def __str__(self) -> str:
        return "the query"

    @contextmanager
    def open(self, notes: Notes) -> Iterator[OpenTable]:
        """The result, which can be read once in the block.

        Raises
        ------
        DataError
            If the query is not one SELECT that only reads, or cannot be run.
        ConfigError, FileError
            If the database is of an unknown kind, or cannot be reached.
        """
        notes.add_fact("format", "result of a query")
        if not self.database and _TEXT_FILE.search(self.sql):
            notes.add(
                "DuckDB reads text files by its own rules, which may give other values than netable's; Parquet is "
                "safe: {}",
                self.sql,
            )
        with query_database(self.sql, self.database) if self.database else query_files(self.sql) as batches:
            yield OpenTable(batches.schema.names, partial(of_columns, batches))


@dataclass(frozen=True, eq=False)
class Result:
    """The result of a query that has been run, in memory; its text is what messages call it."""

    table: pa.Table
    called: str

    def __str__(self) -> str:
        return self.called

    @contextmanager
    def open(self, notes: Notes) -> Iterator[OpenTable]:
        """The result."""
        yield OpenTable(self.table.column_names, lambda names: of_columns(self.table.to_reader(), names))


@contextmanager
def query_files(query: str) -> Iterator[pa.RecordBatchReader]:
    """The batches of the result of one SELECT that DuckDB runs, in the block.

    Raises
    ------
    DataError
        If it is not one SELECT that only reads, or cannot be run.
    """
    with connect() as connection:
        try:
            require_one_reading_select(connection, query)
            result = connection.sql(query)
            yield result.to_arrow_reader(rows_of_piece(len(result.columns)))
        except UserError:  # of who takes the batches
            raise
        except (duckdb.Error, OSError, pa.ArrowException) as error:
            raise DataError(f"the query cannot be run: {str(error).splitlines()[0]}") from error
