"""Files of a path, folder or pattern, and the table in each."""

from __future__ import annotations

import glob
import re
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from urllib.parse import unquote

import pyarrow as pa

from netable.config.reading import ReadOptions
from netable.errors import FileError, SchemaError
from netable.system.notes import Notes
from netable.table.canonical.arrow import plain_column
from netable.table.canonical.casts import text_column
from netable.table.reading.packed import TABLE_ENDINGS, is_table_name
from netable.table.reading.recognize import read_file
from netable.table.reading.table_file import TableFile

_KEY = re.compile(r"([^=]+)=(.+)")
_NO_VALUE = "__HIVE_DEFAULT_PARTITION__"


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
    tables = [
        with_keys(read_file(path, TableFile(str(path), options, notes), columns), path, columns)
        for path in paths
    ]
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
            fault = f"the folder has no table in it ({', '.join(TABLE_ENDINGS)})."
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
        elif place.is_file() and is_table_name(place.name):
            yield place


def with_keys(table: pa.Table, path: Path, columns: Collection[str] | None) -> pa.Table:
    """Add the keys in the names of folders, as Hive and Spark write them, as columns of texts."""
    for name, value in (key.groups() for part in path.parts[:-1] if (key := _KEY.fullmatch(part))):
        name, value = unquote(name), None if value == _NO_VALUE else unquote(value)
        if name not in table.column_names and (columns is None or name in columns):
            table = table.append_column(name, pa.array([value] * table.num_rows, pa.string()))
    return table


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
