"""Tables that may be larger than the memory of a command."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from netable.cli import options as opt
from netable.cli.memory import memory_limit
from netable.cli.output import say
from netable.config.reading import ReadOptions
from netable.config.settings import Settings
from netable.system.wording import sampled

# Of the choice of rows.
_SEED = 0

if TYPE_CHECKING:
    import pyarrow as pa

    from netable.model.model import Model
    from netable.table.reading.sources import Given
    from netable.table.reading.stream import TableStream


@contextmanager
def lasting(
    given: list[Given],
    options: ReadOptions,
    memory: float,
    *,
    used: frozenset[str] | None = None,
    folder: Path | None = None,
) -> Iterator[tuple[TableStream, bool]]:
    """A table that can be read several times in the block, and whether it probably fits into so many bytes.

    Parameters
    ----------
    folder : Path, optional
        For what can be read only once and does not fit; see `netable.table.reading.places.kept.kept`.
    """
    from netable.fit.stored.all_rows import are_within, fits
    from netable.table.reading.stream import TableStream

    with TableStream(given, options, used).lasting(folder, partial(are_within, memory=memory)) as stream:
        yield stream, fits(stream, memory)


class Labelled(NamedTuple):
    """A table for a model, or a random sample of its rows if it is beyond memory.

    Attributes
    ----------
    table : pyarrow.Table
        Canonical; the rows that are in memory.
    n_rows : int
        Rows of the whole table.
    pieces : callable
        All rows of the table, in canonical pieces, with the columns that the model uses.
    """

    table: pa.Table
    n_rows: int
    pieces: Callable[[], Iterator[pa.Table]]

    @property
    def drawn_from(self) -> int | None:
        """Rows of the table if there is a sample of them."""
        return self.n_rows if self.n_rows > self.table.num_rows else None

    @property
    def told(self) -> dict[str, int]:
        """What results say about the rows, if there is a sample."""
        return {"rows": self.table.num_rows, "drawn_from": self.n_rows} if self.drawn_from else {}

    def say(self) -> None:
        """Print it, if there is a sample."""
        if self.drawn_from:
            say(f"measured on {sampled(self.table.num_rows, self.n_rows)}")


@contextmanager
def labelled(
    model: Model,
    given: list[Given],
    typed: dict[str, Any],
    memory: str | None,
    *,
    also: tuple[str, ...] = (),
    keep: Callable[[pa.Table], pa.Table] = lambda table: table,
) -> Iterator[Labelled]:
    """A table with columns and target of the types of a model, in the block.

    Parameters
    ----------
    also : tuple of str
        Further columns to read.
    keep : callable
        The rows of a table to take.
    """
    storage = model.schema.storage | model.target.storage
    limit, used = memory_limit(memory), model.columns_used.union(also)
    with lasting(given, opt.reading_for(model, typed), limit, used=used) as (stream, is_small):
        if is_small:
            table = keep(stream.read(storage))
            stream.notes.warn()
            yield Labelled(table, table.num_rows, lambda: iter([table]))
            return

        def pieces() -> Iterator[pa.Table]:
            for piece in map(keep, stream.canonical(storage)):
                # Others are typed by their values, which differ from piece to piece.
                yield piece.select([name for name in piece.column_names if name in storage])

        table, n_rows = _sample(pieces(), limit)
        stream.notes.warn()
        yield Labelled(table, n_rows, pieces)


def table_or_sample(
    given: list[Given], settings: Settings, memory: str | None
) -> tuple[pa.Table, int | None]:
    """A table to learn from; or a random sample of its rows, and how many there are, if it is beyond memory."""
    from netable.fit.stored.all_rows import draw_sample

    limit = memory_limit(memory)
    with lasting(given, ReadOptions.of(settings), limit) as (stream, is_small):
        if is_small:
            return read_to_learn(stream, settings), None
        sample = draw_sample(stream, settings, limit)
        return sample.table, None if sample.is_whole else sample.n_rows


def read_to_learn(stream: TableStream, settings: Settings) -> pa.Table:
    """A whole table; its notes are told once it has the columns that the settings name, which is an error else."""
    from netable.table.asked import check_asked

    table = stream.read()
    check_asked(settings, table.column_names)
    stream.notes.warn()
    return table


def _sample(pieces: Iterator[pa.Table], memory: float) -> tuple[pa.Table, int]:
    """As many rows as the memory holds, and how many there are."""
    import pyarrow as pa

    from netable.fit.stored.all_rows import rows_within
    from netable.table.reading.row_sample import RowSampler

    sampler = None
    for piece in pieces:
        sampler = sampler or RowSampler(rows_within(memory, piece.num_columns), _SEED)
        sampler.add(piece)
    assert sampler  # there is one piece at least
    tables, _, n_rows = sampler.sample()
    return pa.concat_tables(tables).unify_dictionaries(), n_rows
