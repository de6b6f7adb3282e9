"""DuckDB for text files and queries, limited to the threads and memory of this process."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import NamedTuple

import duckdb
import pyarrow as pa
import pyarrow.csv

from netable.errors import DataError, FileError
from netable.system.machine import allowed_threads, usable_memory

# The share of usable memory for DuckDB, whose own default is this share of the machine.
MEMORY_SHARE = 0.8
# Opening a database takes 25 ms, far longer than reading so few bytes.
SMALL = 2**20
WIDE = 1_000
_PRIVATE: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "python_enable_replacements": False,
    "temp_directory": "",
}
# Table functions that only read; others write logs and profiles, or run SQL in a text.
READING = frozenset(
    {
        "duckdb_functions",
        "duckdb_settings",
        "generate_series",
        "glob",
        "json_each",
        "json_tree",
        "parquet_file_metadata",
        "parquet_kv_metadata",
        "parquet_metadata",
        "parquet_scan",
        "parquet_schema",
        "range",
        "read_blob",
        "read_csv",
        "read_csv_auto",
        "read_json",
        "read_json_auto",
        "read_json_objects",
        "read_json_objects_auto",
        "read_ndjson",
        "read_ndjson_auto",
        "read_ndjson_objects",
        "read_parquet",
        "read_text",
        "repeat",
        "repeat_row",
        "sniff_csv",
        "summary",
        "unnest",
    }
)

# In the JSON of a parsed query, where quotes within names and texts are escaped.
_WITHIN = re.compile(r'"type":"(\w+)_QUERY_NODE"')
_CALLED = re.compile(r'"function_name":"([^"\\]*)"')


@contextmanager
def connect(path: Path | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    """A private in-memory database without extensions or access to Python variables.

    It spills to a private folder, which is deleted with the connection. With a path, it is the database in that file,
    to be read only, and no other file.
    """
    settings = _PRIVATE | {"threads": allowed_threads(), "enable_external_access": path is None}
    memory = usable_memory()
    if memory:
        settings["memory_limit"] = f"{int(MEMORY_SHARE * memory)}B"
    with ExitStack() as stack:
        with suppress(OSError):  # without a writable folder, memory has to do
            folder = tempfile.TemporaryDirectory(prefix="netable-", ignore_cleanup_errors=True)
            settings["temp_directory"] = stack.enter_context(folder)
        database = str(path) if path else ":memory:"
        yield stack.enter_context(duckdb.connect(database, read_only=path is not None, config=settings))


@cache
def _database_of_small_files() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(config=_PRIVATE | {"threads": 1})


def _close_before_fork() -> None:
    """Its thread would not exist in the forked process, which would wait for it at its end."""
    if _database_of_small_files.cache_info().currsize:
        _database_of_small_files().close()
        _database_of_small_files.cache_clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_close_before_fork)


def require_one_reading_select(connection: duckdb.DuckDBPyConnection, query: str) -> None:
    """Refuse a query that is not one SELECT, or that calls a table function which does more than read.

    Raises
    ------
    DataError
        If the query is refused.
    duckdb.Error
        If it cannot be parsed.
    """
    kinds = [statement.type.name for statement in connection.extract_statements(query)]
    if kinds != ["SELECT"]:
        raise DataError(f"expected one SELECT statement; got {', '.join(kinds) or 'nothing'}.")
    parsed = connection.execute("SELECT json_serialize_sql(?)", [query]).fetchall()[0][0]
    if not parsed.startswith('{"error":false'):
        raise DataError("expected one SELECT statement that only reads; got one that DuckDB cannot analyse.")
    named = "SELECT function_name FROM duckdb_functions() WHERE function_type = 'table'"
    writing = {name for (name,) in connection.execute(named).fetchall()} - READING
    called = {name for name in _CALLED.findall(parsed) if name.lower() in writing}
    refused = sorted(_WITHIN.findall(parsed)) + sorted(f"{name}()" for name in called)
    if refused:
        raise DataError(f"expected one SELECT statement that only reads; got {', '.join(refused)}.")


class BadRow(NamedTuple):
    """A row that has another number of fields than the header."""

    line: int
    error: str


def scan(
    body: str, delimiter: str, width: int, wanted: list[int], source: str
) -> tuple[pa.Table, list[BadRow]]:
    """Read the wanted columns below a header as texts; also return the rows with a wrong number of fields.

    Raises
    ------
    FileError
        If DuckDB cannot read the text, or a temporary copy cannot be written.
    """
    if width >= WIDE and '"' not in body and wanted:
        table = _scan_wide(body, delimiter, width, wanted)
        if table is not None:
            return table, []
    # DuckDB gets generated names, because it takes `a` and `A` for the same column.
    names = ", ".join(f"'c{i}': 'VARCHAR'" for i in range(width))
    selection = ", ".join(f"c{i}" for i in wanted) or "c0"
    encoded = body.encode()
    try:
        database = _database_of_small_files().cursor() if len(encoded) < SMALL else connect()
        with tempfile.TemporaryDirectory() as folder, database as connection:
            path = Path(folder) / "table.csv"
            path.write_bytes(encoded)
            query = f"""
                SELECT {selection} FROM read_csv({_quoted(str(path))},
                columns={{{names}}}, header=true, auto_detect=false, all_varchar=true, null_padding=false,
                delim={_quoted(delimiter)}, quote='"', escape='"', comment='', new_line='\\n', strict_mode=true,
                store_rejects=true, compression='none', encoding='utf-8')"""
            table = connection.sql(query).to_arrow_table()
            rejects = connection.execute(
                "SELECT line_byte_position, min(error_type::VARCHAR) FROM reject_errors GROUP BY 1 ORDER BY 1"
            ).fetchall()
    except duckdb.Error as error:
        raise FileError(f"{source}: cannot be read: {str(error).splitlines()[0]}") from error
    except OSError as error:
        raise FileError(
            f"{source}: a temporary copy of {len(encoded):,} bytes cannot be written: "
            f"{error.strerror}. Set TMPDIR to a folder with enough room."
        ) from error
    bad_rows = [BadRow(encoded.count(b"\n", 0, start) + 1, error) for start, error in rejects]
    return table.select(range(len(wanted))), bad_rows


def _scan_wide(body: str, delimiter: str, width: int, wanted: list[int]) -> pa.Table | None:
    """Read very many columns without quotes as DuckDB does, in a fifth of the time; None if a row does not fit."""
    names = [f"c{i}" for i in range(width)]
    encoded = body.encode()
    try:
        return pa.csv.read_csv(
            pa.BufferReader(encoded),
            pa.csv.ReadOptions(
                use_threads=False, block_size=min(len(encoded) + 1, 2**30), skip_rows=1, column_names=names
            ),
            pa.csv.ParseOptions(delimiter=delimiter, quote_char=False),
            pa.csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()),
                include_columns=[names[i] for i in wanted],
                null_values=[""],
                strings_can_be_null=True,
            ),
        )
    except pa.ArrowInvalid:
        return None


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
