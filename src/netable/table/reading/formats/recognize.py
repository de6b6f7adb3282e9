"""The format of a file, from its first bytes and its name, and the function that reads it."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import pyarrow as pa

from netable.config.formats import FORMATS, FormatSpec
from netable.errors import FileError
from netable.table.reading.base.table_file import TableFile
from netable.table.reading.formats.columnar import parquet_size
from netable.table.reading.formats.packed import PACKINGS, first_bytes, format_of_zip, packing_of, unpacked

# By which tables are packed, about.
USUAL_RATIO = 5
# The two formats of text, which have no first bytes of their own.
TEXT = ("csv", "json")
# Other files that are often given as a table, by their first bytes.
OTHERS = {
    **{bytes([0x80, protocol]): "a pickle" for protocol in range(2, 6)},
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"GIF8": "a picture",
    b"%PDF": "a PDF document",
    b"\x89HDF": "an HDF5 file",
    b"PARE": "an encrypted Parquet file",
    b"7z\xbc\xaf": "a 7-zip file",
    b"Rar!": "a RAR file",
}


def read_file(path: Path, file: TableFile, columns: Collection[str] | None) -> pa.Table:
    """Read the table in one file, whatever its format, packed or not.

    Parameters
    ----------
    path : Path
        Where the bytes are; `file.source` is what messages call it.
    columns : collection of str, optional
        The only columns to read.

    Raises
    ------
    FileError
        If the file cannot be read, holds something other than a table, or needs a package that is not installed.
    """
    with _plain(path, file) as plain:
        spec = _spec_of(*plain)
        table: pa.Table = _function(spec.reader, spec, file)(*plain, columns)
        return table


def read_pieces(path: Path, file: TableFile, columns: Collection[str] | None) -> Iterator[pa.Table]:
    """As `read_file`, in several pieces if the file is large, and its format can be read so."""
    with _plain(path, file) as plain:
        spec = _spec_of(*plain)
        if spec.pieces:
            yield from _function(spec.pieces, spec, file)(*plain, columns)
        else:
            yield _function(spec.reader, spec, file)(*plain, columns)


def size_of(path: Path, file: TableFile) -> tuple[int, int, int]:
    """The rows and cells of a Parquet file; of others the bytes, about.

    Raises
    ------
    FileError
        If it cannot be read.
    """
    try:
        if re.match(FORMATS["parquet"].start, first_bytes(path)):
            return *parquet_size(path, file), 0
        return 0, 0, path.stat().st_size * (USUAL_RATIO if packing_of(path) else 1)
    except FileError:
        raise
    except OSError as error:
        raise file.error(f"cannot be read ({error.strerror or error}).") from error


@contextmanager
def _plain(path: Path, file: TableFile) -> Iterator[tuple[Path, TableFile]]:
    """A file, unpacked if it is packed."""
    try:
        packing = packing_of(path)
    except OSError as error:
        raise file.error(f"cannot be read ({error.strerror or error}).") from error
    if not packing:
        yield path, file
        return
    with unpacked(path, packing, file) as (inner, inner_file):
        if packing_of(inner):
            raise inner_file.error("packed twice. Unpack it first.")
        yield inner, inner_file


def _spec_of(path: Path, file: TableFile) -> FormatSpec:
    """The format of a file, with a note of it, and without options that it does not have."""
    name = _format_of(path, file)
    spec = FORMATS[name]
    if name not in TEXT:
        file.notes.add_fact("format", spec.called)
    for option in ("sheet", "table"):
        if getattr(file.options, option) is not None and spec.option != option:
            raise file.error(f"{spec.called} has no {option} to choose. Leave {option}=… out.")
    return spec


def _format_of(path: Path, file: TableFile) -> str:
    """The name of the format; for text that may be either of two, that of the first."""
    start, asked = first_bytes(path), file.options.format
    found = _recognized(path, start)
    if asked:
        if found != asked and (found or asked not in TEXT):
            actual = f"it is {FORMATS[found].called}" if found else "it does not start like one"
            raise file.error(f"expected {FORMATS[asked].called}, as format={asked!r} says, but {actual}.")
        return asked
    if found:
        return found
    for magic, content in OTHERS.items():
        if start.startswith(magic):
            raise file.error(f"not a table, but {content}. Give a CSV, JSON lines or Parquet file.")
    for spec in FORMATS.values():
        if spec.start and path.name.lower().endswith(spec.endings):
            raise file.error(
                f"expected {spec.called} because of its name, but it does not start like one. If it is delimited "
                "text, use format='csv'."
            )
    return TEXT[0]


def _recognized(path: Path, start: bytes) -> str:
    """The name of the format that the first bytes tell, or ""."""
    by_start = (n for n, spec in FORMATS.items() if spec.start and re.match(spec.start, start, re.DOTALL))
    return next(by_start, "") or (format_of_zip(path) if re.match(PACKINGS[".zip"].start, start) else "")


def _function(of_format: str, spec: FormatSpec, file: TableFile) -> Callable[..., Any]:
    module, name = of_format.split(":")
    try:
        function: Callable[..., Any] = getattr(import_module(f"netable.table.reading.{module}"), name)
    except ModuleNotFoundError as error:
        raise FileError(
            f"{file.source}: {error.name} is not installed, which reads {spec.called}. "
            f"Try: pip install 'netable[{spec.extra}]'"
        ) from error
    return function
