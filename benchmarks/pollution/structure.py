"""Ragged rows, lines around the table, and several tables in a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from benchmarks.pollution.kinds import HEADER, RAGGED, Kind, Polluted, clean, joined, records, unclear
from benchmarks.pollution.tables import NUMBER, Table, write


def has_many(table: Table) -> bool:
    """Has several columns; with one column any further line is a valid row."""
    return table.width > 1


def _ifhas_many(pollute: Callable[[Table], Polluted | None]) -> Callable[[Table], Polluted | None]:
    return lambda table: pollute(table) if has_many(table) else None


def ragged() -> Iterator[Kind]:
    """Rows of other lengths than the header."""
    group = "ragged rows"

    def changed(
        which: Callable[[int], bool], change: Callable[[list[str]], list[str]]
    ) -> Callable[[Table], Polluted | None]:
        def pollute(table: Table) -> Polluted | None:
            rows = [change(row) if which(i - len(table.rows)) else row for i, row in enumerate(table.rows)]
            return unclear(joined([table.header, *rows], ",")) if has_many(table) else None

        return pollute

    yield Kind(group, "one cell fewer in a row", RAGGED, changed(lambda i: i == -2, lambda row: row[:-1]))
    yield Kind(group, "one cell more in a row", RAGGED, changed(lambda i: i == -2, lambda row: [*row, "x"]))
    yield Kind(
        group, "last row cut off", RAGGED, changed(lambda i: i == -1, lambda row: row[: len(row) // 2])
    )
    yield Kind(group, "some rows longer", RAGGED, changed(lambda i: i % 3 == 0, lambda row: [*row, "7", "8"]))
    yield Kind(group, "half the rows shorter", RAGGED, changed(lambda i: i % 2 == 0, lambda row: row[:-1]))
    yield Kind(
        group,
        "all rows longer than the header",
        f"{RAGGED}|{HEADER}",
        changed(lambda i: True, lambda row: [*row, "1"]),
    )
    yield Kind(
        group,
        "all rows shorter than the header",
        f"{RAGGED}|{HEADER}",
        changed(lambda i: True, lambda row: row[:-1]),
    )
    yield Kind(group, "a row in two lines", RAGGED, _in_two)
    yield Kind(group, "two rows in one line", RAGGED, _in_one)
    yield Kind(group, "an empty cell more in a row", RAGGED, lambda t: _appended(t, ",", [len(t.rows)]))
    yield Kind(group, "a delimiter ends every line", RAGGED, lambda t: _appended(t, ",", None))
    yield Kind(group, "delimiters end every line", RAGGED, lambda t: _appended(t, ",,,", None))
    yield Kind(
        group,
        "a delimiter ends every row",
        RAGGED,
        lambda t: _appended(t, ",", list(range(1, len(t.rows) + 1))),
    )
    yield Kind(group, "a delimiter ends the header", f"{RAGGED}|{HEADER}", lambda t: _appended(t, ",", [0]))
    yield Kind(
        group, "last row of delimiters only", "delimiters|missing", lambda t: _empty_row(t, len(t.rows))
    )
    yield Kind(
        group, "row of delimiters only", "delimiters|missing", lambda t: _empty_row(t, len(t.rows) // 2)
    )


def _in_two(table: Table) -> Polluted | None:
    lines = records(write(table))
    middle = len(lines) // 2
    head, _, tail = lines[middle].partition(",")
    lines[middle] = f"{head}\n,{tail}"
    return clean(table, "".join(lines)) if has_many(table) else None


def _in_one(table: Table) -> Polluted | None:
    lines = records(write(table))
    middle = len(lines) // 2
    lines[middle] = lines[middle].rstrip("\n") + ","
    return clean(table, "".join(lines)) if has_many(table) else None


def _appended(table: Table, text: str, which: list[int] | None) -> Polluted:
    lines = records(write(table))
    chosen = range(len(lines)) if which is None else which
    return clean(
        table, "".join(line[:-1] + text + "\n" if i in chosen else line for i, line in enumerate(lines))
    )


def _empty_row(table: Table, place: int) -> Polluted | None:
    if not has_many(table):
        return None
    lines = records(write(table))
    lines.insert(place + 1, "," * (table.width - 1) + "\n")
    with_row = table._replace(rows=[*table.rows[:place], [""] * table.width, *table.rows[place:]])
    return Polluted("".join(lines).encode(), [table, with_row])


def around() -> Iterator[Kind]:
    """Lines above, below and between the rows."""
    above, below = "preambles", "footers and comments"
    preamble = f"{HEADER}|--skip-rows|blank line"
    yield Kind(above, "a line", preamble, _ifhas_many(lambda t: clean(t, "Report of May\n" + write(t))))
    yield Kind(
        above,
        "three lines and a blank one",
        preamble,
        lambda t: clean(t, "Report\nby us\nMay 2021\n\n" + write(t)),
    )
    yield Kind(
        above,
        "a line with delimiters",
        preamble,
        lambda t: (
            clean(t, "Report, May, 2021, draft\n" + write(t)) if t.width != 4 or has_numbers(t) else None
        ),
    )
    yield Kind(
        above, "a title with delimiters after it", preamble, lambda t: _padded_above(t, ["Report of May"])
    )
    yield Kind(
        above,
        "two facts with delimiters after them",
        preamble,
        lambda t: _padded_above(t, ["Author,Kim", "Made,2021-05-03"]),
    )
    yield Kind(
        above,
        "comments",
        f"{preamble}|comment",
        lambda t: clean(t, "# made by a program\n# on 2021-05-03\n" + write(t)),
    )
    yield Kind(above, "a line of dashes below the header", f"{HEADER}|fit|dash|line", _dashes)
    footer = f"{RAGGED}|foot|comment|last|line"
    yield Kind(
        below, "a line", footer, _ifhas_many(lambda t: clean(t, write(t) + "Source: the office of numbers\n"))
    )
    yield Kind(
        below,
        "a blank line and a line",
        f"{footer}|blank",
        lambda t: clean(t, write(t) + "\nSource: the office\n"),
    )
    yield Kind(
        below,
        "a line with delimiters after it",
        footer,
        _ifhas_many(lambda t: clean(t, write(t) + "Source: the office" + "," * (t.width - 1) + "\n")),
    )
    yield Kind(
        below,
        "the number of rows",
        footer,
        _ifhas_many(lambda t: clean(t, write(t) + f"({len(t.rows)} rows)\n")),
    )
    yield Kind(below, "a comment between rows", footer, lambda t: _between(t, "# checked up to here\n"))
    yield Kind(
        below,
        "a comment with as many delimiters",
        footer,
        lambda t: _between(t, "# checked" + ",x" * (t.width - 1) + "\n"),
    )
    yield Kind(below, "a comment last", footer, lambda t: clean(t, write(t) + "# end of file\n"))
    yield Kind(below, "control character Z last", "character|line|fit", lambda t: clean(t, write(t) + "\x1a"))


def _padded_above(table: Table, lines: list[str]) -> Polluted | None:
    if table.width < 3:
        return None
    padded = [line + "," * (table.width - 1 - line.count(",")) + "\n" for line in lines]
    return clean(table, "".join(padded) + write(table))


def _dashes(table: Table) -> Polluted:
    lines = records(write(table))
    return clean(table, "".join([lines[0], ",".join(["---"] * table.width) + "\n", *lines[1:]]))


def _between(table: Table, line: str) -> Polluted:
    lines = records(write(table))
    middle = len(lines) // 2
    return clean(table, "".join([*lines[:middle], line, *lines[middle:]]))


def several() -> Iterator[Kind]:
    """Several tables in one file."""
    group = "several tables"
    reason = f"{RAGGED}|{HEADER}|blank|table"
    narrow = "city,people,area\nBusan,3400000,770\nSeoul,9700000,605\n"
    yield Kind(
        group, "another width, after a blank line", reason, lambda t: unclear(write(t) + "\n" + narrow)
    )
    yield Kind(group, "another width", reason, lambda t: unclear(write(t) + narrow))
    yield Kind(
        group, "same width, after a blank line", reason, lambda t: unclear(write(t) + "\n" + write(_other(t)))
    )
    yield Kind(
        group,
        "same width",
        reason,
        lambda t: unclear(write(t) + write(_other(t))) if has_numbers(t) else None,
    )
    yield Kind(group, "the same table again", reason, lambda t: unclear(write(t) + write(t)))
    yield Kind(
        group, "the same table after a blank line", reason, lambda t: unclear(write(t) + "\n" + write(t))
    )


def has_numbers(table: Table) -> bool:
    """Has two columns of numbers; otherwise a line of words among the rows does not stand out."""
    columns = list(zip(*table.rows, strict=True))
    return sum(all(NUMBER.fullmatch(cell) for cell in column if cell) for column in columns) > 1


def _other(table: Table) -> Table:
    return table._replace(header=[f"other {name}" for name in table.header], rows=table.rows[::2])
