"""A table that is too large for memory: a sample of its rows, and a way to all of them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from netable.config.settings import Settings
from netable.errors import DataError, SchemaError, silence, warn
from netable.system.notes import Notes
from netable.system.wording import counted
from netable.table.canonical.forms import storages
from netable.table.canonical.table import canonical_table
from netable.table.encode import Encoder
from netable.table.reading.row_sample import RowSampler
from netable.table.reading.sources import stacked
from netable.table.reading.stream import TableStream
from netable.table.target_values import has_target, labelled

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
    """

    table: pa.Table
    numbers: NDArray[np.int64]
    source: str


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
    folder : Path
        Where encoded rows may be stored for the time of a fit.
    are_named : bool
        All columns have names; others are named by their place, so that all columns have to be read.
    """

    stream: TableStream
    settings: Settings
    storage: Mapping[str, str]
    sampled: NDArray[np.int64]
    n_rows: int
    folder: Path
    are_named: bool = True

    def pieces(self, columns: Collection[str]) -> Iterator[SomeRows]:
        """All rows in pieces, with the columns of these names and the target.

        Raises
        ------
        DataError, SchemaError
            If a value does not fit its column; the error names the file and the row.
        """
        n_rows = 0
        storage = {name: self.storage[name] for name in columns if name in self.storage}
        for piece in self.stream.pieces(storage.keys() if self.are_named else None):
            table = canonical_table(
                piece.table,
                notes=Notes(piece.source),
                options=self.stream.options,
                storage=storage,
                columns=storage.keys(),
            )
            numbers = np.arange(n_rows, n_rows + table.num_rows)
            n_rows += table.num_rows
            if (known := has_target(table, self.settings)) is not None:
                table, numbers = table.filter(pa.array(known)), numbers[known]
            yield SomeRows(table, numbers, piece.source)

    def with_all_levels(self, encoder: Encoder) -> Encoder:
        """An encoder that also knows the levels of categories that no row of the sample has."""
        columns = [c for c in encoder.schema.used if encoder.widths.get(c.name) == 1]
        if not columns:
            return encoder
        levels = {column.name: set(encoder.levels[column.name]) for column in columns}
        names = {*levels, *_names(self.settings.target)}
        for piece in self.pieces(names):
            with named(piece.source):
                for column in columns:
                    found = column.select(piece.table.column(column.name))
                    levels[column.name].update(pc.unique(found).drop_null().to_pylist())
            for name in [name for name, found in levels.items() if len(found) > MOST_LEVELS]:
                warn(
                    f"{name!r} has over {MOST_LEVELS:,} levels; those that the sample lacks count as never seen."
                )
                columns = [column for column in columns if column.name != name]
                del levels[name]
        known = {name: tuple(sorted(found)) for name, found in levels.items()}
        return replace(encoder, levels={**encoder.levels, **known})


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


def read_sample(
    stream: TableStream, settings: Settings, memory: float, folder: Path
) -> tuple[pa.Table, AllRows | None]:
    """The table that a stream reads, or a random sample of it and the way to all rows.

    Parameters
    ----------
    memory : float
        Bytes for everything.
    folder : Path
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
    return table, AllRows(stream, settings, storages(table), numbers, n_rows, folder, are_named)


@contextmanager
def named(source: str) -> Iterator[None]:
    """Name the place of some rows in errors about them, without warnings: those of the sample have been said."""
    try:
        with silence():
            yield
    except (DataError, SchemaError) as error:
        raise type(error)(f"{source}: {error}") from error


def _names(target: str | tuple[str, ...] | None) -> tuple[str, ...]:
    return (target,) if isinstance(target, str) else target or ()
