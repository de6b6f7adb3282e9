"""Cells of spreadsheets: their texts, and columns of cells of one type or several."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta

import pyarrow as pa
import pyarrow.compute as pc

from netable.table.canonical import values
from netable.table.canonical.arrow import python_column
from netable.table.canonical.cells import kind_of
from netable.table.canonical.table import MISSING
from netable.table.reading.base.table_file import TableFile

ERRORS = "cells with errors are read as missing: {}"
# What spreadsheets show in place of a value that cannot be computed.
ERROR_TEXTS = frozenset(
    {"#N/A", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!", "#GETTING_DATA"}
)


class ErrorCell(str):
    """A cell with an error, as it is shown."""


Cell = str | bool | float | datetime | timedelta | None


def plain_cell(cell: object) -> Cell:
    """A cell as a text, boolean, number, timestamp or duration; None if it is empty."""
    if isinstance(cell, str):
        text = cell.strip()
        return ErrorCell(text) if text in ERROR_TEXTS else cell if text else None
    if isinstance(cell, bool | float | datetime | timedelta) or cell is None:
        return cell
    if isinstance(cell, int):
        return float(cell)
    if isinstance(cell, date):
        return datetime(cell.year, cell.month, cell.day)
    if isinstance(cell, time):
        return timedelta(
            hours=cell.hour, minutes=cell.minute, seconds=cell.second, microseconds=cell.microsecond
        )
    raise TypeError(f"no cell of a spreadsheet is a {type(cell).__name__}")


def spelled(cell: Cell) -> str:
    """A cell as an export to CSV would write it.

    >>> [spelled(cell) for cell in (3.0, datetime(2020, 1, 2), timedelta(hours=30), True)]
    ['3', '2020-01-02', '30:00:00', 'True']
    """
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else repr(cell)
    if isinstance(cell, datetime):
        return cell.isoformat(" ").removesuffix(" 00:00:00")
    if isinstance(cell, timedelta):
        minutes, seconds = divmod(cell.total_seconds(), 60)
        hours, minutes = divmod(int(minutes), 60)
        return f"{hours}:{minutes:02}:{seconds:09.6f}".removesuffix(".000000")
    return "" if cell is None or isinstance(cell, ErrorCell) else str(cell)


def column_of(cells: Sequence[Cell], name: str, file: TableFile) -> pa.Array:
    """A column of cells; texts among numbers, dates and the like stay texts, and so does all beside them.

    Spellings of a missing value are none of these texts, and texts that are plain numbers are numbers beside numbers.

    Raises
    ------
    FileError
        If a text beside numbers may be a number in another notation.
    """
    errors = Counter(str(cell) for cell in cells if isinstance(cell, ErrorCell))
    if errors:
        file.notes.add(ERRORS, f"{name!r} {_counted(errors)}")
        cells = [None if isinstance(cell, ErrorCell) else cell for cell in cells]
    types = {type(cell) for cell in cells if not isinstance(cell, str | None)}
    if len(types) == 1:
        cells = _without_missing(cells, name, file)
    texts = {cell.strip() for cell in cells if isinstance(cell, str)}
    if texts and types == {float}:
        numbers = _as_numbers(sorted(texts))
        if numbers:
            cells = [numbers[cell.strip()] if isinstance(cell, str) else cell for cell in cells]
            texts.clear()
        else:
            _check_notation(cells, name, file)
    if types and not texts and len(types) == 1:
        return pa.array(cells)
    return python_column([None if cell is None else spelled(cell) for cell in cells], name, file.source)


def _without_missing(cells: Sequence[Cell], name: str, file: TableFile) -> list[Cell]:
    """The cells without those that mean a missing value: texts, and what `na_values` names."""
    options = file.options
    words = {*options.missing, *options.missing_among_numbers}
    are_missing = [
        (isinstance(cell, str) or (options.na_values and cell is not None)) and spelled(cell).strip() in words
        for cell in cells
    ]
    counts = Counter(
        spelled(cell).strip() for cell, is_missing in zip(cells, are_missing, strict=True) if is_missing
    )
    if counts:
        file.notes.add(MISSING, f"{name!r} {_counted(counts)}")
    return [None if is_missing else cell for cell, is_missing in zip(cells, are_missing, strict=True)]


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} × {text!r}" for text, count in sorted(counts.items()))


def _as_numbers(texts: list[str]) -> dict[str, float]:
    """The numbers that all texts are; none if one is no plain number, or a code with a leading zero."""
    column = pa.array(texts, pa.string())
    numbers = values.PLAIN.parse(column)
    is_code = pc.any(pc.match_substring_regex(column, values.LEADING_ZERO)).as_py()
    return {} if numbers.null_count or is_code else dict(zip(texts, numbers.to_pylist(), strict=True))


def _check_notation(cells: Sequence[Cell], name: str, file: TableFile) -> None:
    """Refuse texts such as 1,5 beside numbers with decimals: as a text, 4.567 could become 4567."""
    has_decimals = any(isinstance(cell, float) and not cell.is_integer() for cell in cells)
    for cell in cells:
        if has_decimals and isinstance(cell, str) and "," in cell and kind_of(cell) == "number":
            raise file.error(
                f"column {name!r} has numbers, and the text {cell!r:.40}, which may be one. Turn it into a number "
                "in the spreadsheet."
            )
