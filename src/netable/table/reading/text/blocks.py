"""Large text files in blocks of whole rows, each read as a table of its own."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from functools import lru_cache
from pathlib import Path

import pyarrow as pa

from netable.config.formats import FORMATS
from netable.config.reading import ReadOptions
from netable.errors import FileError
from netable.table.reading.base.table_file import TableFile
from netable.table.reading.text.delimited import header_and_options, read_delimited
from netable.table.reading.text.encoding import check_nul, decode_start
from netable.table.reading.text.read import looks_like_json, read_text
from netable.table.reading.text.records import json_names, json_pieces

# Bytes, then characters, of a block: some ten times as much is needed to read it.
BLOCK = 1 << 22
# Files of which the names of columns are remembered.
_REMEMBERED = 1 << 10


def text_pieces(path: Path, file: TableFile, columns: Collection[str] | None) -> Iterator[pa.Table]:
    """The table in a text file, in one piece, or in several if it is large: JSON lines, or delimited in the usual way.

    Every block is checked as a small file is. JSON arrays and unusual quotes are read as a whole.

    Raises
    ------
    UserError
        As `netable.table.reading.text.read.read_text`.
    """
    pieces = _pieces(path, file, columns)
    if pieces is None:
        yield read_text(path, file, columns)
    else:
        yield from pieces


def _pieces(path: Path, file: TableFile, columns: Collection[str] | None) -> Iterator[pa.Table] | None:
    """The pieces of a file; None if it has to be read as a whole."""
    with path.open("rb") as opened:
        start = opened.read(BLOCK)
        is_small = not opened.read(1)
    if is_small:
        return None
    text, encoding = decode_start(start, file.options.encoding, Path(file.source), file.notes)
    asked = file.options.format
    if asked == "json" or (asked is None and looks_like_json(text, path, file)):
        return _json_pieces(path, encoding, file, columns, text)
    return _delimited_pieces(path, encoding, file, columns, text)


def _json_pieces(
    path: Path, encoding: str, file: TableFile, columns: Collection[str] | None, start: str
) -> Iterator[pa.Table] | None:
    if start.lstrip().startswith("["):
        return None
    state = path.stat()
    names = _names(path, (state.st_ino, state.st_size, state.st_mtime_ns), encoding, file.source)
    if not names:
        return None
    file.notes.add_fact("format", FORMATS["json"].called)
    return json_pieces(_blocks(path, encoding, file.source, _line_end), file.source, columns, names)


@lru_cache(_REMEMBERED)
def _names(path: Path, state: tuple[int, ...], encoding: str, source: str) -> list[str]:
    """The columns of JSON lines, which is a pass over the file."""
    return json_names(_blocks(path, encoding, source, _line_end), source)


def _delimited_pieces(
    path: Path, encoding: str, file: TableFile, columns: Collection[str] | None, start: str
) -> Iterator[pa.Table] | None:
    found = header_and_options(start, file)
    if found is None:
        return None
    file.notes.add_fact("format", FORMATS["csv"].called)
    return _below(*found, _blocks(path, encoding, file.source, _row_end), file, columns)


def _below(
    header: str, options: ReadOptions, blocks: Iterator[str], file: TableFile, columns: Collection[str] | None
) -> Iterator[pa.Table]:
    """The table of each block: of the first as it is, of others below the header, which is the first row as written."""
    lines, below = 0, file._replace(options=options, notes=file.notes.at(file.source))
    for text in blocks:
        if text.strip() and not lines:
            yield read_delimited(text, file, columns)
        elif text.strip():
            block = below._replace(lines_above=lines - header.count("\n"))
            yield read_delimited(header + text, block, columns)
        lines += text.count("\n")


def _blocks(path: Path, encoding: str, source: str, end_of: Callable[[str], int]) -> Iterator[str]:
    """Texts that end where `end_of` says, the last one where it is."""
    rest, lines = "", 1
    with path.open(encoding=encoding, newline="") as reader:
        while True:
            try:
                more = reader.read(BLOCK)
            except UnicodeDecodeError as error:
                raise FileError(
                    f"{source}, below line {lines:,}: expected {encoding}, got the byte "
                    f"0x{error.object[error.start]:02x}. Name the encoding of the whole file with encoding=…."
                ) from error
            if lines == 1 and not rest:
                more = more.removeprefix("\ufeff")
            check_nul(more, Path(source))
            text = rest + more
            end = end_of(text) if more else len(text)
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


def _line_end(text: str) -> int:
    """The end of the last line that is complete."""
    return text.rfind("\n") + 1
