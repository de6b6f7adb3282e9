"""Queries of databases by ADBC, as Arrow streams. The drivers are an extra: `pip install 'netable[sql]'`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pyarrow as pa

from netable.errors import ConfigError, DataError, FileError, UserError
from netable.system.urls import scheme_of, shown, without_secrets

DRIVERS = {
    "postgresql": "adbc_driver_postgresql",
    "postgres": "adbc_driver_postgresql",
    "sqlite": "adbc_driver_sqlite",
}
# Seconds for the server's answer to a connection.
_PATIENCE = 30
# SQLite has no types for the results of a query: the driver takes a column's from so many rows.
_ROWS_TO_TYPE = 1 << 16
# SQLite would make files for other statements, such as ATTACH, even if the database is open for reading only.
_SELECT = re.compile(r"(\s|--[^\n]*\n|/\*.*?\*/|\()*(SELECT|WITH|VALUES)\b", re.IGNORECASE | re.DOTALL)
# Before what the database says: the kind of error, the library.
_DRIVERS_WORDS = re.compile(r"^([A-Z_]+: )?(\[\w+\] )?")


def read_database(query: str, database: str) -> pa.Table:
    """The result of one SELECT, as the database's types.

    Parameters
    ----------
    database : str
        `postgresql://user@host/name`, `sqlite:///shop.db`, or the path of an SQLite file. A password that is not in
        it comes from PGPASSWORD or ~/.pgpass.

    Raises
    ------
    ConfigError
        If the database is of another kind, or its driver is not installed.
    FileError
        If it cannot be reached.
    DataError
        If the query fails, or has no result.
    """
    with query_database(query, database) as batches:
        return batches.read_all()


@contextmanager
def query_database(query: str, database: str) -> Iterator[pa.RecordBatchReader]:
    """The batches of the result of one SELECT, in the block; errors as of `read_database`.

    The database is only read: PostgreSQL in a read-only transaction, SQLite in a file opened for reading.
    """
    if not _SELECT.match(query):
        raise DataError(f"expected one SELECT statement; got {query.strip()!r:.40}.")
    with closing(_connect(database)) as connection, closing(connection.cursor()) as cursor:
        try:
            if scheme_of(database).startswith("postgres"):
                cursor.execute("SET TRANSACTION READ ONLY")
            else:
                cursor.adbc_statement.set_options(**{"adbc.sqlite.query.batch_rows": str(_ROWS_TO_TYPE)})
            cursor.execute(query)
            batches = cursor.fetch_record_batch()
            yield _plain_batches(batches)
        except UserError:  # of who takes the batches
            raise
        except (connection.Error, OSError, pa.ArrowException) as error:
            raise DataError(f"the query cannot be run: {_reason(error, database)}") from None


def _connect(database: str) -> Any:
    scheme = scheme_of(database) or "sqlite"
    if scheme not in DRIVERS:
        raise ConfigError(
            f"{shown(database)}: a database is postgresql://… or sqlite:///…, or the path of an SQLite file."
        )
    try:
        driver = import_module(f"{DRIVERS[scheme]}.dbapi")
    except ImportError:
        raise ConfigError(
            f"{DRIVERS[scheme]} is not installed, which reads this database. Try: pip install 'netable[sql]'"
        ) from None
    place = _sqlite_file(database) if scheme == "sqlite" else _with_patience(database)
    try:
        return driver.connect(place)
    except driver.Error as error:
        raise FileError(f"{shown(database)}: cannot be reached: {_reason(error, database)}") from None


def _sqlite_file(database: str) -> str:
    """SQLite's own URL of an existing file, for reading only."""
    path = Path(database.partition("://")[2].removeprefix("/") if scheme_of(database) else database)
    if not path.is_file():
        raise FileError(f"{shown(str(path))}: there is no such database.")
    return f"file:{quote(str(path))}?mode=ro"


def _with_patience(database: str) -> str:
    limit = f"connect_timeout={_PATIENCE}"
    return (
        database if "connect_timeout" in database else f"{database}{'&' if '?' in database else '?'}{limit}"
    )


def _plain_batches(batches: pa.RecordBatchReader) -> pa.RecordBatchReader:
    """The same, where types that are no Arrow types of their own are what they are stored as, and UUIDs texts."""
    schema = pa.schema([pa.field(field.name, _plain(field.type)) for field in batches.schema])
    plain = (
        pa.record_batch([_plain_column(column) for column in batch.columns], schema=schema)
        for batch in batches
    )
    return pa.RecordBatchReader.from_batches(schema, plain)


def _plain(kind: pa.DataType) -> pa.DataType:
    return pa.string() if kind == pa.uuid() else getattr(kind, "storage_type", kind)


def _plain_column(column: pa.Array) -> pa.Array:
    if column.type == pa.uuid():
        return pa.array([value and str(value) for value in column.to_pylist()], pa.string())
    return getattr(column, "storage", column)


def _reason(error: Exception, database: str) -> str:
    text = _DRIVERS_WORDS.sub("", without_secrets(error, database))
    advice = ". Give the column one type in the query: CAST(… AS REAL)" if "Type mismatch" in text else ""
    return f"{text:.300}{advice}"
