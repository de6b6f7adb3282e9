"""Rows of CSV text, split by DuckDB."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import duckdb
import pyarrow as pa

from netable.errors import FileError
from netable.table.reading.engine import connect


class BadRow(NamedTuple):
    """A row that has another number of fields than the header."""

    line: int
    error: str


@contextmanager
def _copied(encoded: bytes, source: str) -> Iterator[Path]:
    """A temporary file for DuckDB."""
    try:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "table.csv"
            path.write_bytes(encoded)
            yield path
    except FileError:
        raise
    except OSError as error:
        raise FileError(
            f"{source}: a temporary copy of {len(encoded):,} bytes cannot be written: "
            f"{error.strerror}. Set TMPDIR to a folder with enough room."
        ) from error


def scan(
    body: str, delimiter: str, width: int, wanted: list[int], source: str
) -> tuple[pa.Table, list[BadRow]]:
    """Read the wanted columns below a header as texts; also return the rows with a wrong number of fields.

    Raises
    ------
    FileError
        If DuckDB cannot read the text, or a temporary copy cannot be written.
    """
    # DuckDB gets generated names, because it takes `a` and `A` for the same column.
    names = ", ".join(f"'c{i}': 'VARCHAR'" for i in range(width))
    selection = ", ".join(f"c{i}" for i in wanted) or "c0"
    encoded = body.encode()
    with _copied(encoded, source) as path, connect() as connection:
        query = f"""
            SELECT {selection} FROM read_csv({_quoted(str(path))},
            columns={{{names}}}, header=true, auto_detect=false, all_varchar=true, null_padding=false,
            delim={_quoted(delimiter)}, quote='"', escape='"', comment='', new_line='\\n', strict_mode=true,
            store_rejects=true, compression='none', encoding='utf-8')"""
        try:
            table = connection.sql(query).to_arrow_table()
            rejects = connection.execute(
                "SELECT line_byte_position, min(error_type::VARCHAR) FROM reject_errors GROUP BY 1 ORDER BY 1"
            ).fetchall()
        except duckdb.Error as error:
            raise FileError(f"{source}: cannot be read: {str(error).splitlines()[0]}") from error
    bad_rows = [BadRow(encoded.count(b"\n", 0, start) + 1, error) for start, error in rejects]
    return table.select(range(len(wanted))), bad_rows


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
