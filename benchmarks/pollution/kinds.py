"""Broken separators, delimiters, quotes and escapes, after the Pollock benchmark (Vitagliano et al., VLDB 2023).

Every pollution makes a file of a table and lists the tables that may be loaded from it: as a rule the clean one, none
where the file is ambiguous. `reason` is a pattern that an honest refusal matches.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

from benchmarks.pollution.tables import Table, write


class Polluted(NamedTuple):
    """A broken file, and the tables that may be loaded from it."""

    content: bytes
    truths: list[Table]
    names_matter: bool = True


class Kind(NamedTuple):
    """A way to break a file; `pollute` gives None for a table that cannot be broken so."""

    group: str
    name: str
    reason: str
    pollute: Callable[[Table], Polluted | None]


RAGGED = r"do not fit the header's|expected a header in line|header"
DELIMITER = r"--delimiter|delimiter"
QUOTE = r"quote"
HEADER = r"header|names"
ENCODING = r"--encoding|encoding"


def clean(table: Table, text: str | bytes) -> Polluted:
    """A file that means the clean table."""
    return Polluted(text.encode() if isinstance(text, str) else text, [table])


def unclear(text: str | bytes) -> Polluted:
    """A file of which nobody can know what it means."""
    return Polluted(text.encode() if isinstance(text, str) else text, [])


def joined(
    lines: list[list[str]], delimiter: str, quote: str = '"', end: str = "\n", *, always: bool = False
) -> str:
    """Lines by rules that Python's writer does not know: any delimiter, any pair of quotes."""
    left, right = quote[0], quote[-1]

    def cell(text: str) -> str:
        if always or any(mark in text for mark in (delimiter, left, right, "\n")):
            return left + text.replace(right, right * 2) + right
        return text

    return "".join(delimiter.join(map(cell, line)) + end for line in lines)


def records(text: str) -> list[str]:
    """The lines of clean CSV, those with line breaks between quotes whole."""
    found, start, inside = [], 0, False
    for place, letter in enumerate(text):
        inside ^= letter == '"'
        if letter == "\n" and not inside:
            found.append(text[start : place + 1])
            start = place + 1
    return found


def separators() -> Iterator[Kind]:
    """Other ends of lines, and lines without anything."""
    group = "record separators"
    ends = {
        "CRLF": ["\r\n"],
        "CR": ["\r"],
        "LF and CRLF": ["\n", "\r\n"],
        "LF, CRLF and CR": ["\n", "\r\n", "\r"],
    }
    for name, cycle in (ends | {"CRCRLF": ["\r\r\n"]}).items():

        def ended(table: Table, cycle: list[str] = cycle) -> Polluted:
            lines = records(write(table))
            return clean(table, "".join(line[:-1] + cycle[i % len(cycle)] for i, line in enumerate(lines)))

        yield Kind(group, name, "line", ended)
    yield Kind(group, "none at the end", "line", lambda t: clean(t, write(t).rstrip("\n")))
    yield Kind(group, "blank lines first", "blank|header", lambda t: clean(t, "\n\n" + write(t)))
    yield Kind(group, "blank lines last", "blank", lambda t: clean(t, write(t) + "\n\n\n"))
    yield Kind(group, "blank lines between all", "blank", lambda t: clean(t, "\n".join(records(write(t)))))
    for blank in ("\n", "   \n"):
        yield Kind(group, f"one blank line {blank!r}", "blank|missing col", partial(_blank, line=blank))


def _blank(table: Table, line: str) -> Polluted:
    lines = records(write(table))
    cut = len(lines) // 2
    # In a table of one column a blank line may be a missing cell.
    gap = table._replace(rows=[*table.rows[: cut - 1], [""], *table.rows[cut - 1 :]])
    return Polluted(
        "".join([*lines[:cut], line, *lines[cut:]]).encode(), [table, *([gap] if table.width == 1 else [])]
    )


def delimiters() -> Iterator[Kind]:
    """Other delimiters, of one or of several characters, and mixtures."""
    group = "delimiters"
    for mark in (";", "\t", "|", ":", "~", "^", "§", "\x1f", "||", "::", ", ", " ; ", " ", "#", "$$"):

        def delimited(table: Table, mark: str = mark) -> Polluted | None:
            return clean(table, joined(table.lines(), mark)) if table.width > 1 else None

        yield Kind(group, f"{mark!r}", f"{DELIMITER}|expected a header|only", delimited)
    yield Kind(group, "aligned by blanks", f"{DELIMITER}|width|blank", _aligned)
    yield Kind(
        group, "Excel's line sep=;", "header|sep=|one column", lambda t: clean(t, "sep=;\n" + write(t, ";"))
    )
    yield Kind(group, "; in every third row", RAGGED, lambda t: _mixed(t, 3))
    yield Kind(group, "; in one row", RAGGED, lambda t: _mixed(t, len(t.rows)))


def _aligned(table: Table) -> Polluted | None:
    lines = [[cell or "NA" for cell in line] for line in table.lines()]
    if table.has("\n") or table.width == 1:
        return None
    widths = [max(map(len, column)) + 2 for column in zip(*lines, strict=True)]
    text = "".join(
        "".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() + "\n"
        for line in lines
    )
    return clean(table, text)


def _mixed(table: Table, every: int) -> Polluted | None:
    if table.width == 1:
        return None
    lines = [joined([line], ";" if i and i % every == 0 else ",") for i, line in enumerate(table.lines())]
    return clean(table, "".join(lines))


def quotes() -> Iterator[Kind]:
    """Other quotes, and quotes gone wrong."""
    group = "quotes"
    yield Kind(group, "round every cell", QUOTE, lambda t: clean(t, write(t, always=True)))
    for mark in ("'", "`", "“”"):
        for always in (True, False):

            def quoted(table: Table, mark: str = mark, always: bool = always) -> Polluted | None:
                text = joined(table.lines(), ",", mark, always=always)
                return clean(table, text) if mark[0] in text else None

            yield Kind(
                group,
                f"{mark} {'round every cell' if always else 'where needed'}",
                f"{QUOTE}|{RAGGED}",
                quoted,
            )
    yield Kind(group, "not doubled within", QUOTE, _not_doubled)
    yield Kind(group, "opened and not closed", QUOTE, lambda t: _on_one_cell(t, lambda cell: f'"{cell}'))
    yield Kind(group, "closed and not opened", QUOTE, lambda t: _on_one_cell(t, lambda cell: f'{cell}"'))
    yield Kind(group, "opened in the last line", QUOTE, lambda t: unclear(write(t).rstrip("\n") + '"'))
    yield Kind(group, "doubled round every cell", QUOTE, _doubled)
    yield Kind(group, "round every line", f"{QUOTE}|delimiter", _whole_lines)
    yield Kind(group, "none at all", f"{QUOTE}|{RAGGED}|delimiter", _unquoted)
    yield Kind(group, "then blanks", QUOTE, lambda t: clean(t, _with_blanks(t)))
    yield Kind(group, "then letters", QUOTE, lambda t: _on_one_cell(t, lambda cell: f'"{cell}"x'))


def _not_doubled(table: Table) -> Polluted | None:
    if not table.has('"'):
        return None
    lines = [",".join(f'"{cell}"' for cell in line) + "\n" for line in table.lines()]
    return clean(table, "".join(lines))


def _on_one_cell(table: Table, change: Callable[[str], str]) -> Polluted | None:
    row = len(table.rows) // 2
    plain = [i for i, cell in enumerate(table.rows[row]) if cell and not re.search(r'[",\n]', cell)]
    if not plain:
        return None
    lines = records(write(table))
    cells = next(csv.reader([lines[row + 1]]))
    written = [joined([[cell]], ",")[:-1] for cell in cells]
    written[plain[0]] = change(cells[plain[0]])
    lines[row + 1] = ",".join(written) + "\n"
    return clean(table, "".join(lines)) if change("").strip('"') == "" else unclear("".join(lines))


def _doubled(table: Table) -> Polluted:
    lines = [",".join(f'""{cell}""' for cell in line) + "\n" for line in table.lines()]
    return clean(table, "".join(lines))


def _whole_lines(table: Table) -> Polluted | None:
    if table.width == 1:
        return None
    lines = [line[:-1].replace('"', '""') for line in records(write(table))]
    return clean(table, "".join(f'"{line}"\n' for line in lines))


def _unquoted(table: Table) -> Polluted | None:
    return clean(table, "".join(",".join(line) + "\n" for line in table.lines())) if table.has(",") else None


def _with_blanks(table: Table) -> str:
    return "".join(
        " , ".join('"' + cell.replace('"', '""') + '"' for cell in line) + " \n" for line in table.lines()
    )


def escapes() -> Iterator[Kind]:
    """Escapes in place of doubled quotes."""
    group = "escapes"

    def backslash(table: Table, *, always: bool, escape: str = "\\") -> Polluted | None:
        def cell(text: str) -> str:
            text = text.replace(escape, escape * 2)
            needs = always or any(mark in text for mark in '",\n')
            return f'"{text.replace(chr(34), escape + chr(34))}"' if needs else text

        if not table.has('"'):
            return None
        return clean(table, "".join(",".join(map(cell, line)) + "\n" for line in table.lines()))

    yield Kind(group, "backslash before quotes", QUOTE, lambda t: backslash(t, always=False))
    yield Kind(group, "backslash, all quoted", QUOTE, lambda t: backslash(t, always=True))
    yield Kind(
        group, "backslash before quotes and itself", QUOTE, lambda t: backslash(_tailed(t), always=False)
    )
    yield Kind(group, "/ before quotes", QUOTE, lambda t: backslash(t, always=False, escape="/"))
    yield Kind(group, "backslash before delimiters", f"{QUOTE}|{RAGGED}", _bare_escapes)


def _tailed(table: Table) -> Table:
    return table.with_cells('"', '"\\')


def _bare_escapes(table: Table) -> Polluted | None:
    if not table.has(",") or table.has("\n"):
        return None
    lines = [",".join(re.sub(r'([,"\\])', r"\\\1", cell) for cell in line) for line in table.lines()]
    return clean(table, "\n".join(lines) + "\n")
