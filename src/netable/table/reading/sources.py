"""Files of a path, folder or pattern, and the table in each."""

from __future__ import annotations

import glob
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pyarrow as pa

from netable.config.reading import ReadOptions
from netable.errors import DataError, FileError, SchemaError
from netable.system.notes import Notes
from netable.system.urls import scheme_of
from netable.table.canonical.arrow import plain_column
from netable.table.canonical.casts import text_column
from netable.table.canonical.table import canonical_table
from netable.table.reading.base.table_file import TableFile
from netable.table.reading.formats.packed import TABLE_ENDINGS, is_table_name
from netable.table.reading.place import Place, read_place
from netable.table.reading.places.keys import is_key
from netable.table.reading.places.lakes import find_lake
from netable.table.reading.places.queries import Query, Result
from netable.table.reading.places.stored import find_remote


@dataclass(frozen=True)
class Found:
    """What a path, folder, pattern or URL names; its text is what was given.

    Attributes
    ----------
    given : str
    places : sequence of places
        As of `find_tables`.
    """

    given: str
    places: Sequence[Place]

    def __str__(self) -> str:
        return self.given


Given = str | Place | Found


def read_places(
    places: Sequence[Place],
    options: ReadOptions,
    notes: Notes,
    storage: Mapping[str, str] | None = None,
    columns: Collection[str] | None = None,
    used: Collection[str] | None = None,
) -> pa.Table:
    """Read the tables at some places, and append them to one canonical table.

    Raises
    ------
    UserError
        If one cannot be read, or has other columns than the first; or if there are no rows and `storage` is not known:
        an empty table can be predicted, but not learned from.
    """
    tables = [
        read_place(place, TableFile(str(place), options, notes, used=used), columns) for place in places
    ]
    for place, table in zip(places, tables, strict=True):
        check_alike(table.column_names, place, tables[0].column_names, places[0])
    if storage is None and not any(table.num_rows for table in tables):
        is_query = isinstance(places[0], Query | Result)
        no_rows = ": 0 rows; there is a header, but no row below it." if not is_query else " returns no rows."
        raise DataError(f"{notes.source}{no_rows}")
    whole = stacked(tables, notes.source)
    return canonical_table(whole, notes=notes, options=options, storage=storage, columns=columns)


def check_alike(names: Sequence[str], path: Place, first_names: Sequence[str], first: Place) -> None:
    """Raise `SchemaError` if a file has other columns than the first one."""
    if differing := sorted({*first_names} ^ {*names}):
        raise SchemaError(
            f"{path}: expected the columns of {first}; they differ in {', '.join(map(repr, differing))}."
        )


def find_tables(given: Given) -> Sequence[Place]:
    """The files of a path, folder, pattern or URL, ordered by name, or the table of a lake; a place is itself.

    What has been `Found` is not looked for again.

    Raises
    ------
    FileError
        If there are none.
    """
    if isinstance(given, Found):
        return given.places
    if not isinstance(given, str):
        return [given]
    path = unquote(urlsplit(given).path) if scheme_of(given) == "file" else given
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
