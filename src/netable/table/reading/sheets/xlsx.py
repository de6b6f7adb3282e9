"""Facts about an .xlsx workbook that calamine does not tell: how far a sheet reaches, and its cells with errors."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from posixpath import join, normpath
from typing import IO
from xml.etree import ElementTree

CHUNK = 1 << 22
# In so many bytes a sheet tells its dimension.
START = 1 << 14
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_ERROR_CELL = re.compile(rb"<(?:\w+:)?c\b([^>]*\bt=[\"']e[\"'][^>]*)>(.*?)</(?:\w+:)?c>", re.DOTALL)
_DIMENSION = re.compile(rb"<(?:\w+:)?dimension ref=[\"'](?:[A-Z]+[0-9]+:)?([A-Z]+)([0-9]+)[\"']")
_PLACE = re.compile(rb"\br=[\"']([A-Z]+)([0-9]+)[\"']")
_VALUE = re.compile(rb"<(?:\w+:)?v>([^<]*)<")


def reach_of(path: Path, sheet: str) -> int:
    """The number of cells from the first one of a sheet to its last one; 0 if it is not known."""
    with _opened(path, sheet) as stream:
        found = _DIMENSION.search(stream.read(START)) if stream else None
    return int(found[2]) * (_column_of(found[1]) + 1) if found else 0


def error_cells(path: Path, sheet: str) -> Iterator[tuple[int, int, str]]:
    """Row and column, from 0, and text of each cell with an error; none in workbooks of other formats.

    Raises
    ------
    zipfile.BadZipFile, zlib.error, EOFError
        If the workbook is damaged.
    """
    with _opened(path, sheet) as stream:
        rest = b""
        while stream and (chunk := stream.read(CHUNK)):
            data = rest + chunk
            # The last row may go on in the next piece.
            cut = max(data.rfind(b"<row"), 0) or data.rfind(b":row ") + 1
            yield from _in_rows(data[:cut])
            rest = data[cut:]
        yield from _in_rows(rest)


@contextmanager
def _opened(path: Path, sheet: str) -> Iterator[IO[bytes] | None]:
    """The XML of a sheet; None in workbooks of other formats."""
    if not zipfile.is_zipfile(path):
        yield None
        return
    with zipfile.ZipFile(path) as archive:
        member = _member_of(archive, sheet)
        if member not in archive.namelist():
            yield None
            return
        with archive.open(member) as stream:
            yield stream


def _member_of(archive: zipfile.ZipFile, sheet: str) -> str:
    """The member with the cells of a sheet, or ""."""
    try:
        workbook = ElementTree.fromstring(archive.read("xl/workbook.xml"))
        relations = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
    except (KeyError, ElementTree.ParseError):
        return ""
    targets = {relation.get("Id"): relation.get("Target", "") for relation in relations}
    ids = (e.get(_RELATION) for e in workbook.iter() if e.tag.endswith("}sheet") and e.get("name") == sheet)
    return normpath(join("/xl", targets.get(next(ids, None), ""))).lstrip("/")


def _in_rows(data: bytes) -> Iterator[tuple[int, int, str]]:
    for cell in _ERROR_CELL.finditer(data):
        place, value = _PLACE.search(cell[1]), _VALUE.search(cell[2])
        if place and value:
            yield int(place[2]) - 1, _column_of(place[1]), value[1].decode("utf-8", "replace")


def _column_of(letters: bytes) -> int:
    """The number of a column from 0: that of A is 0, that of AA is 26."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number - 1
