"""Parquet, Arrow and ORC files."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from netable.system.machine import allowed_threads
from netable.table.reading.columns import chosen, with_unread
from netable.table.reading.table_file import TableFile

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
    wanted = chosen(names, columns, file.used)
    if wanted == names or len(set(names)) < len(names):
        table = read(None)
    else:
        table = read(wanted).select(wanted)
        if columns is None:
            table = with_unread(table, names)
    # Otherwise Arrow would notice invalid UTF-8 only when the text is used.
    table.validate(full=True)
    return table


@contextmanager
def _damage(file: TableFile, called: str) -> Iterator[None]:
    try:
        yield
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:  # the last from names of columns
        reason = str(error).splitlines()[0]
        raise file.error(f"a damaged or cut-off {called} file ({reason:.120}).") from error
