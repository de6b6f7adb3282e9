"""What can be read only once, kept on this machine for as long as it is needed."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TypeVar

import pyarrow as pa
import pyarrow.parquet as pq

from netable.config.formats import FORMATS
from netable.errors import FileError
from netable.system.notes import Notes
from netable.table.reading.base.pieces import in_pieces
from netable.table.reading.places.copies import Room, plain_name, writing
from netable.table.reading.places.pipe import Pipe
from netable.table.reading.places.queries import Query, Result
from netable.table.reading.places.web import RangedFile, WebFile

P = TypeVar("P")


@dataclass(frozen=True)
class KeptFile:
    """A file on this machine with a table from elsewhere; its text is what messages call it.

    Attributes
    ----------
    path : Path
    called : str
    parts : tuple of str
        The names in the path that it has elsewhere.
    """

    path: Path
    called: str
    parts: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.called


@contextmanager
def kept(
    places: Sequence[P],
    notes: Notes,
    folder: Path | None,
    fits: Callable[[int, int], bool],
    *,
    only_some: bool = False,
) -> Iterator[list[P | KeptFile | Result | RangedFile]]:
    """The places, where queries have been run, and pipes and files of the web been copied, for the time of the block.

    Parameters
    ----------
    notes : Notes
        Of the queries.
    folder : Path, optional
        Where to keep what does not fit into memory; it is made for that, private, and removed. By default a temporary
        one.
    fits : callable
        True if so many rows and cells fit into memory, so that the result of a query is not written to disk.
    only_some : bool
        Few columns are needed, so files of the web that can be read in parts are left where they are.

    Raises
    ------
    UserError
        If a query fails, a file cannot be fetched, or the disk has no room for it.
    """
    found: list[P | RangedFile] = [in_parts(place) if only_some else place for place in places]
    if not any(isinstance(place, Query | Pipe | WebFile) for place in found):
        yield [*found]
        return
    with _private_folder(folder) as private:
        yield [_kept(place, notes, private / str(number), fits) for number, place in enumerate(found)]


def _kept(place: P, notes: Notes, folder: Path, fits: Callable[[int, int], bool]) -> P | KeptFile | Result:
    """The place, or what takes it in memory or in a folder that is yet to be made."""
    if isinstance(place, Query):
        return _run(place, notes, folder, fits)
    if not isinstance(place, Pipe | WebFile):
        return place
    folder.mkdir()
    copy = folder / plain_name(place.name)
    place.fetch(copy)
    return KeptFile(copy, str(place), place.parts)


def in_parts(place: P) -> P | RangedFile:
    """A Parquet file of the web as one that is read in parts, if its server offers that; else the place itself."""
    if not isinstance(place, WebFile) or not is_parquet_name(place.name):
        return place
    return place.in_ranges() or place


def is_parquet_name(name: str) -> bool:
    """True for the name of a Parquet file."""
    return name.lower().endswith(FORMATS["parquet"].endings)


def _run(query: Query, notes: Notes, folder: Path, fits: Callable[[int, int], bool]) -> KeptFile | Result:
    with query.open(notes) as table:
        pieces = in_pieces(table.batches(table.names))
        held: list[pa.Table] = []
        rows = 0
        for piece in pieces:
            held.append(piece)
            rows += piece.num_rows
            if not fits(rows, rows * len(table.names)):
                folder.mkdir()
                path = folder / "result.parquet"
                _write(chain(_taken(held), pieces), piece.schema, path)
                return KeptFile(path, str(query))
    return Result(pa.concat_tables(held), str(query))


def _taken(tables: list[pa.Table]) -> Iterator[pa.Table]:
    """Tables one by one, each free when the next is asked for."""
    while tables:
        yield tables.pop(0)


def _write(pieces: Iterator[pa.Table], schema: pa.Schema, path: Path) -> None:
    """Write a Parquet file with a row group of each piece."""
    room = Room(path)
    with writing(path):
        writer = pq.ParquetWriter(path, schema, compression="zstd")
    try:
        for piece in pieces:
            with writing(path):
                writer.write_table(piece)
            room.check(path.stat().st_size)
        with writing(path):
            writer.close()
    except BaseException:
        with suppress(OSError, pa.ArrowException):
            writer.close()
        raise


@contextmanager
def _private_folder(folder: Path | None) -> Iterator[Path]:
    """A new folder that only its owner can read, removed after the block; a temporary one if there is no path."""
    if folder is None:
        with tempfile.TemporaryDirectory(prefix="netable-") as made:
            yield Path(made)
        return
    shutil.rmtree(folder, ignore_errors=True)
    try:
        folder.mkdir(mode=0o700)
    except OSError as error:
        raise FileError(f"{folder} cannot be made: {error.strerror}.") from error
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
