"""Removal of comment lines; one of them may be the header."""

from __future__ import annotations

import re

from netable.config.reading import ReadOptions
from netable.table.canonical.cells import kind_of
from netable.table.reading.base.table_file import TableFile
from netable.table.reading.text.dialect import DELIMITERS

LEFT_OUT = "left out as comments: {}"
_OPENED = re.compile(r"(?:^|[,;\t|])\s*$")


def without_comments(text: str, file: TableFile) -> tuple[str, list[int]]:
    """Remove the lines that begin with the comment sign; also return their places, from 0.

    Lines between quotes stay. NumPy writes the header as the last comment above the rows; with `header=True` that
    line stays, without the sign.

    Raises
    ------
    FileError
        If that line looks like a header and `header` is not set.
    """
    options = file.options
    sign = options.comment or ""
    lines = text.split("\n")
    removed = _comments(lines, sign, options.quote or '"')
    n_above = next((i for i, place in enumerate(removed) if place != i), len(removed))
    if n_above and n_above < len(lines) and options.header is not False:
        names = lines[n_above - 1].removeprefix(sign).strip()
        if _are_names(names, lines[n_above], options):
            if options.header is None:
                raise file.error(
                    f"the comment {names!r:.40} looks like the header of the rows below. If it is, "
                    f"add header=True to comment={sign!r}; otherwise use header=False."
                )
            lines[n_above - 1] = names
            del removed[n_above - 1]
    if removed:
        file.notes.add(LEFT_OUT, f"{len(removed):,} line(s) that begin with {sign!r}")
    places = set(removed)
    return "\n".join(line for place, line in enumerate(lines) if place not in places), removed


def _comments(lines: list[str], sign: str, quote: str) -> list[int]:
    comments, is_quoted = [], False
    for place, line in enumerate(lines):
        if not is_quoted and line.startswith(sign):
            comments.append(place)
        elif line.count(quote) % 2:
            # A single quote may also be an inch sign or an apostrophe, which opens no cell.
            parts = line.split(quote)
            is_quoted = not is_quoted and any(_OPENED.search(before) for before in parts[:-1:2])
    return comments


def _are_names(names: str, row: str, options: ReadOptions) -> bool:
    """The line holds as many words as the row below it holds values."""
    for delimiter in (options.delimiter,) if options.delimiter else (*DELIMITERS, None):
        above, below = names.split(delimiter), row.split(delimiter)
        if len(above) == len(below) > 1:
            return any(map(kind_of, below)) and not any(map(kind_of, above))
    return " " not in names and kind_of(row) != "" and not kind_of(names)
