"""Workbooks of every kind, of the same cells."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import IO, Any

import openpyxl
import xlwt
from odf.opendocument import OpenDocumentSpreadsheet
from odf.table import Table, TableCell, TableRow
from odf.text import P
from xlwt.CompoundDoc import XlsDoc

Rows = Sequence[Sequence[Any]]
Sheets = Mapping[str, Rows]


def write_xlsx(
    path: Path | IO[bytes],
    sheets: Sheets,
    *,
    hidden: Collection[str] = (),
    charts: Collection[str] = (),
    merged: str = "",
) -> None:
    """An .xlsx file; texts that begin with # are errors, and the range is merged in the first sheet."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name in charts:
        book.create_chartsheet(name)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        sheet.sheet_state = "hidden" if name in hidden else "visible"
        for number, row in enumerate(rows, 1):
            for place, value in enumerate(row, 1):
                cell = sheet.cell(number, place, value)
                if isinstance(value, str) and value.startswith("#"):
                    cell.data_type = "e"
    if merged:
        book.worksheets[0].merge_cells(merged)
    book.save(path)


def write_xls(path: Path, sheets: Sheets) -> None:
    """An .xls file."""
    book = xlwt.Workbook()
    moment = xlwt.easyxf(num_format_str="yyyy-mm-dd hh:mm:ss")
    for name, rows in sheets.items():
        sheet = book.add_sheet(name)
        for number, row in enumerate(rows):
            for place, value in enumerate(row):
                style = (moment,) if isinstance(value, datetime) else ()
                sheet.write(number, place, value, *style)
    book.save(str(path))


def write_ods(path: Path, sheets: Sheets) -> None:
    """An .ods file."""
    document = OpenDocumentSpreadsheet()
    for name, rows in sheets.items():
        table = Table(name=name)
        for row in rows:
            line = TableRow()
            for value in row:
                line.addElement(_ods_cell(value))
            table.addElement(line)
        document.spreadsheet.addElement(table)
    document.save(str(path))


def _ods_cell(value: Any) -> TableCell:
    if value is None:
        return TableCell()
    if isinstance(value, bool):
        return TableCell(valuetype="boolean", booleanvalue=str(value).lower())
    if isinstance(value, datetime):
        return TableCell(valuetype="date", datevalue=value.isoformat())
    if isinstance(value, int | float):
        return TableCell(valuetype="float", value=str(value))
    cell = TableCell(valuetype="string")
    cell.addElement(P(text=value))
    return cell


def write_xlsb(path: Path, sheets: Sheets) -> None:
    """An .xlsb file: records of a number, a length and a content each, as [MS-XLSB] describes them."""
    relations = "".join(
        f'<Relationship Id="rId{number}" Type="worksheet" Target="worksheets/sheet{number}.bin"/>'
        for number in range(1, len(sheets) + 1)
    )
    bundle = b"".join(
        _record(156, struct.pack("<II", 0, number) + _wide(f"rId{number}") + _wide(name))
        for number, name in enumerate(sheets, 1)
    )
    styles = _record(617, struct.pack("<I", 2)) + _xf(0) + _xf(22) + _record(618)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/_rels/workbook.bin.rels", f"<Relationships>{relations}</Relationships>")
        archive.writestr(
            "xl/workbook.bin", _record(131) + _record(143) + bundle + _record(144) + _record(132)
        )
        archive.writestr("xl/styles.bin", _record(278) + styles + _record(279))
        for number, rows in enumerate(sheets.values(), 1):
            archive.writestr(f"xl/worksheets/sheet{number}.bin", _xlsb_sheet(rows))


def _xlsb_sheet(rows: Rows) -> bytes:
    out = io.BytesIO()
    last = (len(rows) - 1, max(map(len, rows)) - 1)
    out.write(_record(129) + _record(148, struct.pack("<IIII", 0, last[0], 0, last[1])) + _record(145))
    for number, row in enumerate(rows):
        out.write(_record(0, struct.pack("<I", number) + bytes(21)))
        for place, value in enumerate(row):
            if value is not None:
                out.write(_xlsb_cell(place, value))
    out.write(_record(146) + _record(130))
    return out.getvalue()


def _xlsb_cell(place: int, value: Any) -> bytes:
    style = int(isinstance(value, datetime))
    start = struct.pack("<II", place, style)
    if isinstance(value, bool):
        return _record(4, start + bytes([value]))
    if isinstance(value, datetime):
        value = (value - datetime(1899, 12, 30)).total_seconds() / 86_400
    if isinstance(value, int | float):
        return _record(5, start + struct.pack("<d", value))
    return _record(6, start + _wide(value))


def _xf(number_format: int) -> bytes:
    return _record(47, struct.pack("<HH", 0, number_format) + bytes(12))


def _wide(text: str) -> bytes:
    encoded = text.encode("utf-16-le")
    return struct.pack("<I", len(encoded) // 2) + encoded


def _record(number: int, content: bytes = b"") -> bytes:
    """A record; its number and length are in groups of seven bits."""
    return _groups(number) + _groups(len(content)) + content


def _groups(number: int) -> bytes:
    groups = bytearray()
    while number > 0x7F:
        groups.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*groups, number])


def locked_xlsx() -> bytes:
    """The start of an .xlsx file with a password: a container as of .xls, with another member."""
    container = io.BytesIO()
    XlsDoc().save(container, bytes(5000))
    content = container.getvalue()
    before = "Workbook".encode("utf-16-le")
    place, name = content.index(before), "EncryptedPackage".encode("utf-16-le")
    entry = name.ljust(64, b"\0") + struct.pack("<H", len(name) + 2)
    return content[:place] + entry + content[place + len(entry) :]
