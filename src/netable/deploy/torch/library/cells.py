"""Cells of a table, texts of a CSV or values, as arrays."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np

Columns = Mapping[str, Iterable[Any]]

# Texts that mean a missing value, everywhere and in columns of numbers and dates. A script has its own.
MISSING: set[str] = {""}
MISSING_NUMBERS: set[str] = {""}
# The levels of each category. A script reads those of its model from a file.
LEVELS: dict[str, list[str]] = {}

DAY = 86_400_000_000  # microseconds
BETWEEN_WORDS = "[\t\n\f\r !-/:-@\\[-`{-~\u00a0-\u00bf\u060c\u061b\u061f\u0964\u2000-\u206f\u3000-\u303f]+"


def read_numbers(columns: Columns, name: str, parse: Callable[[str], float] = float) -> np.ndarray:
    """A column as numbers, NaN where missing; `parse` reads texts."""
    return np.array([number(cell, name, parse) for cell in columns[name]], dtype=np.float64)


def number(cell: Any, name: str, parse: Callable[[str], float]) -> float:
    """A cell as a number, NaN if it is missing."""
    if not isinstance(cell, str):
        return np.nan if cell is None else float(cell)
    text = cell.strip()
    if text in MISSING_NUMBERS:
        return np.nan
    try:
        return parse(text)
    except ValueError as error:
        raise ValueError(f"In the column {name!r}, {text!r} is not a number as in training.") from error


def truth(text: str) -> float:
    """1 for true, 0 for false."""
    if text.lower() in ("true", "1", "1.0"):
        return 1.0
    if text.lower() in ("false", "0", "0.0"):
        return 0.0
    raise ValueError(text)


def number_or_missing(text: str) -> float:
    """A number, NaN for any other text."""
    try:
        return float(text)
    except ValueError:
        return np.nan


def decimal_point(text: str) -> float:
    """A number such as 1,234.5, with commas, blanks or apostrophes between thousands."""
    return float(signed(re.sub(r"[,\s'’]", "", text)))


def decimal_comma(text: str) -> float:
    """A number such as 1.234,5, with points, blanks or apostrophes between thousands."""
    return float(signed(re.sub(r"[.\s'’]", "", text).replace(",", ".")))


def signed(text: str) -> str:
    """A number with its minus in front, where it is at the end, or where brackets mean it."""
    return re.sub(r"^\(?(.*?)[)-]$", r"-\1", text.replace("−", "-"))


def without_unit(text: str, before: str, after: str) -> str:
    """The number of a text such as $6.50 or 20 %, as a text."""
    pattern = rf"([+-]?)\s*{re.escape(before)}\s*(.*?)\s*{re.escape(after)}"
    match = re.fullmatch(pattern, text)
    if not match:
        raise ValueError(text)
    return match[1] + match[2]


def seconds(text: str) -> float:
    """A duration such as 1:02:03 or 2 days 1:02:03, or a number of seconds."""
    match = re.fullmatch(r"(?:([+-]?\d+) days?,? \+?)?(-?)(\d+):(\d\d)(?::(\d\d(?:\.\d+)?))?", text)
    if not match:
        return float(text)
    days, sign, hours, minutes, rest = match.groups()
    clock = 3600 * float(hours) + 60 * float(minutes) + float(rest or 0)
    return 86_400 * float(days or 0) + (-clock if sign else clock)


def read_texts(columns: Columns, name: str) -> list[str]:
    """A column as texts without blanks around them, empty where missing."""
    return [text_of(cell) for cell in columns[name]]


def text_of(cell: Any) -> str:
    """The text of a cell, empty if it is missing."""
    text = "" if cell is None else re.sub(r"\r\n?", "\n", str(cell)).strip()
    return "" if text in MISSING else text


def lower_case(values: Iterable[str]) -> list[str]:
    """Texts in lower case, each letter by itself."""
    return ["".join(letter.lower()[0] for letter in text) for text in values]


def read_names(columns: Columns, name: str) -> list[str]:
    """A column as texts, with whole numbers written without decimals: 1.0 is 1."""
    return [re.sub(r"^(-?[1-9][0-9]*|0)\.0+$", r"\1", text) for text in read_texts(columns, name)]


def read_number_texts(columns: Columns, name: str, parse: Callable[[str], float] = float) -> list[str]:
    """A column of numbers as the shortest texts of these: 1 and 0.5."""
    return [number_text(value) for value in read_numbers(columns, name, parse).tolist()]


def number_text(value: float) -> str:
    """The shortest text of a number, empty for NaN."""
    if value != value:
        return ""
    return str(int(value)) if value.is_integer() and abs(value) < 2**63 else repr(value)


def read_truth_texts(columns: Columns, name: str) -> list[str]:
    """A column of booleans as "true" and "false"."""
    words = {1.0: "true", 0.0: "false"}
    return [words.get(value, "") for value in read_numbers(columns, name, truth).tolist()]


def read_date_texts(
    columns: Columns, name: str, parse: Callable[[str], datetime] = datetime.fromisoformat
) -> list[str]:
    """A column of dates as texts in ISO 8601, empty where missing."""
    return ["" if np.isnat(date) else str(date) for date in read_dates(columns, name, parse)]


def read_dates(
    columns: Columns, name: str, parse: Callable[[str], datetime] = datetime.fromisoformat
) -> np.ndarray:
    """A column as dates in UTC, NaT where missing; `parse` reads texts."""
    return np.array([moment(cell, name, parse) for cell in columns[name]], dtype="datetime64[us]")


def moment(cell: Any, name: str, parse: Callable[[str], datetime]) -> Any:
    """A cell as a date, None if it is missing."""
    if isinstance(cell, str):
        text = cell.strip()
        if text in MISSING_NUMBERS:
            return None
        try:
            cell = parse(text)
        except ValueError as error:
            raise ValueError(f"In the column {name!r}, {text!r} is not a date as in training.") from error
    if getattr(cell, "tzinfo", None):
        cell = cell.astimezone(UTC).replace(tzinfo=None)
    return cell


def day_first(text: str) -> datetime:
    """A date such as 28/02/2011 or 28/02/2011 15:04, or in ISO 8601."""
    return datetime.fromisoformat(re.sub(r"^(\d\d?)[/.-](\d\d?)[/.-](\d{4}),?", in_iso_order(3, 2, 1), text))


def month_first(text: str) -> datetime:
    """A date such as 02/28/2011 or 02/28/2011 15:04, or in ISO 8601."""
    return datetime.fromisoformat(re.sub(r"^(\d\d?)[/.-](\d\d?)[/.-](\d{4}),?", in_iso_order(3, 1, 2), text))


def in_iso_order(year: int, month: int, day: int) -> Callable[[re.Match[str]], str]:
    """The replacement of a date whose parts have these numbers."""
    return lambda match: f"{match[year]}-{match[month]:0>2}-{match[day]:0>2}"


def written_date(text: str, form: str) -> datetime:
    """A date in a form of `datetime.strptime`, or in ISO 8601."""
    try:
        return datetime.strptime(text, form)
    except ValueError:
        return datetime.fromisoformat(text)


def date_numbers(moments: np.ndarray) -> list[np.ndarray]:
    """Days since 1970, the year, and points on the circles of season and weekday."""
    days, years = moments.astype("datetime64[D]"), moments.astype("datetime64[Y]")
    day = days.astype(np.int64)
    day_of_year = (days - years.astype("datetime64[D]")).astype(np.int64)
    parts = [day, years.astype(np.int64) + 1970, *circle(day_of_year / 365.25), *circle((day + 3) % 7 / 7)]
    return [np.where(np.isnat(moments), np.nan, part) for part in parts]


def time_numbers(moments: np.ndarray) -> list[np.ndarray]:
    """As `date_numbers`, with the time of day in the days, and as a point on a circle."""
    time = moments.astype(np.int64)
    parts = [time / DAY, *date_numbers(moments)[1:], *circle(time % DAY / DAY)]
    return [np.where(np.isnat(moments), np.nan, part) for part in parts]


def circle(share: np.ndarray) -> list[np.ndarray]:
    """Sine and cosine of a share of a whole turn."""
    return [np.sin(2 * np.pi * share), np.cos(2 * np.pi * share)]


def flags(values: Iterable[str], first: str, second: str) -> np.ndarray:
    """0 for the first text, 1 for the second, NaN for all others."""
    known = {first: 0.0, second: 1.0}
    return np.array([known.get(value, np.nan) for value in values], dtype=np.float64)


def level_codes(values: Iterable[str], name: str) -> np.ndarray:
    """The code of each text: 0 if it is empty, 1 if training did not have it, then one for each level."""
    known = {level: code for code, level in enumerate(LEVELS[name], 2)} | {"": 0}
    return np.array([known.get(value, 1) for value in values], dtype=np.int64)


def text_numbers(values: Iterable[str]) -> list[np.ndarray]:
    """The characters and the words of each text, NaN where it is missing."""
    known = [text or None for text in values]
    characters = [np.nan if text is None else len(text) for text in known]
    words = [np.nan if text is None else len(re.findall(r"[^\t\n\f\r ]+", text)) for text in known]
    return [np.array(counts, dtype=np.float64) for counts in (characters, words)]


def text_codes(values: Sequence[str], name: str, most: int) -> list[np.ndarray]:
    """The codes of the known pieces of each text, rising, at most so many, then 0."""
    known = {piece: code for code, piece in enumerate(LEVELS[name], 2)}
    found = np.zeros((len(values), most), dtype=np.int64)
    for row, text in zip(found, values, strict=True):
        pieces = {piece for word in words_of(text) for piece in pieces_of(word)}
        own = sorted(known[piece] for piece in pieces & known.keys())[:most]
        row[: len(own)] = own
    return list(found.T)


def words_of(text: str) -> list[str]:
    """The words of a text in lower case, without punctuation."""
    (plain,) = lower_case([unicodedata.normalize("NFKC", text[:10_000])])
    return [word[:40] for word in re.sub(BETWEEN_WORDS, " ", plain).strip(" ").split(" ")]


def pieces_of(word: str) -> set[str]:
    """A word between marks, its beginning, and its parts of three to five letters, or of few syllables."""
    marked = f"<{word}>"
    sizes = (1, 2, 3) if any("\u3040" <= letter <= "\ud7ff" for letter in word) else (3, 4, 5)
    parts = {marked[start : start + size] for size in sizes for start in range(len(marked) - size + 1)}
    return ({marked, marked[:2]} | parts) - {"<", ">"}
