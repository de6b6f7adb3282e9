"""The table at one place, whatever the place: whole, in pieces, its size, and whether it has changed."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeGuard

import pyarrow as pa

from netable.config.formats import FORMATS
from netable.errors import FileError
from netable.table.reading.base.table_file import TableFile
from netable.table.reading.formats.columnar import parquet_pieces, parquet_size, read_parquet
from netable.table.reading.formats.recognize import read_file, read_pieces, size_of
from netable.table.reading.places.batches import batch_pieces, read_batches
from netable.table.reading.places.copies import copied
from netable.table.reading.places.kept import KeptFile, in_parts, is_parquet_name
from netable.table.reading.places.keys import with_keys
from netable.table.reading.places.lakes import DeltaTable, IcebergTable
from netable.table.reading.places.pipe import Pipe
from netable.table.reading.places.queries import Query, Result
from netable.table.reading.places.stored import StoredFile
from netable.table.reading.places.web import RangedFile, WebFile

Batched = DeltaTable | IcebergTable | Query | Result
Place = Path | KeptFile | StoredFile | WebFile | RangedFile | Pipe | Batched


def read_place(place: Place, file: TableFile, columns: Collection[str] | None) -> pa.Table:
    """The table at a place.

    Parameters
    ----------
    file : TableFile
        What is known of it.
    columns : collection of str, optional
        The only columns to read.

    Raises
    ------
    UserError
        If there is none, or it cannot be read.
    """
    if isinstance(place, Batched):
        return read_batches(place, file.notes, columns, file.used)
    with _opened(place, file, columns) as source:
        read = read_file if isinstance(source, Path) else read_parquet
        return with_keys(read(source, file, columns), place.parts, columns)


def place_pieces(place: Place, file: TableFile, columns: Collection[str] | None) -> Iterator[pa.Table]:
    """As `read_place`, in pieces of bounded size, of which there is one at least."""
    if isinstance(place, Batched):
        yield from batch_pieces(place, file.notes, columns, file.used)
        return
    with _opened(place, file, columns) as source:
        pieces = read_pieces if isinstance(source, Path) else parquet_pieces
        yield from (with_keys(table, place.parts, columns) for table in pieces(source, file, columns))


def place_size(place: Place, file: TableFile) -> tuple[int, int, int]:
    """Rows and cells, or else the bytes of a file; nothing of what is yet to be fetched."""
    if isinstance(place, DeltaTable | IcebergTable):
        rows, columns = place.size
        return rows, rows * columns, 0
    if isinstance(place, Result):
        return place.table.num_rows, place.table.num_rows * place.table.num_columns, 0
    if isinstance(place, Query | WebFile | Pipe):
        return 0, 0, 0
    if isinstance(place, StoredFile) and not _is_parquet(place):
        return 0, 0, place.state[0]
    with _opened(place, file) as source:
        return size_of(source, file) if isinstance(source, Path) else (*parquet_size(source, file), 0)


def place_state(place: Place) -> tuple[int | None, ...]:
    """What changes when a file is written; nothing of places that do not tell, or do not change."""
    if isinstance(place, StoredFile):
        return place.state
    if not isinstance(place, Path):
        return ()
    try:
        state = place.stat()
    except OSError as error:
        raise FileError(f"{place}: cannot be read ({error.strerror or error}).") from error
    return state.st_ino, state.st_size, state.st_mtime_ns


@contextmanager
def _opened(
    place: Path | KeptFile | StoredFile | WebFile | RangedFile | Pipe,
    file: TableFile,
    columns: Collection[str] | None = None,
) -> Iterator[Path | pa.NativeFile]:
    """A file on this machine with the table, or a Parquet file that is read where it is."""
    if columns is not None or file.used is not None:
        place = in_parts(place)
    if isinstance(place, Path):
        yield place
    elif isinstance(place, KeptFile):
        yield place.path
    elif isinstance(place, RangedFile) or _is_parquet(place):
        file.notes.add_fact("format", FORMATS["parquet"].called)
        with place.open() as source:
            yield source
    else:
        with copied(place) as copy:
            yield copy


def _is_parquet(place: StoredFile | WebFile | Pipe) -> TypeGuard[StoredFile]:
    """True for a file that is read where it is."""
    return isinstance(place, StoredFile) and is_parquet_name(place.name)
