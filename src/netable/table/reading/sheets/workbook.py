"""Workbooks: .xlsx, .xlsm, .xlsb, .xls and .ods, read by calamine."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import python_calamine as calamine

from netable.errors import UserError, did_you_mean, in_gigabytes
from netable.system.machine import usable_memory
from netable.table.reading.base.table_file import TableFile
from netable.table.reading.formats.packed import FAULTS, check_members
from netable.table.reading.sheets.cells import Cell, ErrorCell, plain_cell
from netable.table.reading.sheets.grid import Merged, read_grid
from netable.table.reading.sheets.xlsx import error_cells, reach_of

SHEET = "only the first visible sheet with cells is read, {}; sheet=… chooses another one"
# What calamine takes for a cell, also for an empty one between others.
CELL_BYTES = 32
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
    with _damage(path, file), path.open("rb") as opened:
        check_members(path, file)
        workbook = calamine.CalamineWorkbook.from_filelike(opened)
        choose = _sheet_asked_for if file.options.sheet else _first_sheet
        sheet = choose(workbook, path, file)
        grid = [[plain_cell(cell) for cell in row] for row in sheet.to_python(skip_empty_area=False)]
        merged = _merged(sheet)
        for row, place, text in error_cells(path, sheet.name):
            _put(grid, row, place, ErrorCell(text))
    file = file._replace(source=f"{file.source}, sheet {sheet.name!r}", unit="row")
    return read_grid(grid, merged, file, columns)


@contextmanager
def _damage(path: Path, file: TableFile) -> Iterator[None]:
    try:
        yield
    except UserError:
        raise
    except BaseException as error:
        if isinstance(error, calamine.PasswordError) or (
            isinstance(error, calamine.CalamineError) and _LOCKED in path.read_bytes()
        ):
            raise file.error("the workbook is locked with a password. Save it without one.") from error
        # A panic of calamine is no Exception, and its class cannot be imported.
        if isinstance(error, (calamine.CalamineError, *FAULTS)) or type(error).__name__ == "PanicException":
            raise file.error(
                f"a damaged or cut-off workbook, or another document ({error!s:.120})."
            ) from error
        raise


def _sheet(
    workbook: calamine.CalamineWorkbook, name: str, path: Path, file: TableFile
) -> calamine.CalamineSheet:
    """A sheet, unless a lonely cell far away makes it larger than memory."""
    needed, memory = CELL_BYTES * reach_of(path, name), usable_memory()
    if memory and needed > memory:
        raise file.error(
            f"the sheet {name!r} reaches so far that {in_gigabytes(needed)} would be needed. Delete the rows and "
            "columns behind the table."
        )
    return workbook.get_sheet_by_name(name)


def _put(grid: list[list[Cell]], row: int, place: int, cell: Cell) -> None:
    """Set a cell; errors to the right of all values and below them are no part of a table."""
    if row < len(grid) and place < len(grid[row]):
        grid[row][place] = cell


def _sheet_asked_for(
    workbook: calamine.CalamineWorkbook, path: Path, file: TableFile
) -> calamine.CalamineSheet:
    """The sheet of a name, or else of a number from 1."""
    asked, names = str(file.options.sheet), workbook.sheet_names
    if asked not in names and asked.isdecimal() and 1 <= int(asked) <= len(names):
        asked = names[int(asked) - 1]
    if asked not in names:
        raise file.error(f"there is no sheet {asked!r}. {did_you_mean(asked, names)}")
    if asked not in _sheets_of_cells(workbook):
        raise file.error(f"the sheet {asked!r} has a chart and no cells.")
    return _sheet(workbook, asked, path, file)


def _first_sheet(workbook: calamine.CalamineWorkbook, path: Path, file: TableFile) -> calamine.CalamineSheet:
    """The first visible sheet with cells; a note names the others."""
    are_visible = _sheets_of_cells(workbook)
    visible = [name for name, is_visible in are_visible.items() if is_visible]
    hidden = [name for name in are_visible if name not in visible]
    sheets = (_sheet(workbook, name, path, file) for name in visible)
    sheet = next((one for one in sheets if one.height), None)
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
