"""Numbers, shares and lists in words."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice

from netable.system.safe_text import plain

# Numbers from here on, and below 1e-4, are written with a power of ten.
_LARGEST = 1e7


def counted(number: int, noun: str) -> str:
    """A number of things.

    >>> counted(1, "row"), counted(12345, "row"), counted(2, "category")
    ('1 row', '12,345 rows', '2 categories')
    """
    if number == 1:
        return f"1 {noun}"
    return f"{number:,} {noun[:-1]}ies" if noun.endswith("y") else f"{number:,} {noun}s"


def ordered_counts(names: Sequence[str]) -> list[str]:
    """The number of each name, in the order of their first appearance.

    >>> ordered_counts(["number", "category", "number"])
    ['2 numbers', '1 category']
    """
    return [counted(names.count(name), name) for name in dict.fromkeys(names)]


def number(value: float, digits: int = 4) -> str:
    """A number in so many significant digits, but with all digits before the point.

    >>> number(12345.678), number(0.5), number(0.000012345), number(1234)
    ('12,346', '0.5', '1.234e-05', '1,234')
    """
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:,.0f}" if 10 ** (digits - 1) <= abs(value) < _LARGEST else f"{value:.{digits}g}"


def cell(value: object, digits: int = 4) -> str:
    """A cell of a table: a number in few digits, a dash for what is missing, safe text for anything else.

    >>> cell(12345.678), cell(None), cell(True), cell("Seoul")
    ('12,346', '–', 'yes', 'Seoul')
    """
    if value is None or value != value:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return number(value, digits) if isinstance(value, int | float) else plain(value, keep="\n\t")


def sampled(rows: int, drawn_from: int | None = None, what: str = "row") -> str:
    """A number of rows, and of how many they were drawn at random.

    >>> sampled(1_000, 4_000_000)
    '1,000 rows, drawn at random from 4,000,000'
    """
    return counted(rows, what) + (f", drawn at random from {drawn_from:,}" if drawn_from else "")


def percent(share: float | None) -> str:
    """A share in percent, with one decimal near 0 and 1, never rounded to 0% or 100%; a dash for None.

    >>> percent(0.42), percent(0.0412), percent(0.99999)
    ('42%', '4.1%', 'over 99.9%')
    """
    if share is None:
        return "–"
    if 0 < share < 0.0005:
        return "under 0.1%"
    if 0.9995 < share < 1:
        return "over 99.9%"
    return f"{share:.1%}" if 0 < share < 0.095 or 0.905 < share < 1 else f"{share:.0%}"


def clock(seconds: float) -> str:
    """Seconds as a clock shows them.

    >>> clock(75), clock(3675)
    ('1:15', '1:01:15')
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def listed(parts: Sequence[str]) -> str:
    """Parts with commas and an "and".

    >>> listed(["a", "b", "c"])
    'a, b and c'
    """
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def quoted(names: Sequence[object], at_most: int = 5) -> str:
    """Quoted names, the first few of them.

    >>> quoted(["age", "city"]), quoted("abcdefg")
    ("'age' and 'city'", "'a', 'b', 'c', 'd' and 3 more")
    """
    parts = [repr(name) for name in names]
    if len(parts) > at_most:
        parts = [*parts[: at_most - 1], f"{len(parts) - at_most + 1} more"]
    return listed(parts)


def first_of(parts: Iterable[str], count: int, at_most: int) -> str:
    """The first of so many parts with commas, and how many more there are.

    >>> first_of(["a", "b", "c"], 3, at_most=2)
    'a, b and 1 more'
    """
    more = f" and {count - at_most} more" if count > at_most else ""
    return ", ".join(islice(parts, at_most)) + more


def row_numbers(rows: Sequence[int], at_most: int = 20) -> str:
    """The first few row positions, counted from 1.

    >>> row_numbers([0, 4])
    'rows 1, 5 (counted from 1)'
    """
    numbers = (str(int(row) + 1) for row in rows)
    return f"row{'s' if len(rows) > 1 else ''} {first_of(numbers, len(rows), at_most)} (counted from 1)"


def of_class(target: str, label: object) -> str:
    """A class in a sentence: its label, or the target's value if that is a number.

    >>> of_class("survived", 1), of_class("species", "setosa")
    ('survived = 1', 'setosa')
    """
    return label if isinstance(label, str) else f"{target} = {label}"


def setting(name: str, values: Sequence[str] | Mapping[str, str]) -> str:
    """A setting and its list or mapping of values, in Python's syntax.

    >>> setting("ignore_columns", ["age", "city"])
    'ignore_columns=["age", "city"]'
    """
    plain = dict(values) if isinstance(values, Mapping) else list(values)
    return f"{name}={json.dumps(plain, ensure_ascii=False)}"


def capitalized(text: str) -> str:
    """The text with a capital letter at its start.

    >>> capitalized("root mean squared error of R²")
    'Root mean squared error of R²'
    """
    return text[:1].upper() + text[1:]


def shortened(text: str, letters: int) -> str:
    """The text, cut to so many letters.

    >>> shortened("Gwangjin-gu", 6)
    'Gwang…'
    """
    return text if len(text) <= letters else f"{text[: letters - 1]}…"
