"""Files of a path, folder or pattern, and the table in each."""

from __future__ import annotations

import glob
import json
import re
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.parquet as pq

from netable.config.reading import ReadOptions
from netable.errors import DataError, FileError, SchemaError
from netable.system.machine import allowed_threads
from netable.system.notes import Notes
from netable.table.canonical.arrow import plain_column, python_column
from netable.table.canonical.casts import text_column
from netable.table.reading.delimited import read_delimited
from netable.table.reading.encoding import decode, read_bytes
from netable.table.reading.text_file import TextFile

PARQUET = b"PAR1"
PARQUET_NAMES = (".parquet", ".pq")
JSON_NAMES = (".json", ".jsonl", ".ndjson")
TABLE_NAMES = (".csv", ".tsv", ".txt", ".tab", *PARQUET_NAMES, *JSON_NAMES)
_BUFFER = 1 << 20
_KEY = re.compile(r"([^=]+)=(.+)")
_NO_VALUE = "__HIVE_DEFAULT_PARTITION__"
# Other files that are often given as a table, by their first bytes.
OTHERS = {
    b"PK\x03\x04": "a zip file or a spreadsheet",
    b"\xd0\xcf\x11\xe0": "an old spreadsheet or document",
    **{bytes([0x80, protocol]): "a pickle" for protocol in range(2, 6)},
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"GIF8": "a picture",
    b"%PDF": "a PDF document",
    b"ARROW1": "an Arrow file",
    b"SQLite format 3": "a database",
    b"\x89HDF": "an HDF5 file",
    b"ORC": "an ORC file",
    b"PARE": "an encrypted Parquet file",
    b"7z\xbc\xaf": "a 7-zip file",
    b"BZh": "a bzip2 file",
    b"\xfd7zXZ": "an xz file",
    b"\x28\xb5\x2f\xfd": "a zstd file",
}


def read_paths(
    given: Sequence[str], options: ReadOptions, notes: Notes, columns: Collection[str] | None
) -> pa.Table:
    """Read files, folders and patterns of files, and append the tables.

    Raises
    ------
    FileError
        If there is no such file, or one is not a table.
    SchemaError
        If the files do not have the same columns.
    """
    paths = [file for path in given for file in find_files(path)]
    tables = [with_keys(read_file(path, options, notes, columns), path, columns) for path in paths]
    for path, table in zip(paths, tables, strict=True):
        check_alike(table.column_names, path, tables[0].column_names, paths[0])
    return stacked(tables, notes.source)


def check_alike(names: Sequence[str], path: Path, first_names: Sequence[str], first: Path) -> None:
    """Raise `SchemaError` if a file has other columns than the first one."""
    if differing := sorted({*first_names} ^ {*names}):
        raise SchemaError(
            f"{path}: expected the columns of {first}; they differ in {', '.join(map(repr, differing))}."
        )


def find_files(path: str) -> list[Path]:
    """The files of a path, folder or pattern, ordered by name.

    Raises
    ------
    FileError
        If there are none.
    """
    if not path.strip():
        raise FileError("An empty path names no table.")
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]+://", path):
        raise FileError(f"{path}: netable reads files only, not URLs. Download it first, and give its path.")
    place = Path(path)
    try:
        if place.is_dir():
            files = [*_files_in(place)]
            fault = f"the folder has no table in it ({', '.join(TABLE_NAMES)})."
        elif path == "-" or (place.exists() and not place.is_file()):
            files, fault = [], "netable reads files only, not pipes or devices. Save it as a file first."
        else:
            files = [place] if place.exists() else [*filter(Path.is_file, map(Path, glob.glob(path)))]
            fault = "there is no such file."
    except OSError as error:
        raise FileError(f"{path}: cannot be read ({error.strerror}).") from error
    if not files:
        raise FileError(f"{path}: {fault}")
    return sorted(files)


def _files_in(folder: Path) -> Iterator[Path]:
    """The tables in a folder and in its folders that are named after keys, such as year=2020."""
    for place in folder.iterdir():
        if place.is_dir() and _KEY.fullmatch(place.name):
            yield from _files_in(place)
        elif place.is_file() and _is_table_name(place):
            yield place


def with_keys(table: pa.Table, path: Path, columns: Collection[str] | None) -> pa.Table:
    """Add the keys in the names of folders, as Hive and Spark write them, as columns of texts."""
    for name, value in (key.groups() for part in path.parts[:-1] if (key := _KEY.fullmatch(part))):
        name, value = unquote(name), None if value == _NO_VALUE else unquote(value)
        if name not in table.column_names and (columns is None or name in columns):
            table = table.append_column(name, pa.array([value] * table.num_rows, pa.string()))
    return table


def _is_table_name(path: Path) -> bool:
    return not path.name.startswith((".", "_")) and _ending(path) in TABLE_NAMES


def _ending(path: Path) -> str:
    return Path(path.name.lower().removesuffix(".gz")).suffix


def is_parquet(path: Path) -> bool:
    """True if a file begins as Parquet files do.

    Raises
    ------
    FileError
        If it does not, but has the name of one; or cannot be read.
    """
    try:
        with path.open("rb") as file:
            start = file.read(len(PARQUET))
    except OSError as error:
        raise FileError(f"{path}: cannot be read ({error.strerror or error}).") from error
    if _ending(path) in PARQUET_NAMES and start not in (PARQUET, *OTHERS):
        raise FileError(
            f"{path}: expected a Parquet file because of its name, but it does not start like one."
        )
    return start == PARQUET


def read_file(path: Path, options: ReadOptions, notes: Notes, columns: Collection[str] | None) -> pa.Table:
    """The table in a file, its texts not yet typed.

    Raises
    ------
    FileError
        If it cannot be read, or is not one table.
    """
    if is_parquet(path):
        return _read_parquet(path, columns)
    data = read_bytes(path)
    for magic, content in {PARQUET: "a gzipped Parquet file; unpack it", **OTHERS}.items():
        if data.startswith(magic):
            raise FileError(f"{path}: not a table, but {content}. Give a CSV, JSON lines or Parquet file.")
    text = decode(data, options.encoding, path, notes)
    if is_json(text, path):
        return _read_json(text, str(path), columns)
    return read_delimited(text, TextFile(str(path), options, notes), columns)


def _read_parquet(path: Path, columns: Collection[str] | None) -> pa.Table:
    with opened_parquet(path) as file:
        wanted = wanted_columns(file, columns)
        table = file.read(wanted, use_threads=allowed_threads() > 1)
        return valid(table, wanted)


@contextmanager
def opened_parquet(path: Path) -> Iterator[pq.ParquetFile]:
    """A Parquet file to read in the block.

    Raises
    ------
    FileError
        If it is damaged.
    """
    try:
        # Buffered ahead, a file that is read in pieces would be whole in memory.
        with pq.ParquetFile(path, pre_buffer=False, buffer_size=_BUFFER) as file:
            yield file
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:  # the last from names of columns
        reason = str(error).splitlines()[0]
        raise FileError(f"{path}: a damaged or cut-off Parquet file ({reason:.120}).") from error


def wanted_columns(file: pq.ParquetFile, columns: Collection[str] | None) -> list[str] | None:
    """The names of the columns to read; None for all."""
    names = file.schema_arrow.names
    if columns is None or len(set(names)) < len(names):
        return None
    return [name for name in names if name.strip() in columns]


def valid(table: pa.Table, wanted: list[str] | None) -> pa.Table:
    """The columns that were wanted; Arrow would notice invalid UTF-8 only when a text is used."""
    # By name, Parquet reads all columns called `a.…` for a nested column `a`.
    table = table if wanted is None else table.select(wanted)
    table.validate(full=True)
    return table


def is_json(text: str, path: Path) -> bool:
    """True if a text holds JSON lines, or the name of its file says so."""
    start = text.lstrip()[:1]
    if _ending(path) in JSON_NAMES:
        if start not in ("{", "[", ""):
            raise FileError(f"{path}: expected JSON lines because of its name, but it starts with {start!r}.")
        return True
    if start != "{":
        return False
    try:
        return isinstance(json.loads(text.lstrip().split("\n", 1)[0]), dict)
    except ValueError:
        return False


def _read_json(text: str, source: str, chosen: Collection[str] | None) -> pa.Table:
    """Read JSON lines, or a JSON array, of objects; absent keys are missing values."""
    is_array = text.lstrip().startswith("[")
    lines = [text] if is_array else text.split("\n")
    values = [_json_value(line, number, source) for number, line in enumerate(lines, 1) if line.strip()]
    records = values[0] if is_array else values
    if not records:
        raise DataError(f"{source}: no data; the file is empty.")
    for row, record in enumerate(records, 1):
        if not isinstance(record, dict):
            raise FileError(f"{source}, row {row:,}: expected a JSON object, got {str(record)!r:.40}.")
    names = dict.fromkeys(name for record in records for name in record)
    wanted = [name for name in names if chosen is None or name.strip() in chosen]
    return pa.table({name: python_column([r.get(name) for r in records], name, source) for name in wanted})


def _json_value(text: str, first_line: int, source: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        line, reason = first_line + error.lineno - 1, f"{error.msg}, column {error.colno:,}"
        raise FileError(f"{source}, line {line:,}: not valid JSON ({reason}).") from error
    except (ValueError, RecursionError) as error:
        raise FileError(f"{source}, line {first_line:,}: not valid JSON ({error}).") from error


def stacked(tables: list[pa.Table], source: str) -> pa.Table:
    """One table of tables with the same columns; columns of different types become texts."""
    if len(tables) == 1:
        return tables[0]
    names = tables[0].column_names
    stacked = {}
    for name in names:
        pieces = [table.column(name) for table in tables]
        if any(piece.type != pieces[0].type for piece in pieces):
            # Texts, as in a CSV, are typed by their values later.
            pieces = [text_column(plain_column(piece, name, Notes(source))) for piece in pieces]
            pieces = [piece.cast(pa.large_string()) for piece in pieces]
        stacked[name] = pa.chunked_array(
            [chunk for piece in pieces for chunk in piece.chunks], pieces[0].type
        )
    return pa.table(stacked)
