"""Files of a path, folder or pattern, and the table in each."""

from __future__ import annotations

import glob
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import TypeGuard
from urllib.parse import unquote, urlsplit

import pyarrow as pa

from netable.config.formats import FORMATS
from netable.config.reading import ReadOptions
from netable.errors import FileError, SchemaError
from netable.system.notes import Notes
from netable.system.urls import scheme_of
from netable.table.canonical.arrow import plain_column
from netable.table.canonical.casts import text_column
from netable.table.reading.base.table_file import TableFile
from netable.table.reading.formats.columnar import read_parquet
from netable.table.reading.formats.packed import TABLE_ENDINGS, is_table_name
from netable.table.reading.formats.recognize import read_file
from netable.table.reading.places.keys import is_key, with_keys
from netable.table.reading.places.lakes import DeltaTable, IcebergTable, find_lake, read_lake
from netable.table.reading.places.stored import StoredFile, find_remote
from netable.table.reading.places.web import WebFile

Place = Path | StoredFile | WebFile | DeltaTable | IcebergTable


def read_paths(
    given: Sequence[str],
    options: ReadOptions,
    notes: Notes,
    columns: Collection[str] | None,
    used: Collection[str] | None = None,
) -> pa.Table:
    """Read files, folders and patterns of files, and append the tables.

    Raises
    ------
    FileError
        If there is no such file, or one is not a table.
    SchemaError
        If the files do not have the same columns.
    """
    paths = [file for path in given for file in find_tables(path)]
    tables = [_read_place(path, options, notes, columns, used) for path in paths]
    for path, table in zip(paths, tables, strict=True):
        check_alike(table.column_names, path, tables[0].column_names, paths[0])
    return stacked(tables, notes.source)


def check_alike(names: Sequence[str], path: Place, first_names: Sequence[str], first: Place) -> None:
    """Raise `SchemaError` if a file has other columns than the first one."""
    if differing := sorted({*first_names} ^ {*names}):
        raise SchemaError(
            f"{path}: expected the columns of {first}; they differ in {', '.join(map(repr, differing))}."
        )


def find_tables(path: str) -> Sequence[Place]:
    """The files of a path, folder, pattern or URL, ordered by name, or the table of a lake.

    Raises
    ------
    FileError
        If there are none.
    """
    if scheme_of(path) == "file":
        path = unquote(urlsplit(path).path)
    if lake := find_lake(path):
        return [lake]
    return find_remote(path, is_table_name) if scheme_of(path) else find_files(path)


def find_files(path: str) -> list[Path]:
    """The files of a path, folder or pattern, ordered by name.

    Raises
    ------
    FileError
        If there are none.
    """
    if not path.strip():
        raise FileError("An empty path names no table.")
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
        if place.is_dir() and is_key(place.name):
            yield from _files_in(place)
        elif place.is_file() and is_table_name(place.name):
            yield place


def _read_place(
    place: Place,
    options: ReadOptions,
    notes: Notes,
    columns: Collection[str] | None,
    used: Collection[str] | None,
) -> pa.Table:
    if isinstance(place, DeltaTable | IcebergTable):
        notes.add_fact("format", place.called)
        return read_lake(place, columns, used)
    file = TableFile(str(place), options, notes, used=used)
    if isinstance(place, Path):
        table = read_file(place, file, columns)
    elif is_stored_parquet(place):
        notes.add_fact("format", FORMATS["parquet"].called)
        table = read_parquet(place.open(), file, columns)
    else:
        with place.copied() as copy:
            table = read_file(copy, file, columns)
    return with_keys(table, place.parts, columns)


def is_stored_parquet(place: Place) -> TypeGuard[StoredFile]:
    """True for a file that is read where it is."""
    return isinstance(place, StoredFile) and place.name.lower().endswith(FORMATS["parquet"].endings)


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
