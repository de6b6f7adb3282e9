"""Workbooks: .xlsx, .xlsm, .xlsb, .xls and .ods, read by calamine."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import pyarrow as pa
import python_calamine as calamine

from netable.errors import did_you_mean
from netable.table.reading.error_cells import error_cells
from netable.table.reading.grid import Merged, read_grid
from netable.table.reading.packed import check_members
from netable.table.reading.sheet_cells import Cell, ErrorCell, plain_cell
from netable.table.reading.table_file import TableFile

SHEET = "only the first visible sheet with cells is read, {}; sheet=… chooses another one"
# A member of locked workbooks, whose container is that of an old .xls.
_LOCKED = "EncryptedPackage".encode("utf-16-le")


def read_workbook(path: Path, file: TableFile, columns: Collection[str] | None) -> pa.Table:
    """Read one sheet of a workbook: the one that is asked for, or the first visible one with cells.

    Raises
    ------
    FileError
        If the workbook is damaged or locked, there is no such sheet, or the sheet is not exactly one table.
    DataError
        If the sheet is empty.
    """
    check_members(path, file)
    try:
        with path.open("rb") as opened:
            workbook = calamine.CalamineWorkbook.from_filelike(opened)
            sheet = _sheet_asked_for(workbook, file) if file.options.sheet else _first_sheet(workbook, file)
            grid = [[plain_cell(cell) for cell in row] for row in sheet.to_python(skip_empty_area=False)]
            merged = _merged(sheet)
    except calamine.CalamineError as error:
        if isinstance(error, calamine.PasswordError) or _LOCKED in path.read_bytes():
            raise file.error("the workbook is locked with a password. Save it without one.") from error
        raise file.error(f"a damaged or cut-off workbook, or another document ({error}).") from error
    for row, place, text in error_cells(path, sheet.name):
        _put(grid, row, place, ErrorCell(text))
    file = file._replace(source=f"{file.source}, sheet {sheet.name!r}", unit="row")
    return read_grid(grid, merged, file, columns)


def _put(grid: list[list[Cell]], row: int, place: int, cell: Cell) -> None:
    """Set a cell; errors to the right of all values and below them are no part of a table."""
    if row < len(grid) and place < len(grid[row]):
        grid[row][place] = cell


def _sheet_asked_for(workbook: calamine.CalamineWorkbook, file: TableFile) -> calamine.CalamineSheet:
    """The sheet of a name, or else of a number from 1."""
    asked, names = str(file.options.sheet), workbook.sheet_names
    if asked not in names and asked.isdecimal() and 1 <= int(asked) <= len(names):
        asked = names[int(asked) - 1]
    if asked not in names:
        raise file.error(f"there is no sheet {asked!r}. {did_you_mean(asked, names)}")
    if asked not in _sheets_of_cells(workbook):
        raise file.error(f"the sheet {asked!r} has a chart and no cells.")
    return workbook.get_sheet_by_name(asked)


def _first_sheet(workbook: calamine.CalamineWorkbook, file: TableFile) -> calamine.CalamineSheet:
    """The first visible sheet with cells; a note names the others."""
    are_visible = _sheets_of_cells(workbook)
    visible = [name for name, is_visible in are_visible.items() if is_visible]
    hidden = [name for name in are_visible if name not in visible]
    sheet = next((one for one in map(workbook.get_sheet_by_name, visible) if one.height), None)
    if sheet is None:
        hint = f" Hidden ones: {_listed(hidden)}; choose one with sheet=…." if hidden else ""
        raise file.error(f"no visible sheet of the workbook has a cell.{hint}")
    others = [name for name in visible if name != sheet.name]
    if others or hidden:
        left_out = [_listed(others)] * bool(others) + [f"the hidden {_listed(hidden)}"] * bool(hidden)
        file.notes.add(SHEET, f"{sheet.name!r}, not {' nor '.join(left_out)}")
    return sheet


def _sheets_of_cells(workbook: calamine.CalamineWorkbook) -> dict[str, bool]:
    """The sheets that are no charts, and True for those that are visible."""
    return {
        one.name: one.visible == calamine.SheetVisibleEnum.Visible
        for one in workbook.sheets_metadata
        if one.typ == calamine.SheetTypeEnum.WorkSheet
    }


def _listed(names: list[str]) -> str:
    return ", ".join(map(repr, names[:10])) + ", …" * (len(names) > 10)


def _merged(sheet: calamine.CalamineSheet) -> list[Merged]:
    return [(first, last, left, right) for (first, left), (last, right) in sheet.merged_cell_ranges or []]
