"""A table that is too large for memory: a sample of its rows, and a way to all of them."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from netable.compute.executor import ALONE, Executor
from netable.compute.threads import free_cores, in_order
from netable.config.settings import Settings
from netable.errors import DataError, SchemaError, UserError, silence
from netable.fit.stored.cache import RowCache
from netable.fit.stored.levels import DistinctValues, levels_of_all
from netable.system.notes import Notes
from netable.system.wording import counted
from netable.table.asked import check_asked
from netable.table.canonical.forms import storages
from netable.table.canonical.table import canonical_table, tidy_names
from netable.table.encode import Encoder
from netable.table.kinds.column import Column
from netable.table.reading.row_sample import RowSampler
from netable.table.reading.sources import stacked
from netable.table.reading.stream import Piece, TableStream
from netable.table.target_values import has_target, labelled

T = TypeVar("T")
# Rows of a sample: more would change no figure that is shown, and fewer could not judge a network.
MOST_ROWS, FEWEST_ROWS = 1 << 20, 10_000
# Memory of a fit: of Python and its libraries, of each row (weights, folds and predictions of all members), of each
# cell, and of each character of text files. Measured with a million rows of 21 columns, which take 1.7 GB.
BYTES_AT_LEAST, BYTES_A_ROW, BYTES_A_CELL, BYTES_A_CHARACTER = 6e8, 200, 50, 8


class SomeRows(NamedTuple):
    """Some rows of the table, those without a target left out.

    Attributes
    ----------
    table : pyarrow.Table
        Canonical.
    numbers : (rows,), rising
        Their numbers in the files, from 0.
    source : str
        Their place, for messages.
    first : int
        The number of the first of them, which may be left out.
    """

    table: pa.Table
    numbers: NDArray[np.int64]
    source: str
    first: int


@dataclass(frozen=True)
class AllRows:
    """All rows of a table of which a sample is in memory.

    Attributes
    ----------
    storage : mapping of column name to storage
        As the sample shows it; other rows are cast to it.
    sampled : (rows in the sample,), rising
        The numbers of the sample's rows.
    n_rows : int
        Rows of the files.
    cache : RowCache
        Where encoded rows are stored.
    are_named : bool
        All columns have names; others are named by their place, so that all columns have to be read.
    executor : Executor
        The processes that share the work of reading and encoding.
    """

    stream: TableStream
    settings: Settings
    storage: Mapping[str, str]
    sampled: NDArray[np.int64]
    n_rows: int
    cache: RowCache
    are_named: bool = True
    executor: Executor = ALONE

    def share(self, unit: int = 1) -> range:
        """The rows of this process: neighbours, which begin and end at multiples of `unit`."""
        units, rank, size = -(-self.n_rows // unit), self.executor.rank, self.executor.size
        return range(units * rank // size * unit, units * (rank + 1) // size * unit)

    def identity(self) -> list[Any]:
        """What determines the rows, as plain values; never the same of places that do not tell when they change."""
        places = self.stream.identity() or secrets.token_hex()
        return [places, repr(self.stream.options), self.settings.missing_target, dict(self.storage)]

    def each(self, columns: Collection[str], make: Callable[[SomeRows], T], unit: int) -> Iterator[T]:
        """What a function makes of the rows of this process in pieces, in their order, several pieces side by side.

        Parameters
        ----------
        columns : collection of str
            The columns that the function needs, the target among them; names that the table lacks are ignored.
        unit : int
            No piece goes beyond a multiple of so many rows.

        Raises
        ------
        DataError, SchemaError
            If a value does not fit its column; the error names the file and the row.
        """
        storage = {name: self.storage[name] for name in columns if name in self.storage}
        pieces = (part for piece in self._pieces(storage, self.share(unit)) for part in piece.cut(unit))

        def made(piece: Piece) -> T:
            return make(self._rows(piece, storage))

        return in_order(made, pieces, free_cores())

    def _pieces(
        self, columns: Collection[str], rows: range, *, each_text_once: bool = False
    ) -> Iterator[Piece]:
        chosen = columns if self.are_named else None
        for piece in self.stream.pieces(chosen, rows, each_text_once=each_text_once):
            if (some := piece.within(rows)).table.num_rows:
                yield some

    def _rows(self, piece: Piece, storage: Mapping[str, str]) -> SomeRows:
        table = canonical_table(
            piece.table,
            notes=Notes(piece.source),
            options=self.stream.options,
            storage=storage,
            columns=storage.keys(),
        )
        numbers = np.arange(piece.number, piece.number + table.num_rows)
        if (known := has_target(table, self.settings)) is not None:
            table, numbers = table.filter(pa.array(known)), numbers[known]
        return SomeRows(table, numbers, piece.source, piece.number)

    def with_all_levels(self, encoder: Encoder) -> Encoder:
        """An encoder that also knows the levels of categories that no row of the sample has."""
        columns = {c.name: c for c in encoder.schema.used if encoder.widths.get(c.name) == 1}
        if not columns:
            return encoder
        texts = {name: DistinctValues() for name in columns}
        for piece in self._pieces(columns, self.share(), each_text_once=True):
            table = piece.table.rename_columns(tidy_names(piece.table.column_names, Notes(piece.source)))
            for name, found in texts.items():
                found.add(table.column(name))
        levels = levels_of_all(
            {name: self._levels(columns[name], found) for name, found in texts.items()}, self.executor
        )
        known = dict(encoder.levels)
        for name, of_column in levels.items():
            if of_column is not None:
                known[name] = tuple(sorted(of_column.union(known[name])))
        return replace(encoder, levels=known)

    def _levels(self, column: Column, found: DistinctValues) -> set[str] | None:
        """The levels of a category among the values that were found; None if there are too many."""
        if found.are_too_many:
            return None
        name, levels = column.name, set[str]()
        for values in found.values():
            with suppress(UserError), silence():  # the reading that encodes rows names the file and the row
                table = canonical_table(
                    pa.table({name: values}),
                    notes=Notes(self.stream.notes.source),
                    options=self.stream.options,
                    storage={name: self.storage[name]},
                )
                levels.update(pc.unique(column.select(table.column(name))).drop_null().to_pylist())
        return levels


def fits(stream: TableStream, memory: float) -> bool:
    """True if a table can probably be fitted within so many bytes."""
    return are_within(*stream.size(), memory=memory)


def are_within(rows: int, cells: int, text: int = 0, *, memory: float) -> bool:
    """True if a fit of so many rows and cells, or bytes of text, probably needs no more than so many bytes."""
    return BYTES_AT_LEAST + BYTES_A_ROW * rows + BYTES_A_CELL * cells + BYTES_A_CHARACTER * text <= memory


def rows_within(memory: float, columns: int) -> int:
    """The rows of so many columns that half of the memory holds; the rest is for pieces and for training."""
    size = (memory - BYTES_AT_LEAST) / 2 / (BYTES_A_ROW + BYTES_A_CELL * columns)
    return int(min(MOST_ROWS, max(FEWEST_ROWS, size)))


class Sample(NamedTuple):
    """Random rows of a table, or all of them.

    Attributes
    ----------
    table : pyarrow.Table
        Canonical; all rows have a target.
    numbers : (rows,), rising
        Their numbers in the files, from 0.
    n_rows : int
        Rows of the files.
    are_named : bool
        See `AllRows`.
    is_whole : bool
        All rows of the files were drawn.
    """

    table: pa.Table
    numbers: NDArray[np.int64]
    n_rows: int
    are_named: bool
    is_whole: bool


def read_sample(
    stream: TableStream, settings: Settings, memory: float, cache: RowCache
) -> tuple[pa.Table, AllRows | None]:
    """As `draw_sample`, and the way to all rows if the sample does not hold them; `cache` as of `AllRows`."""
    sample = draw_sample(stream, settings, memory)
    if sample.is_whole:
        return sample.table, None
    storage = storages(sample.table)
    rows = AllRows(stream, settings, storage, sample.numbers, sample.n_rows, cache, sample.are_named)
    return sample.table, rows


def draw_sample(stream: TableStream, settings: Settings, memory: float) -> Sample:
    """As many rows of the table that a stream reads as fit into memory, drawn at random.

    Parameters
    ----------
    memory : float
        Bytes for everything.

    Raises
    ------
    UserError
        If the table cannot be read.

    Warns
    -----
    DataWarning
        About automatic decisions, and that there is a sample.
    """
    sampler = None
    for piece in stream.pieces():
        sampler = sampler or RowSampler(rows_within(memory, piece.table.num_columns), settings.seed)
        sampler.add(piece.table)
    assert sampler  # there is one piece at least
    tables, numbers, n_rows = sampler.sample()
    table = stacked(tables, stream.notes.source)
    are_named = all(map(str.strip, table.column_names))
    is_whole = len(numbers) == n_rows
    notes = (
        stream.notes
        if is_whole
        else Notes(f"{stream.notes.source}, a sample of {counted(len(numbers), 'row')}")
    )
    table = canonical_table(table, notes=notes, options=stream.options, storage=None)
    check_asked(settings, table.column_names)
    notes.warn()
    if (known := has_target(table, settings)) is not None:
        table, numbers = labelled(table, settings)[0], numbers[known]
    return Sample(table, numbers, n_rows, are_named, is_whole)


@contextmanager
def named(source: str) -> Iterator[None]:
    """Name the place of some rows in errors about them, without warnings: those of the sample have been said."""
    try:
        with silence():
            yield
    except (DataError, SchemaError) as error:
        raise type(error)(f"{source}: {error}") from error
