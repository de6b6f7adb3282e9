"""Checks that delimited text is one table below one header; rows that are no data are refused or left out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import pairwise

import pyarrow as pa
import pyarrow.compute as pc

from netable.errors import FileError
from netable.table.canonical.cells import is_number, kind_of
from netable.table.canonical.units import is_known_unit
from netable.table.reading.base.table_file import TableFile
from netable.table.reading.text.summaries import find_summaries

SAMPLE_CELLS = 20_000
MOST_STRAYS = 1_000
LEAST_ROWS_ABOVE = 3
# Fewer words may be values, such as low and high.
LEAST_NAMES = 3
MOST_AFTER_BLANKS = 100
COMMENTS = "cells that begin with # like comments; if they are comments, use comment='#': {}"
BLANK_LINES = "rows continue after a blank line; if another table begins there, split the file: {}"
OVERRIDE = "If it is a row of the table, use header=True."
REMEDY = f"Delete this line, or leave out such rows with bad_rows='skip'. {OVERRIDE}"
LEFT_OUT = "left out, because they are no data: {}"
_STARTS_LIKE_A_VALUE = r"^[^\p{L}\p{N}]*\p{N}"
_COMMENT = re.compile(r"^\s*#\s")
_RULE = re.compile(r"\s*[-=_*]{3,}\s*")
_YEAR = re.compile(r"(?:19|20)[0-9]{2}")
_FOOTNOTE = r"^\s*(?:[*†‡(]|(?i:(?:grand |sub)?totals?|sources?|(?:foot)?notes?|sum|legend)\s*(?:[:=]|$))"


class Structure:
    """The header, the first rows and the columns of a text that may not be one table."""

    def __init__(
        self,
        header: Sequence[str],
        rows: Sequence[Sequence[str]],
        table: pa.Table,
        file: TableFile,
        line_of: Callable[[int], int],
    ) -> None:
        self.header = [name.strip() for name in header]
        self.rows = rows[: max(20, SAMPLE_CELLS // max(1, len(header)))]
        self.table, self.file, self.line_of = table, file, line_of
        self.missing = {*file.options.missing, *file.options.missing_among_numbers}
        self.kinds = self._kinds()
        self.left_out: dict[int, str] = {}

    def check(self, after_blanks: Sequence[int]) -> pa.Table:
        """Refuse a text that is not exactly one table; return the table without the rows that are left out.

        Parameters
        ----------
        after_blanks : sequence of int
            The rows below blank lines.

        Raises
        ------
        FileError
            If there is no header or several, or a row is no data and `bad_rows` does not leave it out.
        """
        if self.file.options.header is not None:
            return self.table
        self._check_names()
        self._check_header_is_no_row()
        self._check_comments()
        self._check_header_again()
        self._check_strays(after_blanks[:MOST_AFTER_BLANKS])
        self._check_last_row(after_blanks)
        self._check_summaries()
        if not self.left_out:
            return self.table
        for row, fault in sorted(self.left_out.items()):
            self.file.notes.add(LEFT_OUT, f"{self.file.unit} {self.line_of(row):,} ({fault})")
        return self.table.take([row for row in range(self.table.num_rows) if row not in self.left_out])

    def _kinds(self) -> list[str]:
        """The kind of most of the first cells of each column: number, date, boolean, or "" for texts."""
        kinds = []
        for place in range(len(self.header)):
            cells = (row[place].strip() for row in self.rows if place < len(row))
            counts = Counter(kind_of(cell) for cell in cells if cell not in self.missing)
            kind, count = counts.most_common(1)[0] if counts else ("", 0)
            kinds.append(kind if count * 2 > counts.total() else "")
        return kinds

    def _refuse(self, row: int, fault: str) -> FileError:
        return self.file.error(fault, line=self.line_of(row))

    def _no_data(self, row: int, fault: str) -> None:
        """Refuse a row that is no data, or leave it out if asked."""
        if self.file.options.bad_rows == "error":
            raise self._refuse(row, f"{fault}. {REMEDY}")
        self.left_out[row] = fault

    def _check_names(self) -> None:
        nameless = [place + 1 for place, name in enumerate(self.header) if not name]
        if 1 < len(nameless) < len(self.header):
            raise self._refuse(
                -1,
                f"expected a header, but {len(nameless)} of {len(self.header)} columns have cells and no name "
                f"(column {nameless[0]} is the first). If the names are further down, leave out the lines above them "
                "with skip_rows; otherwise name every column, or use header=True.",
            )

    def _check_header_is_no_row(self) -> None:
        known = [(name, kind) for name, kind in zip(self.header, self.kinds, strict=True) if name and kind]
        alike = [name for name, kind in known if kind_of(name) == kind]
        if _count_up(alike) or self._are_increasing_names(alike):
            return
        differing = sum(not kind_of(name) for name, _ in known)
        if alike and len(alike) >= differing:
            fault = f"{alike[0]!r:.40} is like the cells below it"
        elif not known:
            names = self.header
            most = max(
                (
                    sum(name == cell.strip() != "" for name, cell in zip(names, row, strict=False))
                    for row in self.rows
                ),
                default=0,
            )
            if most * 2 <= len(names):
                return
            fault = f"{names[0]!r:.40} is also one of the cells below it"
        else:
            return
        raise self._refuse(
            -1,
            f"expected a header, but {fault}. If it is data, use header=False; if these are the names, header=True.",
        )

    def _are_increasing_names(self, names: Sequence[str]) -> bool:
        """Numbers as names increase, as wavelengths or years do, unlike the first rows."""
        if len(names) < 3 or not all(map(is_number, names)) or not _increase([float(name) for name in names]):
            return False
        places = [self.header.index(name) for name in names]
        rows = [[row[place].strip() for place in places] for row in self.rows if len(row) > max(places)]
        numbers = [[float(cell) for cell in row] for row in rows if all(map(is_number, row))]
        if sum(map(_increase, numbers)) * 2 <= len(numbers):
            return True
        columns = zip(*numbers, strict=True)
        within = sum(
            min(column) <= float(name) <= max(column) for name, column in zip(names, columns, strict=True)
        )
        return bool(within * 2 <= len(names))

    def _check_comments(self) -> None:
        """Refuse a comment: its line has words instead of values in the columns of numbers and dates."""
        if _COMMENT.match(self.header[0]):
            raise self._refuse(
                -1,
                "begins with # like a comment. Leave comments out with comment='#'; if it is the header, use "
                "header=True, alone or with comment='#'.",
            )
        rows = _where(pc.match_substring_regex(self.table.column(0), _COMMENT.pattern))
        if not rows or len(rows) * 2 > self.table.num_rows or self.file.options.comment:
            return
        words, n_values = self._words(rows[0], self._valued_places())
        if words and not n_values:
            raise self._refuse(
                rows[0],
                f"begins with # like a comment. Leave comments out with comment='#'. {OVERRIDE}",
            )
        self.file.notes.add(COMMENTS, f"{self.file.unit} {self.line_of(rows[0]):,}")

    def _check_header_again(self) -> None:
        names = [name.strip() for name in self.table.column_names]
        place = next((place for place, name in enumerate(names) if name), None)
        if place is None or (len(names) == 1 and not any(self.kinds)):
            return
        for row in _where(pc.equal(pc.utf8_trim_whitespace(self.table.column(place)), names[place])):
            if [(cell or "").strip() for cell in self._row(row)] == names:
                self._no_data(row, "the header is repeated here; if another table begins, split the file")

    def _row(self, row: int) -> list[str | None]:
        return [column[row].as_py() for column in self.table.columns]

    def _check_strays(self, after_blanks: Sequence[int]) -> None:
        """Refuse rows with words in all columns of numbers and dates: a second header, or units."""
        if self.table.num_rows == 0:
            return
        if all(_RULE.fullmatch(cell or "") for cell in self._row(0)):
            self._no_data(0, "a line of dashes instead of a row")
            return
        places = self._valued_places()
        words, n_values = self._words(0, places)
        if words and not n_values and all(map(_is_unit, words)):
            self._no_data(0, f"{words[0]!r:.30} instead of a number, as in a row of units")
            return
        least = min(LEAST_NAMES, len(places))
        for row in after_blanks:
            words, n_values = self._words(row, places)
            if least > 1 and len({*filter(_is_name, words)}) >= least and not n_values:
                raise self._refuse(row, self._second_header(words))
            if not n_values and not self.file.notes.has(BLANK_LINES):
                self.file.notes.add(BLANK_LINES, f"{self.file.unit} {self.line_of(row):,}")
        if len(places) < LEAST_NAMES:
            return
        column = self.table.column(places[0])
        is_missing = pc.is_in(pc.utf8_trim_whitespace(column), pa.array([*self.missing], pa.string()))
        is_word = pc.invert(pc.or_(pc.match_substring_regex(column, _STARTS_LIKE_A_VALUE), is_missing))
        for row in {0, *_where(is_word)[:MOST_STRAYS]} - {*self.left_out}:
            words, n_values = self._words(row, places)
            is_distinct = row == 0 or len(set(words)) == len(words)
            if len(set(words)) >= LEAST_NAMES and is_distinct and not n_values and all(map(_is_name, words)):
                raise self._refuse(row, self._second_header(words))

    def _valued_places(self) -> list[int]:
        """The columns of numbers and dates among those that were read."""
        return [place for place, kind in enumerate(self._kinds_read()) if kind in ("number", "date")]

    def _kinds_read(self) -> list[str]:
        """The kinds of the columns that were read."""
        names = [name.strip() for name in self.table.column_names]
        are_all = len(names) == len(self.header)
        return self.kinds if are_all else [self.kinds[self.header.index(name)] for name in names]

    def _words(self, row: int, places: Sequence[int]) -> tuple[list[str], int]:
        cells = [(self.table.column(place)[row].as_py() or "").strip() for place in places]
        filled = [cell for cell in cells if cell not in self.missing]
        words = [cell for cell in filled if not kind_of(cell)]
        return words, len(filled) - len(words)

    def _second_header(self, words: Sequence[str]) -> str:
        shown = ", ".join(f"{word!r:.30}" for word in words[:3])
        return (
            f"{shown} where other rows hold numbers or dates: is this a second header, or the header of another "
            "table? Remove the line, or leave out the lines above the header with skip_rows; if these words mark "
            f"missing values, list them with na_values. {OVERRIDE}"
        )

    def _check_last_row(self, after_blanks: Sequence[int]) -> None:
        """Refuse a footnote in the last row."""
        last = self.table.num_rows - 1
        cells = [(cell or "").strip() for cell in self._row(last)] if last >= LEAST_ROWS_ABOVE else [""]
        if any(cells[1:]) or len(cells) < len(self.header) or not re.match(_FOOTNOTE, cells[0]):
            return
        if len(cells) == 1 and last not in after_blanks:
            return
        if pc.any(pc.match_substring_regex(self.table.column(0)[:last], _FOOTNOTE)).as_py():
            return
        self._no_data(last, f"{cells[0]!r:.40} and nothing else in the last row, as in a footnote")

    def _check_summaries(self) -> None:
        """Refuse totals, averages and other sums of rows."""
        numbers = [place for place, kind in enumerate(self._kinds_read()) if kind == "number"]
        for row, words in find_summaries(self.table, numbers, self.missing).items():
            if row not in self.left_out:
                self._no_data(row, f"{words}, as in a summary row")


def _is_unit(word: str) -> bool:
    """A well-known unit, or a word in brackets."""
    return re.fullmatch(r"[(\[].*[)\]]", word) is not None or is_known_unit(f"#{word}")


def _is_name(word: str) -> bool:
    """The first letter or digit is a letter."""
    return next((letter.isalpha() for letter in word if letter.isalnum()), False)


def _increase(numbers: Sequence[float]) -> bool:
    return all(before < after for before, after in pairwise(numbers))


def _where(condition: pa.ChunkedArray) -> list[int]:
    rows: list[int] = pc.indices_nonzero(pc.fill_null(condition, False)).to_pylist()
    return rows


def _count_up(names: Sequence[str]) -> bool:
    """The names are consecutive numbers, as of frames or years: 0, 1, 2 or 2020, 2021."""
    if not names or not all(re.fullmatch("[0-9]{1,9}", name) for name in names):
        return False
    numbers = [int(name) for name in names]
    steps = {after - before for before, after in pairwise(numbers)}
    if len(numbers) > 2 or all(map(_YEAR.fullmatch, names)):
        return len(steps) <= 1 and 0 not in steps
    return numbers in ([0, 1], [1, 2], [0])
