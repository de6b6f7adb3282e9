"""Nearly valid quotes: with blanks around them, or alone at the end of a cell."""

from __future__ import annotations

import re
from collections.abc import Callable

import pyarrow as pa
import pyarrow.compute as pc

from netable.config.reading import ReadOptions
from netable.table.reading.base.table_file import TableFile
from netable.table.reading.text.dialect import DELIMITERS, SAMPLE_CHARACTERS, Dialect, fit

_TOUCHED = re.compile(r'[ \t\u00a0]"|"[ \t\u00a0]')


def without_blanks_round_quotes(text: str, options: ReadOptions) -> str:
    """Remove blanks between quotes and delimiters if the first rows are even only without them."""
    delimiters = (options.delimiter,) if options.delimiter else DELIMITERS
    start = text[:SAMPLE_CHARACTERS]
    if not _TOUCHED.search(start) or any(fit(text, Dialect(delimiter)).is_even for delimiter in delimiters):
        return text
    for delimiter in delimiters:
        edge, blanks = re.escape(delimiter), "[ \u00a0]" if delimiter in ("\t", " ") else "[ \t\u00a0]"
        quoted = re.compile(
            rf'(?:(?<={edge})|^){blanks}*+("[^"]*+(?:""[^"]*+)*+"){blanks}*+(?={edge}|$)', re.MULTILINE
        )
        if fit(quoted.sub(r"\1", start), Dialect(delimiter)).is_even:
            return quoted.sub(r"\1", text)
    return text


def check_lone_quotes(
    table: pa.Table,
    text: str,
    dialect: Dialect,
    line_of: Callable[[int], int],
    file: TableFile,
) -> None:
    """Refuse a quote that ends a cell and was not opened; after digits it may be an inch sign.

    Raises
    ------
    FileError
        If there is one; the error names its line.
    """
    if '"' not in text or file.options.header is not None:
        return
    for column in table.columns:
        closed = pc.filter(column, pc.match_substring_regex(column, r'^[^"]*[^"\\]"\s*$'))
        is_slip = len(closed) == 1 and _end_in_digits(column)
        cells = [cell for cell in closed.unique().to_pylist() if is_slip or not cell.strip()[-2:-1].isdigit()]
        for cell in cells:
            edge = re.escape(dialect.delimiter)
            place = re.search(rf"(?:^|{edge})({re.escape(cell)})(?:$|{edge})", text, re.MULTILINE)
            if place:
                line = line_of(text.count("\n", 0, place.start(1)) + 1)
                raise file.error(
                    f'a quote " ends the cell {cell!r:.40}, and none begins it. Remove it, '
                    "quote the cell and double the quotes in it, or use header=True if it is right.",
                    line=line,
                )


def _end_in_digits(column: pa.ChunkedArray) -> bool:
    """There are more than three filled cells, and all but one end in a digit."""
    filled = pc.filter(column, pc.fill_null(pc.not_equal(column, ""), False))
    n_digits = pc.sum(pc.match_substring_regex(filled, r"[0-9.]\s*$")).as_py() or 0
    return len(filled) > 3 and bool(n_digits == len(filled) - 1)
