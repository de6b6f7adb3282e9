"""Broken headers and cells."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from benchmarks.pollution.kinds import (
    DELIMITER,
    HEADER,
    QUOTE,
    RAGGED,
    Kind,
    Polluted,
    clean,
    joined,
    records,
    unclear,
)
from benchmarks.pollution.structure import has_many, has_numbers
from benchmarks.pollution.tables import NUMBER, Table, write


def headers() -> Iterator[Kind]:
    """No header, or an odd one."""
    group = "headers"
    yield Kind(
        group, "none", HEADER, lambda t: Polluted(joined(t.rows, ",").encode(), [t], names_matter=False)
    )
    yield Kind(group, "twice", HEADER, lambda t: clean(t, write(t._replace(rows=[t.header, *t.rows]))))
    yield Kind(
        group,
        "again between rows",
        HEADER,
        lambda t: clean(t, write(t._replace(rows=[*t.rows[:2], t.header, *t.rows[2:]]))),
    )
    yield Kind(group, "and a row of units", HEADER, lambda t: _second(t, ["kg", "cm", "s", "m", "K"]))
    yield Kind(
        group, "and a row of longer names", HEADER, lambda t: _second(t, [f"the name {i}" for i in range(99)])
    )
    yield Kind(group, "below a row of groups", f"{HEADER}|name", _groups)
    yield Kind(group, "without the first name", HEADER, lambda t: _renamed(t, lambda names: ["", *names[1:]]))
    yield Kind(group, "without the last name", HEADER, lambda t: _renamed(t, lambda names: [*names[:-1], ""]))
    yield Kind(group, "without names", HEADER, lambda t: _renamed(t, lambda names: [""] * len(names)))
    yield Kind(group, "a name twice", "a name of its own", _double)
    yield Kind(
        group,
        "numbers as names",
        HEADER,
        lambda t: _renamed(t, lambda names: [str(i) for i in range(len(names))]),
    )
    yield Kind(
        group,
        "names with delimiters",
        HEADER,
        lambda t: _renamed(t, lambda names: [f"{n}, in all" for n in names]),
    )
    yield Kind(
        group,
        "names with line breaks",
        HEADER,
        lambda t: _renamed(t, lambda names: [f"{n}\n(new)" for n in names]),
    )
    yield Kind(
        group, "names with quotes", HEADER, lambda t: _renamed(t, lambda names: [f'{n} "raw"' for n in names])
    )
    yield Kind(group, "nothing else", r"0 rows", lambda t: unclear(write(t._replace(rows=[]))))


def _second(table: Table, words: list[str]) -> Polluted | None:
    if not has_numbers(table):
        return None
    row = [words[i % len(words)] for i in range(table.width)]
    return Polluted(write(table._replace(rows=[row, *table.rows])).encode(), [table], names_matter=False)


def _groups(table: Table) -> Polluted | None:
    if table.width < 4:
        return None
    half = table.width // 2
    row = ["here", *[""] * (half - 1), "there", *[""] * (table.width - half - 1)]
    return Polluted((",".join(row) + "\n" + write(table)).encode(), [table], names_matter=False)


def _renamed(table: Table, change: Callable[[list[str]], list[str]]) -> Polluted:
    renamed = table._replace(header=change(table.header))
    # The reader of a table of one column must not take the nameless header for a blank line.
    return clean(renamed, write(renamed))


def _double(table: Table) -> Polluted | None:
    if not has_many(table):
        return None
    twice = table._replace(header=[table.header[0], *table.header[:-1]])
    return Polluted(write(twice).encode(), [table], names_matter=False)


def cells() -> Iterator[Kind]:
    """NUL characters, blanks, and numbers as people write them."""
    yield Kind(
        "NUL", "in a cell", "NUL", lambda t: unclear(write(t).replace(t.rows[1][0], t.rows[1][0] + "\0", 1))
    )
    yield Kind("NUL", "at the end", "NUL", lambda t: clean(t, write(t) + "\0" * 64))
    blanks = "blanks"
    yield Kind(blanks, "round cells", QUOTE, lambda t: clean(t, _spaced(t, "  ")))
    yield Kind(blanks, "tabs round cells", QUOTE, lambda t: clean(t, _spaced(t, "\t")))
    yield Kind(blanks, "that do not break, round cells", QUOTE, lambda t: clean(t, _spaced(t, "\u00a0")))
    yield Kind(
        blanks,
        "at the end of lines",
        QUOTE,
        lambda t: clean(t, "".join(line[:-1] + "  \n" for line in records(write(t)))),
    )
    numbers = "numbers"
    yield Kind(numbers, "commas between thousands", "decimal|thousand", lambda t: _written(t, "{:,}", ","))
    yield Kind(numbers, "decimal commas between ;", "decimal", lambda t: _written(t, "{}", ";", (".", ",")))
    yield Kind(
        numbers, "decimal commas between quotes", "decimal", lambda t: _written(t, "{}", ",", (".", ","))
    )
    yield Kind(numbers, "decimal commas without quotes", f"decimal|{DELIMITER}|{RAGGED}", _unquoted_commas)
    yield Kind(
        numbers,
        "points between thousands",
        "decimal|thousand",
        lambda t: _written(t, "{:,}", ";", (",", "_"), (".", ","), ("_", ".")),
    )
    yield Kind(
        numbers,
        "blanks between thousands",
        "decimal|thousand",
        lambda t: _written(t, "{:,}", ";", (",", " ")),
    )
    yield Kind(
        numbers,
        "apostrophes between thousands",
        "decimal|thousand",
        lambda t: _written(t, "{:,}", ";", (",", "'")),
    )
    for word in ("NA", "NULL", "-", "#N/A", "nan"):
        yield Kind(numbers, f"{word} for missing", "missing", partial(_spelled, word=word))


def _spaced(table: Table, blanks: str) -> str:
    lines = ([joined([[cell]], ",")[:-1] for cell in line] for line in table.lines())
    return "".join(",".join(blanks + cell + blanks for cell in line) + "\n" for line in lines)


def _written(table: Table, form: str, delimiter: str, *replaced: tuple[str, str]) -> Polluted | None:
    """Numbers in another form; a whole column of them, or none."""
    columns = [list(column) for column in zip(*table.rows, strict=True)]
    changed = 0
    for i, column in enumerate(columns):
        if not all(NUMBER.fullmatch(cell) for cell in column if cell):
            continue
        texts = [form.format(float(cell) if "." in cell else int(cell)) if cell else "" for cell in column]
        for old, new in replaced:
            texts = [text.replace(old, new) for text in texts]
        changed += texts != column
        columns[i] = texts
    rows = [list(row) for row in zip(*columns, strict=True)]
    file = write(table._replace(rows=rows), delimiter)
    return clean(table, file) if changed else None


def _unquoted_commas(table: Table) -> Polluted | None:
    polluted = _written(table, "{}", ",", (".", ","))
    if polluted is None or table.has('"') or table.has("\n"):
        return None
    return Polluted(polluted.content.replace(b'"', b""), [table])


def _spelled(table: Table, word: str) -> Polluted | None:
    columns = list(zip(*table.rows, strict=True))
    plain = [all(NUMBER.fullmatch(cell) for cell in column if cell) for column in columns]
    gaps = [[i for i, cell in enumerate(row) if not cell and plain[i]] for row in table.rows]
    if not any(gaps):
        return None
    rows = [
        [word if i in gap else cell for i, cell in enumerate(row)]
        for row, gap in zip(table.rows, gaps, strict=True)
    ]
    return clean(table, write(table._replace(rows=rows)))
