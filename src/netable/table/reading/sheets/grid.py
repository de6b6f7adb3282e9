"""The table in a grid of cells: its header and rows are checked as those of delimited text."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import pyarrow as pa

from netable.errors import DataError
from netable.table.canonical.cells import kind_of
from netable.table.reading.base.table_file import TableFile
from netable.table.reading.sheets.cells import Cell, column_of, spelled
from netable.table.reading.text.comments import LEFT_OUT
from netable.table.reading.text.header import EMPTY, MOST_LINES_ABOVE, check_repeated_or_numeric
from netable.table.reading.text.structure import Structure

# The first and last row and the first and last column of merged cells, from 0.
Merged = tuple[int, int, int, int]
Texts = list[list[str]]
MERGED = "merged cells have their value in the first row and column only, and are read as missing in the others: {}"


def read_grid(
    grid: Sequence[Sequence[Cell]],
    merged: Sequence[Merged],
    file: TableFile,
    columns: Collection[str] | None,
) -> pa.Table:
    """The table in a grid; its rows are numbered as those of the sheet.

    Parameters
    ----------
    grid : sequence of rows
        All cells from the first row and column of the sheet; every row has as many.

    Raises
    ------
    DataError
        If there is no cell.
    FileError
        If the header is ambiguous, a row is no data, or the grid is not exactly one table.
    """
    numbers = _filled_rows(grid, file)
    if not numbers:
        raise DataError(f"{file.source}: no data; the sheet is empty.")
    places = [p for p in range(len(grid[0])) if any(grid[number][p] is not None for number in numbers)]
    between = places[-1] - places[0] + 1 - len(places)
    if between:
        file.notes.add(EMPTY, f"{between:,} column(s)")
    texts = [[spelled(grid[number][p]).strip() for p in places] for number in numbers]
    if file.options.header is False:
        texts.insert(0, [""] * len(places))
        numbers.insert(0, numbers[0] - 1)
    header, *rows = texts
    if file.options.header is None:
        is_merged = any(cells[0] <= numbers[0] <= cells[1] and cells[2] < cells[3] for cells in merged)
        _check_title(texts, numbers, is_merged, file)
    check_repeated_or_numeric(header, rows, file)
    kept = _data_rows(header, rows, numbers, file)
    for first, _, place, _ in merged:
        if first > numbers[0] and place in places:
            file.notes.add(MERGED, repr(header[places.index(place)]))
    wanted = [i for i, name in enumerate(header) if columns is None or name in columns]
    read = [
        column_of([grid[number][places[i]] for number in kept], header[i] or f"column_{i + 1}", file)
        for i in wanted
    ]
    return pa.table(read, names=[header[i] for i in wanted])


def _filled_rows(grid: Sequence[Sequence[Cell]], file: TableFile) -> list[int]:
    """The rows with cells, from 0, below the rows that are skipped, and without comments."""
    skipped, sign = file.options.skip_rows, file.options.comment
    filled = [n for n, row in enumerate(grid) if n >= skipped and any(cell is not None for cell in row)]
    if not sign:
        return filled
    kept = [n for n in filled if not _first_text(grid[n]).startswith(sign)]
    if len(kept) < len(filled):
        file.notes.add(LEFT_OUT, f"{len(filled) - len(kept):,} row(s) that begin with {sign!r}")
    return kept


def _first_text(row: Sequence[Cell]) -> str:
    return spelled(next(cell for cell in row if cell is not None))


def _check_title(texts: Texts, numbers: Sequence[int], is_merged: bool, file: TableFile) -> None:
    """Refuse a title above the header: few cells, or merged ones, above a row of words in all columns."""
    filled = [name for name in texts[0] if name]
    if not is_merged and (len(filled) * 2 > len(texts[0]) or not (texts[0][0] or len(texts[0]) > 2)):
        return
    line = numbers[0] + 1
    for row, number in zip(texts[1:MOST_LINES_ABOVE], numbers[1:], strict=False):
        if all(row) and not any(map(kind_of, row)):
            raise file.error(
                f"{filled[0]!r:.40} looks like a title, and row {number + 1:,} like the names of the columns. Leave "
                f"out the rows above them with skip_rows={number}; if it is the header, use header=True.",
                line=line,
            )
    if is_merged:
        raise file.error(
            "cells are merged over several columns of the header. Give each column one name, in one row, or use "
            "header=True.",
            line=line,
        )


def _data_rows(header: list[str], rows: Texts, numbers: Sequence[int], file: TableFile) -> list[int]:
    """The rows of the grid that are data."""
    below = numbers[1:]
    if not rows:
        return []
    table = pa.table(
        [pa.array([cell or None for cell in column], pa.string()) for column in zip(*rows, strict=True)],
        names=header,
    )
    after_blanks = [row for row, number in enumerate(below) if row and number > below[row - 1] + 1]
    structure = Structure(header, rows, table, file, lambda row: numbers[row + 1] + 1)
    structure.check(after_blanks)
    return [number for row, number in enumerate(below) if row not in structure.left_out]
