"""Delimited text, such as CSV: dialect and header are detected here, DuckDB reads the rows."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa

from netable.config.reading import ReadOptions
from netable.errors import DataError, FileError
from netable.table.reading.base.engine import BadRow, scan
from netable.table.reading.base.table_file import TableFile
from netable.table.reading.text.comments import without_comments
from netable.table.reading.text.dialect import Dialect, find_dialect, first_rows, split_rows
from netable.table.reading.text.header import check_header, filled_places
from netable.table.reading.text.quotes import check_lone_quotes, without_blanks_round_quotes
from netable.table.reading.text.structure import Structure

LEFT_OUT = "left out: {}"
SHOWN = 5
MOST_COLUMNS = 100_000
_NAMED_DELIMITER = re.compile(r'"?sep=(.)"?[ \t]*\n', re.IGNORECASE)


class Body(NamedTuple):
    """The lines of a table with their line numbers in the file."""

    text: str
    first_line: int
    removed: list[int]

    def line(self, number: int) -> int:
        """Line number in the file of a line of `text`, both counted from 1."""
        number += self.first_line - 1
        for removed in self.removed:
            number += removed <= number
        return number


def read_delimited(text: str, file: TableFile, columns: Collection[str] | None) -> pa.Table:
    """Read delimited text into columns of text.

    Raises
    ------
    DataError
        If the file is empty.
    FileError
        If the header, the dialect or a row is ambiguous, or the file does not hold exactly one table.
    """
    body, dialect = _begun(text, file)
    file.notes.add_fact("separated by", str(dialect).removeprefix("the delimiter "))
    body, dialect = _in_usual_form(body, dialect, file)
    sample, _ = first_rows(body.text, dialect)
    if file.options.header is False:
        names = dialect.delimiter * (len(sample[0]) - 1) or '""'
        body = body._replace(text=f"{names}\n{body.text}", first_line=body.first_line - 1)
        sample = [[""] * len(sample[0]), *sample]
    file.notes.add_fact("header", "none" if file.options.header is False else f"line {body.line(1):,}")
    header = check_header(body.text, sample, dialect, file, body.line(1) - 1)
    if len(header) > MOST_COLUMNS:
        raise file.error(
            f"{len(header):,} columns, and at most {MOST_COLUMNS:,} are read from text. Is it transposed? "
            "Otherwise convert it to Parquet."
        )
    return _table(body, header, sample, dialect, file, columns)


def header_and_options(text: str, file: TableFile) -> tuple[str, ReadOptions] | None:
    """The header of a file that begins with a text, and the options for lines below it, put under this header.

    None if its quotes or its delimiter are unusual, so that a part of the file may not show them.
    """
    body, dialect = _begun(text, file)
    if not dialect.is_usual:
        return None
    options = replace(file.options, delimiter=dialect.delimiter, quote=dialect.quote, skip_rows=0)
    if options.header is False:
        return "", options
    rows = csv.reader(io.StringIO(body.text, newline=""), delimiter=dialect.delimiter)
    next(rows)
    return "".join(line + "\n" for line in body.text.split("\n", rows.line_num)[: rows.line_num]), options


def _begun(text: str, file: TableFile) -> tuple[Body, Dialect]:
    """The lines of the table, and their dialect."""
    body = _body(text, file)
    if not body.text.strip():
        raise DataError(f"{file.source}: no data; the file is empty.")
    named = _NAMED_DELIMITER.match(body.text)
    if named:
        body = body._replace(text=body.text[named.end() :], first_line=body.first_line + 1)
    body = body._replace(text=without_blanks_round_quotes(body.text, file.options))
    is_named = named and file.options.delimiter is None
    return body, Dialect(named[1]) if named and is_named else find_dialect(body.text, file)


def _body(text: str, file: TableFile) -> Body:
    """The text from its first line that is not empty, with line feeds as line ends."""
    text = re.sub(r"\r+\n|\r", "\n", text) if "\r" in text else text
    text = text.rstrip("\x1a")
    *above, text = text.split("\n", file.options.skip_rows)
    text = text if len(above) == file.options.skip_rows else ""
    first_line = file.lines_above + len(above) + 1
    removed: list[int] = []
    if file.options.comment:
        text, places = without_comments(text, file)
        removed = [place + first_line for place in places]
    body = text.lstrip("\n")
    return Body(body, first_line + len(text) - len(body), removed)


def _in_usual_form(body: Body, dialect: Dialect, file: TableFile) -> tuple[Body, Dialect]:
    """The same table with the usual quotes and a delimiter of one character."""
    if not dialect.is_usual:
        if dialect.escape and re.search(
            rf"\\[^\\{re.escape(dialect.quote + dialect.delimiter)}\n]", body.text
        ):
            raise file.error(
                "backslashes stand before quotes and before other letters, so their meaning is not clear. "
                "Double the quotes within quotes instead."
            )
        return body._replace(text=_rewritten(body.text, dialect, file)), Dialect()
    sample, _ = first_rows(body.text, dialect)
    if len(sample[0]) == 1 and '"' in body.text and len(sample) > 1:
        inner = "".join(row[0] + "\n" for row in sample)
        rows, is_clean = first_rows(inner, dialect)
        if is_clean and len(rows[0]) > 1 and {len(row) for row in rows} == {len(rows[0])}:
            raise file.error(
                "every line is quoted as a whole, like one cell. Remove the outer quotes, and turn the "
                'doubled ones within into single ones ("" to ").'
            )
    return body, dialect


def _rewritten(text: str, dialect: Dialect, file: TableFile) -> str:
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\n")
    try:
        writer.writerows(split_rows(text, dialect))
    except csv.Error as error:
        raise file.error(f"cannot be read with {dialect} ({error}).") from error
    return buffer.getvalue()


def _table(
    body: Body,
    header: list[str],
    sample: list[list[str]],
    dialect: Dialect,
    file: TableFile,
    columns: Collection[str] | None,
) -> pa.Table:
    wanted = [i for i, name in enumerate(header) if columns is None or name.strip() in columns]
    text = body.text.rstrip("\n") + "\n"
    table, bad_rows = scan(text, dialect.delimiter, len(header), wanted, file.source)
    if bad_rows:
        _check_bad_rows(bad_rows, body, len(header), file)
    after_blanks = _check_rows(text, dialect, len(header), table.num_rows + len(bad_rows), file)
    check_lone_quotes(table, text, dialect, body.line, file)
    table = table.rename_columns([header[i] for i in wanted])
    filled = filled_places(table, file.notes)
    empty = {*wanted} - {wanted[place] for place in filled}
    table = table.select(filled)
    header = [name for i, name in enumerate(header) if i not in empty]
    rows = [[cell for i, cell in enumerate(row) if i not in empty] for row in sample[1:]]

    def line_of(row: int) -> int:
        return body.line(_line_of(text, dialect, row + 1, len(sample[0])))

    if table.num_rows and table.num_columns:
        return Structure(header, rows, table, file, line_of).check(after_blanks)
    return table


def _check_bad_rows(bad_rows: list[BadRow], body: Body, width: int, file: TableFile) -> None:
    """Refuse rows of another width than the header's, or note that they are left out."""
    numbers = [body.line(row.line) for row in bad_rows]
    for row, number in zip(bad_rows, numbers, strict=True):
        # Skipping this row would skip all lines up to the next quote.
        if row.error == "UNQUOTED VALUE":
            raise file.error(
                'a quote " is opened here and not closed before a delimiter. '
                "Close it, or double the quotes that belong to the text.",
                line=number,
            )
    texts = body.text.split("\n")
    unclosed = [n for row, n in zip(bad_rows, numbers, strict=True) if texts[row.line - 1].count('"') % 2]
    shown = ", ".join(f"{number:,}" for number in numbers[:SHOWN]) + ", …" * (len(numbers) > SHOWN)
    reasons = " and ".join(sorted({row.error.lower() for row in bad_rows}))
    reasons += f", and a quote is not closed in line {unclosed[0]:,}" if unclosed else ""
    listed = f"{len(bad_rows):,} row(s) do not fit the header's {width} columns ({reasons}), lines {shown}"
    if file.options.bad_rows == "error":
        raise file.error(f"{listed}. Correct them, or leave them out with bad_rows='skip'.")
    file.notes.add(LEFT_OUT, f"{listed} of {Path(file.source).name}")


def _check_rows(text: str, dialect: Dialect, width: int, n_rows: int, file: TableFile) -> list[int]:
    """Compare DuckDB's number of rows with Python's; return the rows that follow a blank line, from 0."""
    after_blanks: list[int] = []
    if '"' not in text and "\n\n" not in text:
        n_expected = text.count("\n") - 1
    else:
        n_expected, was_blank = -1, False
        try:
            for row in split_rows(text, dialect):
                if row or width == 1:
                    if was_blank and row:
                        after_blanks.append(n_expected)
                    n_expected += 1
                was_blank = not row
        except csv.Error as error:
            raise FileError(
                f"{file.source}, below row {n_expected:,}: invalid CSV quotes, or a cell that is too large ({error})."
            ) from error
    if n_rows != n_expected:
        raise file.error(
            f"expected {n_expected:,} rows, got {n_rows:,}; its quotes are not valid CSV. "
            "Write it again, or convert it to Parquet."
        )
    return after_blanks


def _line_of(text: str, dialect: Dialect, row: int, width: int) -> int:
    """Number of the line in which a row begins, from 1; row 0 is the header."""
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=dialect.delimiter)
    line, place = 1, 0
    for cells in rows:
        if cells or width == 1:
            if place == row:
                break
            place += 1
        line = rows.line_num + 1
    return line
