"""Parquet, Arrow and ORC files."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from netable.system.machine import allowed_threads
from netable.table.canonical.arrow import is_text_type
from netable.table.reading.base.columns import chosen, with_unread
from netable.table.reading.base.table_file import TableFile

# Cells of a piece at most; its rows are a multiple of those that a network predicts at once.
CELLS, ROWS = 1 << 19, 512
BUFFER = 1 << 20
_STREAM = b"\xff\xff\xff\xff"


def read_parquet(path: Path | pa.NativeFile, file: TableFile, columns: Collection[str] | None) -> pa.Table:
    """Read a Parquet file, here or elsewhere.

    Raises
    ------
    FileError
        If it is damaged.
    """
    with _damage(file, "Parquet"), pq.ParquetFile(path) as parquet:
        threads = allowed_threads() > 1
        # By name, Parquet would read all columns called `a.…` for a nested column `a`.
        return _chosen(
            parquet.schema_arrow.names, file, columns, lambda names: parquet.read(names, use_threads=threads)
        )


def parquet_pieces(
    path: Path | pa.NativeFile, file: TableFile, columns: Collection[str] | None
) -> Iterator[pa.Table]:
    """Read a Parquet file in pieces of bounded size, of which there is one at least.

    Raises
    ------
    FileError
        If it is damaged.
    """
    with _damage(file, "Parquet"), _in_pieces(path, file) as parquet:
        names = parquet.schema_arrow.names
        wanted = _wanted(names, file, columns)
        rows = max(1, CELLS // max(1, len(names if wanted is None else wanted)) // ROWS) * ROWS
        batches = parquet.iter_batches(rows, columns=wanted, use_threads=allowed_threads() > 1)
        for batch in batches:
            yield _valid(pa.Table.from_batches([batch]), wanted, names, columns)
        if not parquet.metadata.num_rows:
            yield _valid(parquet.read(wanted), wanted, names, columns)


@contextmanager
def _in_pieces(path: Path | pa.NativeFile, file: TableFile) -> Iterator[pq.ParquetFile]:
    # Buffered ahead, the whole file would stay in memory.
    little: dict[str, Any] = {"pre_buffer": False, "buffer_size": BUFFER}
    with pq.ParquetFile(path, **little) as parquet:
        if not file.each_text_once:
            yield parquet
            return
        texts = [field.name for field in parquet.schema_arrow if is_text_type(field.type)]
        with pq.ParquetFile(
            path, metadata=parquet.metadata, read_dictionary=texts, **little
        ) as by_dictionary:
            yield by_dictionary


def parquet_size(path: Path | pa.NativeFile, file: TableFile) -> tuple[int, int]:
    """The rows and cells of a Parquet file."""
    with _damage(file, "Parquet"), pq.ParquetFile(path) as parquet:
        rows = parquet.metadata.num_rows
        return rows, rows * len(parquet.schema_arrow.names)


def read_arrow(path: Path, file: TableFile, columns: Collection[str] | None) -> pa.Table:
    """Read an Arrow IPC file, which Feather is too, or an Arrow stream.

    Raises
    ------
    FileError
        If it is damaged.
    """
    with _damage(file, "Arrow"), pa.OSFile(str(path)) as source:
        is_stream = source.read(len(_STREAM)) == _STREAM
        source.seek(0)
        table = (pa.ipc.open_stream if is_stream else pa.ipc.open_file)(source).read_all()
        return _chosen(
            table.column_names, file, columns, lambda names: table.select(names) if names else table
        )


def read_orc(path: Path, file: TableFile, columns: Collection[str] | None) -> pa.Table:
    """Read an ORC file.

    Raises
    ------
    FileError
        If it is damaged.
    """
    from pyarrow import orc  # half a second on some systems, for a format that few have

    with _damage(file, "ORC"):
        whole = orc.ORCFile(path)
        return _chosen(whole.schema.names, file, columns, whole.read)


def _chosen(
    names: list[str],
    file: TableFile,
    columns: Collection[str] | None,
    read: Callable[[list[str] | None], pa.Table],
) -> pa.Table:
    """Read the columns that are chosen; all if several have the same name, which is an error later."""
    wanted = _wanted(names, file, columns)
    return _valid(read(wanted), wanted, names, columns)


def _wanted(names: list[str], file: TableFile, columns: Collection[str] | None) -> list[str] | None:
    """The columns to read; None for all."""
    wanted = chosen(names, columns, file.used)
    return None if wanted == names or len(set(names)) < len(names) else wanted


def _valid(
    table: pa.Table, wanted: list[str] | None, names: list[str], columns: Collection[str] | None
) -> pa.Table:
    """The columns in order, with those that are not used unless some were asked for."""
    table = table if wanted is None else table.select(wanted)
    # Otherwise Arrow would notice invalid UTF-8 only when the text is used.
    table.validate(full=True)
    return table if wanted is None or columns is not None else with_unread(table, names)


@contextmanager
def _damage(file: TableFile, called: str) -> Iterator[None]:
    try:
        yield
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:  # the last from names of columns
        reason = str(error).splitlines()[0]
        raise file.error(f"a damaged or cut-off {called} file ({reason:.120}).") from error
