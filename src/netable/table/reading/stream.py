"""Files of one table, read piece by piece, so that the table is never whole in memory."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa

from netable.config.reading import ReadOptions
from netable.errors import FileError
from netable.system.notes import Notes
from netable.table.canonical.table import canonical_table
from netable.table.reading.recognize import read_pieces, size_of
from netable.table.reading.sources import check_alike, find_files, with_keys
from netable.table.reading.table_file import TableFile


class Piece(NamedTuple):
    """Some rows of a table.

    Attributes
    ----------
    table : pyarrow.Table
        As read, its texts not yet typed.
    path : Path
        The file.
    first_row : int
        The row of the file that is the first of these, from 0.
    """

    table: pa.Table
    path: Path
    first_row: int

    @property
    def source(self) -> str:
        """The place of the rows, for messages."""
        below = f", below row {self.first_row:,}" if self.first_row else ""
        return f"{self.path}{below}"


class TableStream:
    """Files, folders and patterns of one table, to be read in pieces as often as needed, always in the same order.

    Parameters
    ----------
    given : sequence of str
        Paths.
    options : ReadOptions

    Raises
    ------
    FileError
        If there is no such file.
    """

    def __init__(self, given: Sequence[str], options: ReadOptions) -> None:
        self.paths = [file for path in given for file in find_files(path)]
        self.options = options
        self.notes = Notes(", ".join(given[:3]))
        self._states = {path: _state(path) for path in self.paths}

    def size(self) -> tuple[int, int, int]:
        """Rows and cells of all Parquet files, and bytes of all others."""
        sizes = [size_of(path, self._file(path)) for path in self.paths]
        rows, cells, size = (sum(part) for part in zip(*sizes, strict=True))
        return rows, cells, size

    def pieces(self, columns: Collection[str] | None = None) -> Iterator[Piece]:
        """The table in pieces of bounded size, of which the first may be empty.

        Parameters
        ----------
        columns : collection of str, optional
            The only columns to read; names that the table lacks are ignored.

        Raises
        ------
        FileError
            If a file is damaged or not a table, or has changed since the stream was made.
        SchemaError
            If a file has other columns than the first.
        """
        first: list[str] | None = None
        for path in self.paths:
            first_row = 0
            for table in read_pieces(path, self._file(path), columns):
                table = with_keys(table, path, columns)
                first = table.column_names if first is None else first
                check_alike(table.column_names, path, first, self.paths[0])
                yield Piece(table, path, first_row)
                first_row += table.num_rows
            if _state(path) != self._states[path]:
                raise FileError(
                    f"{path}: has changed while it was read. Start again when nothing writes to it."
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

    def _file(self, path: Path) -> TableFile:
        return TableFile(str(path), self.options, self.notes)


def _state(path: Path) -> tuple[int, int, int]:
    try:
        state = path.stat()
    except OSError as error:
        raise FileError(f"{path}: cannot be read ({error.strerror or error}).") from error
    return state.st_ino, state.st_size, state.st_mtime_ns
