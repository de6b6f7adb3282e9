"""A table that is too large for memory: a sample of its rows, and a way to all of them."""

from __future__ import annotations

import json
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
from netable.errors import DataError, SchemaError, UserError, silence, warn
from netable.fit.stored.cache import RowCache
from netable.system.notes import Notes
from netable.system.wording import counted
from netable.table.canonical.arrow import is_text_type
from netable.table.canonical.forms import storages
from netable.table.canonical.table import canonical_table, tidy_names
from netable.table.encode import Encoder
from netable.table.kinds.column import Column
from netable.table.reading.row_sample import RowSampler
from netable.table.reading.sources import stacked
from netable.table.reading.stream import Piece, TableStream
from netable.table.target_values import has_target, labelled

T = TypeVar("T")
# Levels of a category at most; further ones, of a column that has more, count as never seen.
MOST_LEVELS = 1 << 20
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
        levels = _of_all(
            {name: self._levels(columns[name], found) for name, found in texts.items()}, self.executor
        )
        known = dict(encoder.levels)
        for name, of_column in levels.items():
            if of_column is None:
                warn(
                    f"{name!r} has over {MOST_LEVELS:,} levels; those that the sample lacks count as never seen."
                )
            else:
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


class DistinctValues:
    """The distinct values of a column that is read in pieces, if there are not too many."""

    def __init__(self) -> None:
        self._found: dict[pa.DataType, list[pa.Array]] = {}  # files may have other types
        self._n_once = self._n_all = 0

    def add(self, column: pa.ChunkedArray) -> None:
        """The next piece."""
        if self.are_too_many:
            return
        for chunk in column.chunks:
            values = _each_once(chunk)
            self._found.setdefault(values.type, []).append(values)
            self._n_all += len(values)
        if self._n_all > 2 * self._n_once:
            self._found = {values.type: [values] for values in self.values()}
            self._n_once = self._n_all = sum(len(values) for (values,) in self._found.values())

    def values(self) -> list[pa.Array]:
        """All of them, each once, an array for each type."""
        return [pc.unique(pa.chunked_array(arrays)) for arrays in self._found.values()]

    @property
    def are_too_many(self) -> bool:
        """True if there are more than levels of a category."""
        return self._n_once > MOST_LEVELS


def _each_once(values: pa.Array) -> pa.Array:
    try:
        distinct = pc.unique(values)
    except pa.ArrowNotImplementedError:  # lists, which no category can be read from
        return values.slice(0, 0)
    if pa.types.is_dictionary(distinct.type):
        distinct = distinct.dictionary.take(distinct.indices)
    return distinct.cast(pa.large_string()) if is_text_type(distinct.type) else distinct


def fits(stream: TableStream, memory: float) -> bool:
    """True if a table can probably be fitted within so many bytes."""
    rows, cells, text = stream.size()
    return BYTES_AT_LEAST + BYTES_A_ROW * rows + BYTES_A_CELL * cells + BYTES_A_CHARACTER * text <= memory


def rows_within(memory: float, columns: int) -> int:
    """The rows of so many columns that half of the memory holds; the rest is for pieces and for training."""
    size = (memory - BYTES_AT_LEAST) / 2 / (BYTES_A_ROW + BYTES_A_CELL * columns)
    return int(min(MOST_ROWS, max(FEWEST_ROWS, size)))


def read_sample(
    stream: TableStream, settings: Settings, memory: float, cache: RowCache
) -> tuple[pa.Table, AllRows | None]:
    """The table that a stream reads, or a random sample of it and the way to all rows.

    Parameters
    ----------
    memory : float
        Bytes for everything.
    cache : RowCache
        See `AllRows`.

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
    notes.warn()
    if is_whole:
        return labelled(table, settings)[0], None
    if (known := has_target(table, settings)) is not None:
        table, numbers = labelled(table, settings)[0], numbers[known]
    return table, AllRows(stream, settings, storages(table), numbers, n_rows, cache, are_named)


@contextmanager
def named(source: str) -> Iterator[None]:
    """Name the place of some rows in errors about them, without warnings: those of the sample have been said."""
    try:
        with silence():
            yield
    except (DataError, SchemaError) as error:
        raise type(error)(f"{source}: {error}") from error


def _of_all(levels: dict[str, set[str] | None], executor: Executor) -> dict[str, set[str] | None]:
    """The levels that all processes have found; None of a column that has too many."""
    if executor.size == 1:
        given = [levels]
    else:
        mine = {name: None if found is None else list(found) for name, found in levels.items()}
        given = [json.loads(content) for content in executor.exchange(json.dumps(mine).encode())]
    for name in levels:
        parts = [of_process[name] for of_process in given]
        whole = set[str]().union(*(part for part in parts if part is not None))
        levels[name] = None if None in parts or len(whole) > MOST_LEVELS else whole
    return levels
