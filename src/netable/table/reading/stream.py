"""Files of one table, read piece by piece, so that the table is never whole in memory."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa

from netable.config.reading import ReadOptions
from netable.errors import FileError
from netable.system.notes import Notes
from netable.system.urls import shown
from netable.table.canonical.table import canonical_table
from netable.table.reading.base.table_file import TableFile
from netable.table.reading.formats.columnar import parquet_pieces, parquet_size
from netable.table.reading.formats.recognize import read_pieces, size_of
from netable.table.reading.places.keys import with_keys
from netable.table.reading.places.lakes import DeltaTable, IcebergTable, lake_pieces
from netable.table.reading.places.stored import StoredFile
from netable.table.reading.sources import Place, check_alike, find_tables, is_stored_parquet


class Piece(NamedTuple):
    """Some rows of a table.

    Attributes
    ----------
    table : pyarrow.Table
        As read, its texts not yet typed.
    place : Path or another place
        The file, or the table of a lake.
    first_row : int
        The row of the file that is the first of these, from 0.
    number : int
        The same, of all files.
    """

    table: pa.Table
    place: Place
    first_row: int
    number: int

    @property
    def source(self) -> str:
        """The place of the rows, for messages."""
        below = f", below row {self.first_row:,}" if self.first_row else ""
        return f"{self.place}{below}"

    def within(self, rows: range) -> Piece:
        """The part of it that lies within a range of the rows of all files."""
        start = max(0, rows.start - self.number)
        some = self.table.slice(start, max(0, rows.stop - self.number - start))
        return Piece(some, self.place, self.first_row + start, self.number + start)

    def cut(self, unit: int) -> Iterator[Piece]:
        """Its parts between multiples of so many rows of all files."""
        end = self.number + self.table.num_rows
        for start in range(self.number // unit * unit, end, unit):
            yield self.within(range(start, start + unit))


class TableStream:
    """Files, folders, patterns and URLs of one table, to be read in pieces as often as needed, always in one order.

    Parameters
    ----------
    given : sequence of str
        Paths and URLs.
    options : ReadOptions
    used : collection of str, optional
        The columns whose cells matter, as of `netable.table.reading.read.read`.

    Raises
    ------
    FileError
        If there is no such file.
    """

    def __init__(
        self, given: Sequence[str], options: ReadOptions, used: Collection[str] | None = None
    ) -> None:
        self.places = [place for path in given for place in find_tables(path)]
        self.options, self.used = options, used
        self.notes = Notes(", ".join(map(shown, given[:3])))
        self._states = [_state(place) for place in self.places]

    def size(self) -> tuple[int, int, int]:
        """Rows and cells of all Parquet files, and bytes of others; nothing of lakes and the web, which do not tell."""
        sizes = [self._size_of(place) for place in self.places]
        rows, cells, size = (sum(part) for part in zip(*sizes, strict=True))
        return rows, cells, size

    def identity(self) -> list[tuple[str, tuple[int | None, ...]]] | None:
        """Each place, and what changes when it is written; None if one of them does not tell."""
        if not all(state and None not in state for state in self._states):
            return None
        return [(str(place), state) for place, state in zip(self.places, self._states, strict=True)]

    def pieces(
        self,
        columns: Collection[str] | None = None,
        rows: range | None = None,
        *,
        each_text_once: bool = False,
    ) -> Iterator[Piece]:
        """The table in pieces of bounded size, of which the first may be empty.

        Parameters
        ----------
        columns : collection of str, optional
            The only columns to read; names that the table lacks are ignored.
        rows : range, optional
            The only rows that are needed, by their numbers in all files; other Parquet files are not read.
        each_text_once : bool
            Read columns of texts as dictionaries, where that is faster.

        Raises
        ------
        FileError
            If a file is damaged or not a table, or has changed since the stream was made.
        SchemaError
            If a file has other columns than the first.
        """
        first: list[str] | None = None
        number = 0
        for place, state in zip(self.places, self._states, strict=True):
            first_row, known = 0, 0 if rows is None else self._size_of(place)[0]
            if rows is not None and known and not rows.start - known < number < rows.stop:
                number += known
                continue
            for table in self._pieces_of(place, columns, each_text_once=each_text_once):
                first = table.column_names if first is None else first
                check_alike(table.column_names, place, first, self.places[0])
                yield Piece(table, place, first_row, number)
                first_row += table.num_rows
                number += table.num_rows
            if _state(place) != state:
                raise FileError(
                    f"{place}: has changed while it was read. Start again when nothing writes to it."
                )

    def canonical(
        self, storage: Mapping[str, str], columns: Collection[str] | None = None
    ) -> Iterator[pa.Table]:
        """The pieces as canonical tables of columns cast to their storage.

        Raises
        ------
        DataError
            If a value does not fit; the error names the file and the row.
        """
        for piece in self.pieces(columns):
            notes = self.notes.at(piece.source)
            yield canonical_table(piece.table, notes=notes, options=self.options, storage=storage)

    def _pieces_of(
        self, place: Place, columns: Collection[str] | None, *, each_text_once: bool
    ) -> Iterator[pa.Table]:
        if isinstance(place, DeltaTable | IcebergTable):
            yield from lake_pieces(place, columns, self.used)
            return
        file = self._file(place)._replace(each_text_once=each_text_once)
        if isinstance(place, Path):
            pieces = read_pieces(place, file, columns)
        elif is_stored_parquet(place):
            pieces = parquet_pieces(place.open(), file, columns)
        else:
            with place.copied() as copy:
                yield from (with_keys(t, place.parts, columns) for t in read_pieces(copy, file, columns))
            return
        yield from (with_keys(table, place.parts, columns) for table in pieces)

    def _size_of(self, place: Place) -> tuple[int, int, int]:
        if isinstance(place, Path):
            return size_of(place, self._file(place))
        if is_stored_parquet(place):
            return *parquet_size(place.open(), self._file(place)), 0
        return 0, 0, place.state[0] if isinstance(place, StoredFile) else 0

    def _file(self, place: Place) -> TableFile:
        return TableFile(str(place), self.options, self.notes, used=self.used)


def _state(place: Place) -> tuple[int | None, ...]:
    """What changes when a file is written; nothing of places that do not tell."""
    if isinstance(place, StoredFile):
        return place.state
    if not isinstance(place, Path):
        return ()
    try:
        state = place.stat()
    except OSError as error:
        raise FileError(f"{place}: cannot be read ({error.strerror or error}).") from error
    return state.st_ino, state.st_size, state.st_mtime_ns
