"""Lines that the options call comments: left out, but for one that holds the names."""

from __future__ import annotations

import re

from netable.config.reading import ReadOptions
from netable.errors import FileError
from netable.system.notes import Notes
from netable.table.canonical.values import kind_of
from netable.table.reading.dialect import DELIMITERS

LEFT_OUT = "left out as comments: {}"
_OPENED = re.compile(r"(?:^|[,;\t|])\s*$")


def without_comments(text: str, options: ReadOptions, source: str, notes: Notes) -> tuple[str, list[int]]:
    """The text without the lines that begin with the comment sign, and their places, from 0.

    Lines between quotes stay. As NumPy writes it, the last of the first lines may hold the names: told to be the
    header, it is.

    Raises
    ------
    FileError
        If it seems to, and nothing is said about the header.
    """
    sign = options.comment or ""
    lines = text.split("\n")
    gone = _comments(lines, sign, options.quote or '"')
    n_above = next((i for i, place in enumerate(gone) if place != i), len(gone))
    if n_above and n_above < len(lines) and options.header is not False:
        names = lines[n_above - 1].removeprefix(sign).strip()
        if _are_names(names, lines[n_above], options):
            if options.header is None:
                raise FileError(
                    f"{source}: {names!r:.40} stands after {sign!r} above rows without names. If it is the header, "
                    f"say --header beside --comment {sign!r}; if it is not, --no-header."
                )
            lines[n_above - 1] = names
            del gone[n_above - 1]
    if gone:
        notes.add(LEFT_OUT, f"{len(gone):,} line(s) that begin with {sign!r}")
    left_out = set(gone)
    return "\n".join(line for place, line in enumerate(lines) if place not in left_out), gone


def _comments(lines: list[str], sign: str, quote: str) -> list[int]:
    found, inside = [], False
    for place, line in enumerate(lines):
        if not inside and line.startswith(sign):
            found.append(place)
        elif line.count(quote) % 2:
            # Inches and apostrophes are single too, but open no cell.
            parts = line.split(quote)
            inside = not inside and any(_OPENED.search(before) for before in parts[:-1:2])
    return found


def _are_names(names: str, row: str, options: ReadOptions) -> bool:
    """Whether a line holds as many words as the row below it values."""
    for delimiter in (options.delimiter,) if options.delimiter else (*DELIMITERS, None):
        above, below = names.split(delimiter), row.split(delimiter)
        if len(above) == len(below) > 1:
            return all(map(kind_of, below)) and not any(map(kind_of, above))
    return " " not in names and kind_of(row) != "" and not kind_of(names)
