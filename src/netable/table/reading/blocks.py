"""Large delimited files in blocks of whole rows, each read as a table of its own below the same header."""

from __future__ import annotations

import codecs
import gzip
import io
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NamedTuple

import pyarrow as pa

from netable.config.reading import ReadOptions
from netable.errors import FileError
from netable.system.notes import Notes
from netable.table.reading.delimited import header_and_options, read_delimited
from netable.table.reading.encoding import GZIP, check_nul, decode_as, gzip_errors
from netable.table.reading.sources import OTHERS, is_json, read_file
from netable.table.reading.text_file import TextFile

# Bytes, then characters, of a block: some ten times as much is needed to read it.
BLOCK = 1 << 22


class _Layout(NamedTuple):
    """What the first block of a file tells of those below it.

    Attributes
    ----------
    header : str
        The first row as it is written, with its line end.
    options : ReadOptions
        For the blocks below the first.
    """

    encoding: str
    header: str
    options: ReadOptions


def text_pieces(
    path: Path, options: ReadOptions, notes: Notes, columns: Collection[str] | None
) -> Iterator[pa.Table]:
    """The table in a text file, in one piece, or in several if it is large and delimited in the usual way.

    Every block is checked as a small file is. JSON, UTF-16 and unusual quotes are read as a whole.

    Raises
    ------
    UserError
        As `netable.table.reading.sources.read_file`.
    """
    layout = _layout(path, options, notes)
    if layout is None:
        yield read_file(path, options, notes, columns)
        return
    lines = 0
    for text in _blocks(path, layout.encoding):
        file = TextFile(str(path), options, notes)
        if lines:
            file = file._replace(options=layout.options, lines_above=lines - layout.header.count("\n"))
        if text.strip():
            yield read_delimited(layout.header + text if lines else text, file, columns)
        lines += text.count("\n")


def _layout(path: Path, options: ReadOptions, notes: Notes) -> _Layout | None:
    """How to read the blocks of a file; None if it has to be read as a whole."""
    with _opened(path) as file:
        start = file.read(BLOCK)
        is_small = not file.read(1)
    if is_small or start.startswith(tuple(OTHERS)):
        return None
    text, encoding = decode_as(start[: start.rfind(b"\n") + 1] or start, options.encoding, path, notes)
    if codecs.lookup(encoding).name.startswith(("utf-16", "utf-32")) or is_json(text, path):
        return None
    found = header_and_options(text, TextFile(str(path), options, notes))
    return _Layout(encoding, *found) if found else None


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes] | gzip.GzipFile]:
    """A file to read, unpacked if gzipped."""
    try:
        with path.open("rb") as file:
            is_packed = file.read(len(GZIP)) == GZIP
            file.seek(0)
            if not is_packed:
                yield file
                return
            with gzip_errors(path), gzip.open(file) as unpacked:
                yield unpacked
    except FileError:
        raise
    except OSError as error:
        raise FileError(f"{path}: cannot be read ({error.strerror or error}).") from error


def _blocks(path: Path, encoding: str) -> Iterator[str]:
    """Texts that end with a row."""
    rest, lines = "", 1
    with _opened(path) as file:
        reader = io.TextIOWrapper(file, encoding=encoding, newline="")
        while True:
            try:
                more = reader.read(BLOCK)
            except UnicodeDecodeError as error:
                raise FileError(
                    f"{path}, below line {lines:,}: expected {encoding}, got the byte "
                    f"0x{error.object[error.start]:02x}. Name the encoding of the whole file with encoding=…."
                ) from error
            check_nul(more, path)
            text = rest + more
            end = _row_end(text) if more else len(text)
            if end:
                yield text[:end]
            rest, lines = text[end:], lines + text.count("\n", 0, end)
            if not more:
                return


def _row_end(text: str) -> int:
    """The end of the last row that is complete: of its last line outside quotes."""
    end = text.rfind("\n") + 1
    quotes = text.count('"', 0, end)
    while end and quotes % 2:
        before = text.rfind("\n", 0, end - 1) + 1
        quotes -= text.count('"', before, end)
        end = before
    return end
