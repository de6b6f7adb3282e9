"""Files of one table, read piece by piece, so that the table is never whole in memory."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa

from netable.config.reading import ReadOptions
from netable.errors import FileError
from netable.system.notes import Notes
from netable.system.urls import shown
from netable.table.canonical.table import canonical_table
from netable.table.reading.base.table_file import TableFile
from netable.table.reading.place import Place, place_pieces, place_size, place_state
from netable.table.reading.places.kept import kept
from netable.table.reading.places.stored import StoredFile
from netable.table.reading.sources import Given, check_alike, find_tables, read_places


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
    """One table, to be read in pieces as often as needed, always in one order.

    Parameters
    ----------
    given : sequence of str, places and Found
        Paths, folders, patterns and URLs of its files, or places that have been found. What can be read only once is to
        be read within `lasting`.
    options : ReadOptions
    used : collection of str, optional
        The columns whose cells matter, as of `netable.table.reading.read.read`.

    Raises
    ------
    FileError
        If there is no such file.
    """

    def __init__(
        self,
        given: Sequence[Given],
        options: ReadOptions,
        used: Collection[str] | None = None,
        notes: Notes | None = None,
    ) -> None:
        self.places = [place for one in given for place in find_tables(one)]
        self.options, self.used = options, used
        self.notes = notes or Notes(source_of(given))
        self._states = [place_state(place) for place in self.places]

    @contextmanager
    def lasting(self, folder: Path | None, fits: Callable[[int, int], bool]) -> Iterator[TableStream]:
        """The same table, which can be read several times in the block; arguments as of `places.kept.kept`."""
        with kept(self.places, self.notes, folder, fits) as places:
            yield self if places == self.places else TableStream(places, self.options, self.used, self.notes)

    def read(self, storage: Mapping[str, str] | None = None) -> pa.Table:
        """The whole table, canonical; as `netable.table.reading.read.read`, but the notes are not told."""
        return read_places(self.places, self.options, self.notes, storage, used=self.used)

    def size(self) -> tuple[int, int, int]:
        """Rows and cells of Parquet files, lakes and results of queries, and bytes of other files."""
        sizes = [place_size(place, self._file(place)) for place in self.places]
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
            first_row = 0
            if rows is not None and not rows.start <= number < rows.stop:
                known = self._known_rows(place)
                if known and not rows.start - known < number < rows.stop:
                    number += known
                    continue
            file = self._file(place)._replace(each_text_once=each_text_once)
            for table in place_pieces(place, file, columns):
                first = table.column_names if first is None else first
                check_alike(table.column_names, place, first, self.places[0])
                yield Piece(table, place, first_row, number)
                first_row += table.num_rows
                number += table.num_rows
            if place_state(place) != state:
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

    def _known_rows(self, place: Place) -> int:
        """The rows of a file that tells them; 0 of others, and of lakes, whose rows may be deleted."""
        is_file = isinstance(place, Path | StoredFile)
        return place_size(place, self._file(place))[0] if is_file else 0

    def _file(self, place: Place) -> TableFile:
        return TableFile(str(place), self.options, self.notes, used=self.used)


def source_of(given: Sequence[Given]) -> str:
    """What messages call a table."""
    return ", ".join(shown(str(one)) for one in given[:3])
