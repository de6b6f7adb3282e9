"""Tables of results: CSV that is safe to open, and Parquet."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from typing import IO, TYPE_CHECKING, BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

from netable.cli.options import check_new, files
from netable.cli.output import results_stream
from netable.errors import FileError
from netable.system.files import check_replaceable, write_atomically
from netable.system.safe_text import plain

if TYPE_CHECKING:
    from netable.table.reading.sources import Given

# A spreadsheet reads a text cell that begins so as a formula, which may run programs.
_FORMULA = r"^[=+\-@\t\r]"
# But not these, which are numbers to a spreadsheet, too.
_SIGNED_NUMBER = r"^[+-][0-9.,]*[0-9][0-9.,]*(?:[eE][+-]?[0-9]+)?$"


def check_output(output: Path, given: Sequence[Given], model: Path, *, force: bool) -> None:
    """Raise `FileError` if the output is an input, exists, or has an unknown ending or no folder."""
    if output.suffix.lower() not in (".csv", ".parquet"):
        raise FileError(f"{output} must end in .csv or .parquet.")
    for file in [model, *files(given)]:
        if output.exists() and file.exists() and os.path.samefile(file, output):
            raise FileError(f"{output} is also an input; name another one with -o.")
    check_new(output, force=force)
    if not output.parent.is_dir():
        raise FileError(f"The folder {output.parent} does not exist.")
    check_replaceable(output)


def write_table(table: pa.Table, output: Path) -> None:
    """Write CSV or Parquet, by the ending of the name, atomically."""
    with table_writer(output) as write:
        write(table)


def show_csv(table: pa.Table, *, header: bool = True) -> None:
    """Write CSV to standard output; control characters are removed if that is a terminal."""
    with results_stream():
        if not sys.stdout.isatty():
            write_csv(table, sys.stdout.buffer, header=header)
            return
        file = io.BytesIO()
        write_csv(table, file, header=header)
        sys.stdout.write(plain(file.getvalue().decode()))


@contextmanager
def table_writer(output: Path | None) -> Iterator[Callable[[pa.Table], None]]:
    """A function that writes the next piece of a table: as `write_table` does, or `show_csv` without an output.

    Columns have the types of the first piece.
    """
    if output is None:
        shown = count()
        yield lambda piece: show_csv(piece, header=not next(shown))
        return
    with write_atomically(output) as file, ExitStack() as stack:
        if output.suffix.lower() == ".parquet":
            yield _parquet_writer(file, stack)
        else:
            written = count()
            yield lambda piece: write_csv(piece, file, header=not next(written))


def _parquet_writer(file: BinaryIO, stack: ExitStack) -> Callable[[pa.Table], None]:
    writers: list[pyarrow.parquet.ParquetWriter] = []

    def write(piece: pa.Table) -> None:
        if not writers:
            writers.append(stack.enter_context(pyarrow.parquet.ParquetWriter(file, piece.schema)))
        writers[0].write_table(piece.cast(writers[0].schema))

    return write


def write_csv(table: pa.Table, file: IO[bytes], *, header: bool = True) -> None:
    """Write CSV, with a quote before text cells that a spreadsheet would read as formulas."""
    columns = [_harmless(table.column(name)) for name in table.column_names]
    names = _harmless(pa.chunked_array([pa.array(table.column_names, pa.string())])).to_pylist()
    options = pyarrow.csv.WriteOptions(include_header=header)
    pyarrow.csv.write_csv(pa.table(columns, names=names), file, options)


def _harmless(column: pa.ChunkedArray) -> pa.ChunkedArray:
    kinds = (pa.types.is_dictionary, pa.types.is_large_string, pa.types.is_string_view)
    if any(is_kind(column.type) for is_kind in kinds):
        column = column.cast(pa.string())
    if not pa.types.is_string(column.type):
        return column
    is_number = pc.match_substring_regex(column, _SIGNED_NUMBER)
    is_formula = pc.and_not(pc.match_substring_regex(column, _FORMULA), is_number)
    return pc.if_else(is_formula, pc.binary_join_element_wise("'", column, ""), column)
