"""Large delimited files in blocks of whole rows, each read as a table of its own below the same header."""

from __future__ import annotations

import codecs
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa

from netable.config.formats import FORMATS
from netable.config.reading import ReadOptions
from netable.errors import FileError
from netable.table.reading.base.table_file import TableFile
from netable.table.reading.text.delimited import header_and_options, read_delimited
from netable.table.reading.text.encoding import check_nul, decode_as
from netable.table.reading.text.read import looks_like_json, read_text

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


def text_pieces(path: Path, file: TableFile, columns: Collection[str] | None) -> Iterator[pa.Table]:
    """The table in a text file, in one piece, or in several if it is large and delimited in the usual way.

    Every block is checked as a small file is. JSON, UTF-16 and unusual quotes are read as a whole.

    Raises
    ------
    UserError
        As `netable.table.reading.text.read.read_text`.
    """
    layout = _layout(path, file)
    if layout is None:
        yield read_text(path, file, columns)
        return
    file.notes.add_fact("format", FORMATS["csv"].called)
    lines, below = 0, file._replace(options=layout.options, notes=file.notes.at(file.source))
    for text in _blocks(path, layout.encoding, file):
        if text.strip() and not lines:
            yield read_delimited(text, file, columns)
        elif text.strip():
            block = below._replace(lines_above=lines - layout.header.count("\n"))
            yield read_delimited(layout.header + text, block, columns)
        lines += text.count("\n")


def _layout(path: Path, file: TableFile) -> _Layout | None:
    """How to read the blocks of a file; None if it has to be read as a whole."""
    with path.open("rb") as opened:
        start = opened.read(BLOCK)
        is_small = not opened.read(1)
    if is_small or file.options.format == "json":
        return None
    complete, source = start[: start.rfind(b"\n") + 1] or start, Path(file.source)
    text, encoding = decode_as(complete, file.options.encoding, source, file.notes)
    if codecs.lookup(encoding).name.startswith(("utf-16", "utf-32")):
        return None
    if file.options.format is None and looks_like_json(text, path, file):
        return None
    found = header_and_options(text, file)
    return _Layout(encoding, *found) if found else None


def _blocks(path: Path, encoding: str, file: TableFile) -> Iterator[str]:
    """Texts that end with a row."""
    rest, lines = "", 1
    with path.open(encoding=encoding, newline="") as reader:
        while True:
            try:
                more = reader.read(BLOCK)
            except UnicodeDecodeError as error:
                raise FileError(
                    f"{file.source}, below line {lines:,}: expected {encoding}, got the byte "
                    f"0x{error.object[error.start]:02x}. Name the encoding of the whole file with encoding=…."
                ) from error
            check_nul(more, Path(file.source))
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
