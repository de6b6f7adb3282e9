"""Delimited text, such as CSV: the header is checked here, and DuckDB reads the rows by a fixed dialect."""

from __future__ import annotations

import csv
import re
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import duckdb
import pyarrow as pa

from netable.errors import DataError, FileError
from netable.table.dialect import check_header, find_delimiter, split_rows
from netable.table.engine import connect
from netable.table.notes import Notes
from netable.table.options import ReadOptions

LEFT_OUT = "left out: {}"
SHOWN = 5


class BadRow(NamedTuple):
    """A row that does not fit the header."""

    line: int
    error: str


def read_delimited(
    text: str, source: str, options: ReadOptions, notes: Notes, columns: Collection[str] | None
) -> pa.Table:
    """Read delimited text; every column is text.

    Raises
    ------
    DataError
        If the file is empty.
    FileError
        If the header, the delimiter, the quotes or the length of a row is in doubt.
    """
    text = re.sub(r"\r\n?", "\n", text) if "\r" in text else text
    body = text.lstrip("\n")
    first_line = len(text) - len(body) + 1
    if not body.strip():
        raise DataError(f"{source}: no data; the file is empty.")
    delimiter = options.delimiter or find_delimiter(body)
    header = check_header(body, delimiter, source, notes)
    wanted = [i for i, name in enumerate(header) if columns is None or name.strip() in columns]
    table, bad_rows = _scan(body, delimiter, len(header), wanted, source)
    bad_rows = [row._replace(line=row.line + first_line - 1) for row in bad_rows]
    _check_bad_rows(bad_rows, len(header), source, options, notes)
    _check_count(table.num_rows, len(bad_rows), _count_rows(body, delimiter, len(header), source), source)
    return table.rename_columns([header[i] for i in wanted])


@contextmanager
def _copied(encoded: bytes, source: str) -> Iterator[Path]:
    """A file that DuckDB can read, gone when the block ends."""
    try:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "table.csv"
            path.write_bytes(encoded)
            yield path
    except OSError as error:
        raise FileError(
            f"{source}: a copy of {len(encoded):,} bytes that is needed for a moment cannot be written: "
            f"{error.strerror}. Name a folder with room for it in TMPDIR."
        ) from error


def _scan(
    body: str, delimiter: str, width: int, wanted: list[int], source: str
) -> tuple[pa.Table, list[BadRow]]:
    # DuckDB is given names of its own: it would take `a` and `A` for the same column.
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


def _check_bad_rows(
    bad_rows: list[BadRow], width: int, source: str, options: ReadOptions, notes: Notes
) -> None:
    for row in bad_rows:
        # Skipping such a "row" would skip everything up to the next quote.
        if row.error == "UNQUOTED VALUE":
            raise FileError(
                f'{source}, line {row.line:,}: a quote " is opened here and not closed before a delimiter. '
                "Close it, or double the quotes that belong to the text."
            )
    if bad_rows:
        lines = ", ".join(f"{row.line:,}" for row in bad_rows[:SHOWN]) + ", …" * (len(bad_rows) > SHOWN)
        what = " and ".join(sorted({row.error.lower() for row in bad_rows}))
        found = f"{len(bad_rows):,} row(s) do not fit the header's {width} columns ({what}), lines {lines}"
        if options.bad_rows == "error":
            raise FileError(f"{source}: {found}. Mend them, or leave them out with --bad-rows skip.")
        notes.add(LEFT_OUT, f"{found} of {Path(source).name}")


def _check_count(n_read: int, n_bad: int, n_expected: int, source: str) -> None:
    if n_read + n_bad != n_expected:
        raise FileError(
            f"{source}: expected {n_expected:,} rows, got {n_read + n_bad:,}; its quotes are not those of a "
            "CSV file. Write it again, or convert it to Parquet."
        )


def _count_rows(body: str, delimiter: str, width: int, source: str) -> int:
    """Count the rows by other means than DuckDB's."""
    if '"' in body:
        try:
            return sum(1 for row in split_rows(body, delimiter) if row or width == 1) - 1
        except csv.Error as error:
            raise FileError(f"{source}: cannot be read ({error}).") from error
    blank = 0 if width == 1 else sum(len(run) - 1 for run in re.findall(r"\n\n+", body))
    return body.count("\n") + (not body.endswith("\n")) - blank - 1
