"""The delimiter and the header of delimited text, found in its first lines and checked against them."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator
from itertools import islice

from netable.errors import FileError
from netable.table.notes import Notes
from netable.table.values import is_number

DELIMITERS = (",", ";", "\t", "|")
# These stand within words and times too: they count only between numbers.
DELIMITERS_OF_NUMBERS = (":", " ")
NUMERIC_HEADER = "the header holds only numbers ({}); if they are data, put a line with names above them"
SAMPLE_CHARACTERS = 1 << 20
SAMPLE_ROWS = 200


def find_delimiter(body: str) -> str:
    """The delimiter that splits the first rows into the most even table; a comma if none does."""
    scores = {delimiter: _evenness(first_rows(body, delimiter)) for delimiter in DELIMITERS}
    best = max(DELIMITERS, key=lambda delimiter: scores[delimiter])
    if scores[best][0]:
        return best
    for delimiter in DELIMITERS_OF_NUMBERS:
        header, *rows = first_rows(body, delimiter)
        cells = [cell for row in rows for cell in row]
        if len(header) > 2 and _evenness([header, *rows])[1] == 1.0 and cells and all(map(is_number, cells)):
            return delimiter
    return best


def _evenness(rows: list[list[str]]) -> tuple[bool, float, int]:
    """How even the rows are: has the header as many fields as most rows; the share of those; their fields."""
    widths = Counter(len(row) for row in rows[1:] or rows)
    width, count = widths.most_common(1)[0]
    share = count / widths.total()
    is_split = width > 1 and share > 0.5
    return (is_split and len(rows[0]) == width, share if is_split else 0.0, width if is_split else 1)


def split_rows(body: str, delimiter: str) -> Iterator[list[str]]:
    """The fields of each row, as Python reads them; a blank line is a row without fields."""
    # As in DuckDB, a quote may follow blanks.
    return csv.reader(io.StringIO(body, newline=""), delimiter=delimiter, skipinitialspace=delimiter != " ")


def first_rows(body: str, delimiter: str) -> list[list[str]]:
    """The fields of the first rows, blank lines left out."""
    reader = split_rows(body[:SAMPLE_CHARACTERS], delimiter)
    try:
        rows = [row for row in islice(reader, SAMPLE_ROWS) if row]
    except csv.Error:  # a field that never ends: the full read will say where it starts
        return [body.split("\n", 1)[0].split(delimiter)]
    was_cut = len(body) > SAMPLE_CHARACTERS and len(rows) < SAMPLE_ROWS
    return rows[:-1] if was_cut and len(rows) > 1 else rows


def check_header(body: str, delimiter: str, source: str, notes: Notes) -> list[str]:
    """The names in the first row, which must be a header.

    Raises
    ------
    FileError
        If the first row does not look like the header of the rows that follow it.
    """
    header, *rows = first_rows(body, delimiter)
    if len(header) == 1:
        _check_single_column(body, header[0], delimiter, source)
    widths = Counter(len(row) for row in rows)
    width, count = widths.most_common(1)[0] if rows else (len(header), 0)
    if len(header) < width and count > 1 and count > len(rows) / 2:
        raise FileError(
            f"{source}: expected a header in line 1, got {len(header)} field(s), {header[0]!r:.40}, where "
            f"most rows have {width} between {delimiter!r}. Remove what stands above the header, name every "
            "column, or say what the delimiter is with --delimiter."
        )
    if rows and rows[0] == header and any(name.strip() for name in header):
        raise FileError(f"{source}: the header stands twice, in line 1 and below it. Remove one of them.")
    if all(map(is_number, header)):
        notes.add(NUMERIC_HEADER, ", ".join(header[:5]))
    return header


def _check_single_column(body: str, name: str, delimiter: str, source: str) -> None:
    for other in DELIMITERS:
        if other != delimiter and any(len(row) > 1 for row in first_rows(body, other)):
            raise FileError(
                f"{source}: one column, {name!r:.60}, with the delimiter {delimiter!r}; is it {other!r}? "
                "Use --delimiter, or put quotes around texts that hold one."
            )
