"""The header of delimited text, compared with the first rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from netable.errors import FileError
from netable.system.notes import Notes
from netable.table.canonical.cells import is_number
from netable.table.reading.base.table_file import TableFile
from netable.table.reading.text.dialect import (
    ALIGNED,
    DELIMITERS,
    DOUBTFUL_DELIMITERS,
    Dialect,
    first_rows,
    fit,
)

NUMERIC_HEADER = "the header holds only numbers ({}); if they are data, use header=False"
EMPTY = "left out, because they have neither a name nor a value: {}"
MOST_LINES_ABOVE = 20


def check_header(
    body: str, sample: list[list[str]], dialect: Dialect, file: TableFile, n_above: int
) -> list[str]:
    """The names in the first row; columns made by delimiters at line ends have empty names.

    `n_above` is the number of lines of the file above `body`, -1 if its first line was made up.

    Raises
    ------
    FileError
        If the first row does not look like the header of the rows below it.
    """
    options = file.options
    header, *rows = sample
    if len(header) == 1 and options.header is None:
        above = _lines_above(body, (options.delimiter,) if options.delimiter else DELIMITERS)
        if above:
            raise _no_header(file, sample, *above, n_above)
        _check_single_column(body, header[0], dialect, file)
    widths = Counter(len(row) for row in rows)
    width, count = widths.most_common(1)[0] if rows else (len(header), 0)
    if len(header) < width and count > 1 and count > len(rows) / 2:
        if count == len(rows) and not any(any(row[len(header) :]) for row in rows):
            return header + [""] * (width - len(header))
        above = _lines_above(body, (dialect.delimiter,)) or (Dialect(dialect.delimiter), width, 0)
        raise _no_header(file, sample, *above, n_above)
    check_repeated_or_numeric(header, rows, file)
    return header


def check_repeated_or_numeric(header: list[str], rows: Sequence[list[str]], file: TableFile) -> None:
    """Refuse a header that is repeated in the row below it; note one of numbers.

    Raises
    ------
    FileError
        If the header is repeated.
    """
    if file.options.header is None and rows and rows[0] == header and any(name.strip() for name in header):
        raise file.error(
            "the header is repeated in the row below it. Remove one of them, or use header=True."
        )
    if all(map(is_number, header)):
        file.notes.add(NUMERIC_HEADER, ", ".join(header[:5]))


def _no_header(
    file: TableFile, sample: list[list[str]], dialect: Dialect, width: int, skipped: int, n_above: int
) -> FileError:
    skip = f"Leave out the lines above the table with skip_rows={n_above + skipped}"
    has_names = file.options.header is not False
    first = sample[0] if has_names else sample[1]
    return file.error(
        f"expected a {'header' if has_names else 'row'} in line {n_above + 1 + (not has_names)}, got {len(first)} "
        f"field(s), {first[0]!r:.40}, where most rows have {width} between {dialect.delimiter!r}. "
        f"{skip if skipped else 'Remove the lines above the table'}, name every column, or set "
        "delimiter=…."
    )


def _lines_above(body: str, delimiters: Iterable[str]) -> tuple[Dialect, int, int] | None:
    """The dialect and width of an even table further down, and the number of lines above it."""
    rest = body
    for skipped in range(1, MOST_LINES_ABOVE + 1):
        rest = rest.partition("\n")[2]
        if not rest.strip("\n"):
            return None
        for delimiter in delimiters:
            below = fit(rest.lstrip("\n"), Dialect(delimiter))
            if below.is_even and len(below.rows) > 2:
                return below.dialect, below.width, skipped + len(rest) - len(rest.lstrip("\n"))
    return None


def _check_single_column(body: str, name: str, dialect: Dialect, file: TableFile) -> None:
    """Refuse a single column that another delimiter would split."""
    for other in (*DELIMITERS, *DOUBTFUL_DELIMITERS, ALIGNED):
        if other == dialect.delimiter:
            continue
        if other in DELIMITERS:
            is_split = any(len(row) > 1 for row in first_rows(body, Dialect(other))[0])
        else:
            split = fit(body, Dialect(other))
            is_split = file.options.delimiter is None and split.is_even and len(split.rows) > 2
            is_split = is_split and split.parts_values()
        if is_split:
            raise file.error(
                f"one column, {name!r:.60}, with the delimiter {dialect.delimiter!r}; is it "
                f"{'two blanks or more' if other == ALIGNED else repr(other)}? "
                "Use delimiter=…, or put quotes around texts that contain one."
            )


def filled_places(table: pa.Table, notes: Notes) -> list[int]:
    """The columns with a name or a value; delimiters at line ends make empty ones."""
    filled = [
        place
        for place, name in enumerate(table.column_names)
        if name.strip() or pc.any(pc.not_equal(pc.utf8_trim_whitespace(table.column(place)), "")).as_py()
    ]
    if not filled or len(filled) == table.num_columns or not table.num_rows:
        return list(range(table.num_columns))
    notes.add(EMPTY, f"{table.num_columns - len(filled):,} column(s)")
    return filled
