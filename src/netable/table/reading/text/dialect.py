"""Detection of the dialect of delimited text: the one in which all of the first rows have the same width."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple

from netable.config.reading import MISSING, ReadOptions
from netable.table.canonical.cells import kind_of
from netable.table.reading.base.table_file import TableFile

DELIMITERS = (",", ";", "\t", "|")
# Characters that hardly ever occur in a text.
ODD_DELIMITERS = ("\x1f", "\x1e", "\x01", "§", "¦", "~", "^")
# Characters of words and times too: accepted only if they separate numbers or dates from the rest.
DOUBTFUL_DELIMITERS = (":", " ", "#")
ALIGNED = "  +"
READ_WITH = "read with {}; delimiter=… and quote=… say otherwise"
ODD_QUOTES = ("'", "`")
PAIRS_OF_QUOTES = (("“", "”"), ("„", "“"), ("‘", "’"), ("«", "»"))
SAMPLE_CHARACTERS = 1 << 20
SAMPLE_ROWS = 200
_STAND_IN = "\x1f"
_ESCAPED = re.compile(r"\\.", re.DOTALL)
_MISSING = ("", *MISSING)


class Dialect(NamedTuple):
    """Delimiter, quote and escape; without an escape, quotes within quotes are doubled."""

    delimiter: str = ","
    quote: str = '"'
    escape: str = ""

    @property
    def is_usual(self) -> bool:
        """The quotes are those of CSV, and the delimiter is one character."""
        return len(self.delimiter) == 1 and self.quote == '"' and not self.escape

    def __str__(self) -> str:
        mark = "two blanks or more" if self.delimiter == ALIGNED else repr(self.delimiter)
        parts = [f"the delimiter {mark}", f"the quote {self.quote}" if self.quote != '"' else ""]
        return ", ".join(filter(None, [*parts, f"the escape {self.escape}" if self.escape else ""]))


def split_rows(body: str, dialect: Dialect) -> Iterator[list[str]]:
    """The fields of each row, by Python's strict reader; a blank line is a row without fields."""
    delimiter, stand_in = dialect.delimiter, ""
    if delimiter == ALIGNED:
        body, delimiter = re.sub(" {2,}", _STAND_IN, body), _STAND_IN
    elif len(delimiter) > 1:
        body, stand_in, delimiter = body.replace(delimiter, _STAND_IN), delimiter, _STAND_IN
    rows = csv.reader(
        io.StringIO(body, newline=""),
        delimiter=delimiter,
        quotechar=dialect.quote,
        escapechar=dialect.escape or None,
        doublequote=not dialect.escape,
        # As in DuckDB, a quote may follow blanks.
        skipinitialspace=delimiter != " ",
        strict=True,
    )
    if not stand_in:
        return rows
    return ([cell.replace(_STAND_IN, stand_in) for cell in row] for row in rows)


def first_rows(body: str, dialect: Dialect) -> tuple[list[list[str]], bool]:
    """The fields of the first rows, without blank lines, and True if all quotes are valid."""
    was_cut = len(body) > SAMPLE_CHARACTERS
    rows: list[list[str]] = []
    try:
        for row in islice(split_rows(body[:SAMPLE_CHARACTERS], dialect), SAMPLE_ROWS * 2):
            if len(row) > 1 or any(row):
                rows.append(row)
            if len(rows) == SAMPLE_ROWS:
                return rows, True
    except csv.Error:
        return rows or [body.split("\n", 1)[0].split(dialect.delimiter)], was_cut and len(rows) > 1
    return (rows[:-1] if was_cut and len(rows) > 1 else rows or [[""]]), True


class Fit(NamedTuple):
    """The first rows in a dialect.

    Attributes
    ----------
    is_even : bool
        All rows have the width of the header, which is above 1.
    has_header : bool
        Most rows have the width of the header.
    share : float
        The share of rows that have the most frequent width.
    width : int
        The most frequent width.
    """

    is_even: bool
    has_header: bool
    share: float
    width: int
    dialect: Dialect
    rows: list[list[str]]

    def valued(self) -> float:
        """The share of cells that are numbers, dates or booleans, less 1 if a name is missing."""
        cells = [cell for row in self.rows[1:] for cell in row if cell.strip()]
        return sum(map(bool, map(kind_of, cells))) / max(1, len(cells)) - (not all(self.rows[0]))

    def parts_values(self) -> bool:
        """Some column has numbers or dates below a name that is a word."""
        full = (row for row in self.rows[1:] if len(row) >= self.width)
        columns = (
            [cell for cell in cells if cell.strip() not in _MISSING] for cells in zip(*full, strict=False)
        )
        return any(
            not kind_of(name) and {*map(kind_of, filled)} <= {"number", "date"} and any(filled)
            for name, filled in zip(self.rows[0], columns, strict=False)
        )


def fit(body: str, dialect: Dialect) -> Fit:
    """Try a dialect on the first rows."""
    rows, is_clean = first_rows(body, dialect)
    if dialect.escape:
        # With an escape, Python accepts letters after a closing quote; without escaped characters it does not.
        _, is_clean = first_rows(_ESCAPED.sub("x", body[:SAMPLE_CHARACTERS]), dialect._replace(escape=""))
    header = len(rows[0])
    widths = Counter(header if not any(row[header:]) and len(row) > header else len(row) for row in rows[1:])
    width, count = widths.most_common(1)[0] if widths else (header, 1)
    share = count / max(1, widths.total()) if width > 1 else 0.0
    is_even = is_clean and share == 1.0 and width == header
    return Fit(is_even, share > 0.5 and width == header, share, width, dialect, rows)


def find_dialect(body: str, file: TableFile) -> Dialect:
    """The dialect in which the first rows are even, or else the nearest usual one.

    Raises
    ------
    FileError
        If several dialects fit equally well.
    """
    options = file.options
    delimiters = (options.delimiter,) if options.delimiter else DELIMITERS
    usual = [fit(body, Dialect(delimiter, options.quote or '"')) for delimiter in delimiters]
    chosen = _most_valued([f for f in usual if f.is_even], file)
    if chosen:
        return _with_other_quotes(body, chosen, file)
    for others in (_other_quotes(delimiters, options), _other_delimiters(body, options)):
        fits = [fit(body, dialect) for dialect in others if _opens_cells(dialect, body)]
        chosen = _most_valued([f for f in fits if f.is_even and _is_certain(f)], file)
        if chosen:
            file.notes.add(READ_WITH, str(chosen.dialect))
            return chosen.dialect
    return max(usual, key=lambda f: (f.has_header, f.share, f.width)).dialect


def _most_valued(fits: list[Fit], file: TableFile) -> Fit | None:
    if len(fits) < 2:
        return fits[0] if fits else None
    scores = [f.valued() for f in fits]
    best = [f for f, score in zip(fits, scores, strict=True) if score == max(scores)]
    if len(best) > 1:
        raise file.error(
            f"{best[0].dialect} and {best[1].dialect} both split every row evenly. "
            "Choose one with delimiter=… or quote=…."
        )
    return best[0]


def _opens_cells(dialect: Dialect, body: str) -> bool:
    if dialect.escape:
        return rf"{dialect.escape}{dialect.quote}" in body or rf"{dialect.escape}{dialect.delimiter}" in body
    if dialect.quote == '"':
        return True
    opening = rf"(?:^|{re.escape(dialect.delimiter)})\s*{dialect.quote}"
    return re.search(opening, body[:SAMPLE_CHARACTERS], re.MULTILINE) is not None


def _is_certain(candidate: Fit) -> bool:
    delimiter, quote, _ = candidate.dialect
    if quote != '"' and any(cell.startswith('"') for row in candidate.rows for cell in row):
        return False
    if delimiter in (*DOUBTFUL_DELIMITERS, ALIGNED):
        return len(candidate.rows[0]) > 1 + (delimiter != ALIGNED) and candidate.parts_values()
    return True


def _other_quotes(delimiters: Iterable[str], options: ReadOptions) -> list[Dialect]:
    quotes = (options.quote,) if options.quote else ('"', *ODD_QUOTES)
    return [
        Dialect(delimiter, quote, escape)
        for delimiter in delimiters
        for quote, escape in [(quotes[0], "\\"), *((quote, "") for quote in quotes[1:])]
    ]


def _other_delimiters(body: str, options: ReadOptions) -> list[Dialect]:
    if options.delimiter:
        return []
    first_line = body.split("\n", 1)[0]
    doubled = [match[0] for match in re.finditer(r"([^\w\s\"'.-])\1+", first_line)]
    with_blanks = re.findall(r" ?[,;|] ", first_line)
    marks = [
        mark for mark in (*with_blanks, *doubled, *ODD_DELIMITERS, *DOUBTFUL_DELIMITERS) if mark in first_line
    ]
    if "  " in first_line and '"' not in body[:SAMPLE_CHARACTERS]:
        marks.append(ALIGNED)
    quotes = (options.quote,) if options.quote else ('"', *(q for q in ODD_QUOTES if q in body))
    # A single mark would find empty cells between the doubled ones.
    marks = [mark for mark in marks if mark * 2 not in marks]
    return [Dialect(mark, quote) for mark in dict.fromkeys(marks) for quote in quotes]


def _with_other_quotes(body: str, base: Fit, file: TableFile) -> Dialect:
    """The dialect of `base`, or the same with the quotes around most of its cells."""
    if file.options.quote:
        return base.dialect
    start = body[:SAMPLE_CHARACTERS]
    columns = list(zip(*(row for row in base.rows if len(row) == base.width), strict=True))
    filled = [[cell for cell in column if cell.strip()] for column in columns]
    for left, right in (*((quote, quote) for quote in ODD_QUOTES), *PAIRS_OF_QUOTES):
        # Between the usual quotes they belong to the text.
        if left not in start or f'"{left}' in start:
            continue
        wrapped = re.compile(rf"\s*{left}.*{right}\s*", re.DOTALL)
        if sum(_are_most(wrapped, column) for column in filled) * 2 > base.width:
            other = fit(body, Dialect(base.dialect.delimiter, left))
            if left != right or not other.is_even:
                raise file.error(
                    f'its cells stand between the quotes {left} and {right}, where " was expected. '
                    "Write it with those, or use quote='\"' if these belong to the text."
                )
            file.notes.add(READ_WITH, str(other.dialect))
            return other.dialect
        if left == right and any(
            wrapped.fullmatch(cell) and left * 2 in cell.strip()[1:-1] for column in filled for cell in column
        ):
            raise file.error(
                f"some cells seem to stand between the quotes {left!r}. Choose: quote={left!r}, or quote='\"' if these "
                "belong to the text."
            )
    return base.dialect


def _are_most(wrapped: re.Pattern[str], cells: list[str]) -> bool:
    return sum(wrapped.fullmatch(cell) is not None for cell in cells) * 2 > len(cells)
