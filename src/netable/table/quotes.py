"""Quotes that are nearly right: with blanks around them, or alone at the end of a cell."""

from __future__ import annotations

import re
from collections.abc import Callable

import pyarrow as pa
import pyarrow.compute as pc

from netable.errors import FileError
from netable.table.dialect import DELIMITERS, Dialect, fit
from netable.table.options import ReadOptions


def without_blanks_round_quotes(text: str, options: ReadOptions) -> str:
    """The text without blanks between quotes and delimiters, if only so its first rows are even."""
    delimiters = (options.delimiter,) if options.delimiter else DELIMITERS
    if '"' not in text or any(fit(text, Dialect(delimiter)).is_even for delimiter in delimiters):
        return text
    for delimiter in delimiters:
        edge, blanks = re.escape(delimiter), "[ \u00a0]" if delimiter in ("\t", " ") else "[ \t\u00a0]"
        quoted = rf'(?:(?<={edge})|^){blanks}*("(?:[^"]|"")*"){blanks}*(?={edge}|$)'
        tidied = re.sub(quoted, r"\1", text, flags=re.MULTILINE)
        if fit(tidied, Dialect(delimiter)).is_even:
            return tidied
    return text


def check_lone_quotes(
    table: pa.Table, text: str, dialect: Dialect, line_of: Callable[[int], int], source: str
) -> None:
    """Refuse a quote that ends a cell and was not opened; several behind numbers are inches.

    Raises
    ------
    FileError
        With the line of the first.
    """
    if '"' not in text:
        return
    for column in table.columns:
        found = pc.filter(column, pc.match_substring_regex(column, r'^[^"]*[^"\\]"\s*$'))
        cells = [cell for cell in found.unique().to_pylist() if cell]
        inches = [cell for cell in cells if cell.strip()[-2:-1].isdigit()]
        for cell in cells if len(inches) < 2 else set(cells) - set(inches):
            edge = re.escape(dialect.delimiter)
            place = re.search(rf"(?:^|{edge})({re.escape(cell)})(?:$|{edge})", text, re.MULTILINE)
            if place:
                line = line_of(text.count("\n", 0, place.start(1)) + 1)
                raise FileError(
                    f'{source}, line {line:,}: a quote " ends the cell {cell!r:.40}, and none begins it. Take it away, '
                    "or put the cell between quotes and double those that belong to it."
                )
