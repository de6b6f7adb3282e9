"""Clean tables, which a correct reader has to load."""

from __future__ import annotations

import csv
import io
import re
from typing import Literal, NamedTuple

import numpy as np

NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
NOTES = (
    "in order, shipped",
    'said "later"',
    "two\nlines",
    "a; b | c",
    "fine",
    "",
    "3,5 metres; more or less",
    "it's late",
)
WESTERN = ("Zoë Müller", "José Peña", "Anaïs Lefèvre", "Björn Åkesson", "John Smith", "Chloé O'Hara")
KOREAN = ("김철수", "박영희", "이민호", "최지우", "정다은")
JAPANESE = ("さくら", "たかし", "ひろし ", "まゆみ", "カタカナ")
KOREAN_CITIES = ("서울", "부산", "서귀포", "대전")


class Table(NamedTuple):
    """Names, and rows of cells as texts; "" is a missing cell."""

    name: str
    header: list[str]
    rows: list[list[str]]

    @property
    def width(self) -> int:
        """Number of columns."""
        return len(self.header)

    def lines(self) -> list[list[str]]:
        """The header and the rows."""
        return [self.header, *self.rows]

    def has(self, text: str) -> bool:
        """Return True if a cell or a name contains this text."""
        return any(text in cell for line in self.lines() for cell in line)

    def with_cells(self, old: str, new: str) -> Table:
        """The same table with a text in cells replaced."""
        return self._replace(rows=[[cell.replace(old, new) for cell in row] for row in self.rows])


def write(table: Table, delimiter: str = ",", line_end: str = "\n", *, always: bool = False) -> str:
    """The table as clean CSV."""
    file = io.StringIO(newline="")
    quoting: Literal[0, 1] = csv.QUOTE_ALL if always else csv.QUOTE_MINIMAL
    writer = csv.writer(file, delimiter=delimiter, lineterminator=line_end, quoting=quoting)
    writer.writerows(table.lines())
    return file.getvalue()


def tables() -> list[Table]:
    """Tables with numbers, dates, texts in several scripts and missing cells: wide, narrow, of one column, short."""
    rng = np.random.default_rng(11)
    return [
        _people(rng),
        _sales(rng),
        _measures(rng),
        _wide(rng),
        _narrow(rng),
        _short(),
        _words(rng),
        _single(rng),
    ]


def _pick(rng: np.random.Generator, choices: tuple[str, ...]) -> str:
    return str(rng.choice(choices)).strip()


def _day(rng: np.random.Generator) -> str:
    return str(np.datetime64("2021-03-01") + rng.integers(0, 900))


def _number(rng: np.random.Generator, scale: float, missing: float = 0.0) -> str:
    return "" if rng.random() < missing else f"{rng.normal() * scale:.3f}"


def _people(rng: np.random.Generator) -> Table:
    header = ["id", "name", "joined", "score", "visits", "note", "member"]
    rows = [
        [
            str(1000 + 7 * i),
            _pick(rng, WESTERN),
            _day(rng),
            _number(rng, 9, 0.15),
            str(rng.integers(0, 5000)),
            NOTES[i % len(NOTES)],
            _pick(rng, ("yes", "no")),
        ]
        for i in range(36)
    ]
    return Table("people", header, rows)


def _sales(rng: np.random.Generator) -> Table:
    header = ["order", "day", "city", "amount", "pieces", "paid"]
    cities = ("Busan", "Seoul", "New York", "Washington, D.C.")
    rows = [
        [
            f"A-{100 + i}",
            _day(rng),
            _pick(rng, cities),
            f"{rng.uniform(1000, 90000):.2f}",
            str(rng.integers(1, 30)),
            _pick(rng, ("true", "false")),
        ]
        for i in range(50)
    ]
    return Table("sales", header, rows)


def _measures(rng: np.random.Generator) -> Table:
    header = ["height", "weight", "speed", "temperature", "pressure"]
    scales = (1.0, 30.0, 500.0, 0.01, 7000.0)
    rows = [[_number(rng, scale, 0.1 if i else 0.0) for scale in scales] for i in range(40)]
    return Table("measures", header, rows)


def _wide(rng: np.random.Generator) -> Table:
    header = ["sample", *(f"gene_{i}" for i in range(60)), "tissue"]
    rows = [
        [f"s{i}", *(_number(rng, 2, 0.05) for _ in range(60)), _pick(rng, ("liver", "skin"))]
        for i in range(25)
    ]
    return Table("wide", header, rows)


def _narrow(rng: np.random.Generator) -> Table:
    rows = [[_pick(rng, KOREAN_CITIES), _number(rng, 12)] for _ in range(40)]
    return Table("narrow", ["도시", "기온"], rows)


def _short() -> Table:
    rows = [
        ["Kim, Jinu", "31", "2020-02-03", "4.5", "blue"],
        ["Lee", "", "2020-02-04", "5.25", "red"],
        ["Park", "28", "2020-02-29", "", "blue"],
    ]
    return Table("short", ["who", "age", "since", "grade", "colour"], rows)


def _words(rng: np.random.Generator) -> Table:
    rows = [
        [
            _pick(rng, JAPANESE),
            _pick(rng, ("red", "blue", "light green")),
            _pick(rng, ("small", "large, heavy")),
            _pick(rng, ("x", "y", "")),
        ]
        for _ in range(30)
    ]
    return Table("words", ["maker", "colour", "size", "class"], rows)


def _single(rng: np.random.Generator) -> Table:
    places = (*KOREAN, "Seoul, Korea", "Busan", "Paris", 'the "old" town')
    return Table("single", ["place"], [[_pick(rng, places)] for _ in range(40)])
