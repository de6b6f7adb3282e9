"""Parsers of texts: numbers, booleans and timestamps from the distinct texts of a column.

Every `parse_…` function returns a value for each text, null where the text is missing or not such a value.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

EXPONENT = r"(?:[eE][+-]?[0-9]+)?"
INFINITY = r"[+-]?(?i:inf|infinity)"
TRAILING_ZEROS = r"^(-?[1-9][0-9]*|0)\.0+$"
LEADING_ZERO = r"^[+-]?0[0-9]+$"
POINT_BEFORE_THREE = r"^\s*[+-]?[1-9][0-9]{0,2}\.[0-9]{3}\s*$"
CODES_IN_PARTS = r"^\+?[0-9]{1,3}(?: [0-9]{3})+$"
LONG_INTEGER = r"^[+-]?[0-9]{16,}$"
ISO_DATE = (
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}"
    r"(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?(?P<zone> ?Z| ?UTC|[+-][0-9]{2}(?::?[0-9]{2})?)?)?$"
)
DAY_AND_MONTH = r"^[0-9]{1,2}([/.-])[0-9]{1,2}[/.-][0-9]{4}(?: [0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?)?$"
_ANY_NUMBER = rf"[+-]?(?:[0-9][0-9.,' \u00a0\u202f]*|[.,][0-9]+){EXPONENT}|{INFINITY}"
_ANY_DATE = r"[0-9]{1,2}([/.-])[0-9]{1,2}\1[0-9]{4}(?: [0-9:]+)?$|[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?$"
DAY_FIRST, MONTH_FIRST = "day first", "month first"
TOO_LONG_INTEGER = 2.0**53  # what 2**53 + 1 becomes


class Spellings(NamedTuple):
    """A column of text as distinct texts and, for each row, the place of its text, so that each is parsed once."""

    texts: pa.Array
    places: pa.Array

    def spread(self, values: pa.Array) -> pa.Array:
        """The column with each text replaced by its value."""
        return values.take(self.places)

    def categories(self, texts: pa.Array) -> pa.Array:
        """The column as a dictionary of these texts, one for each spelling."""
        levels = texts.unique().drop_null()
        return pa.DictionaryArray.from_arrays(self.spread(pc.index_in(texts, levels)), levels)

    def counts(self) -> np.ndarray:
        """The number of rows of each text."""
        return np.bincount(self.places.drop_null().to_numpy(), minlength=len(self.texts))

    def first_rows(self, chosen: pa.Array, most: int) -> list[tuple[int, str]]:
        """The first rows, counted from 1, with a chosen text, and these texts."""
        rows = pc.indices_nonzero(self.spread(chosen))[:most].to_pylist()
        return [(row + 1, self.texts[self.places[row].as_py()].as_py()) for row in rows]


def spell(column: pa.ChunkedArray) -> Spellings:
    """The distinct texts of a column of texts or categories, without surrounding blanks."""
    if not pa.types.is_dictionary(column.type):
        whole = column.cast(pa.large_string()).combine_chunks().dictionary_encode()
    else:
        whole = column.unify_dictionaries().combine_chunks()
    # Line breaks within quotes depend on the system that wrote the file.
    texts = pc.replace_substring_regex(whole.dictionary.cast(pa.string()), r"\r\n?", "\n")
    return Spellings(pc.utf8_trim_whitespace(texts), whole.indices.cast(pa.int32()))


def without(texts: pa.Array, spellings: Sequence[str]) -> pa.Array:
    """The texts, null where they are one of these spellings."""
    return where(pc.invert(pc.is_in(texts, pa.array(spellings, pa.string()))), texts)


def all_parsed(values: pa.Array, texts: pa.Array) -> bool:
    """Every text was parsed."""
    return bool(values.null_count == texts.null_count)


def unparsed(values: pa.Array, texts: pa.Array) -> pa.Array:
    """True for each text that was not parsed."""
    return pc.and_(pc.is_valid(texts), pc.is_null(values))


class NumberForm(NamedTuple):
    """A notation of numbers: its name, its pattern, and the replacements that make it plain."""

    name: str
    pattern: str
    replacements: tuple[tuple[str, str], ...] = ()

    def parse(self, texts: pa.Array) -> pa.Array:
        """Parse the numbers in this form."""
        plain = pc.utf8_ltrim(self.matching(texts), "+")
        for old, new in self.replacements:
            plain = pc.replace_substring(plain, old, new)
        return plain.cast(pa.float64())

    def matching(self, texts: pa.Array) -> pa.Array:
        """The texts in this form."""
        return where(pc.match_substring_regex(texts, self.pattern), texts)


PLAIN = NumberForm("", rf"^(?:[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+){EXPONENT}|{INFINITY})$")
# Blanks, also no-break ones, and apostrophes may separate thousands in either form.
_BLANKS = " \u00a0\u202f'’"
_BY_BLANKS = "|".join(f"[1-9][0-9]{{0,2}}(?:{blank}[0-9]{{3}})+" for blank in _BLANKS)
_NO_BLANKS = tuple((blank, "") for blank in _BLANKS)
COMMA = NumberForm(
    "decimal comma",
    rf"^(?:[+-]?(?:(?:[0-9]+|[1-9][0-9]{{0,2}}(?:\.[0-9]{{3}})+|{_BY_BLANKS})(?:,[0-9]+)?|,[0-9]+){EXPONENT}|{INFINITY})$",
    ((".", ""), *_NO_BLANKS, (",", ".")),
)
GROUPED = NumberForm(
    "decimal point",
    rf"^(?:[+-]?(?:(?:[0-9]+|[1-9][0-9]{{0,2}}(?:,[0-9]{{3}})+|{_BY_BLANKS})(?:\.[0-9]*)?|\.[0-9]+){EXPONENT}|{INFINITY})$",
    ((",", ""), *_NO_BLANKS),
)


def number_forms(texts: pa.Array, decimal: str | None) -> list[NumberForm]:
    """The forms in which all texts are numbers; several if the texts are ambiguous.

    Plain numbers are never ambiguous, unless the decimal mark is given as a comma.
    """
    if decimal == ",":
        return [COMMA] if _all_match(COMMA, texts) else []
    if _all_match(PLAIN, texts):
        return [PLAIN]
    possible = [form for form in ((GROUPED,) if decimal else (COMMA, GROUPED)) if _all_match(form, texts)]
    if len(possible) > 1 and not pc.any(pc.match_substring(texts, ",")).as_py():
        possible = [GROUPED]
    # Some numbers would be below a thousand or have decimals; telephone numbers are not.
    return [] if possible and _all_like(CODES_IN_PARTS, texts) else possible


def _all_like(pattern: str, texts: pa.Array) -> bool:
    return bool(pc.all(pc.match_substring_regex(texts, pattern)).as_py())


def _all_match(form: NumberForm, texts: pa.Array) -> bool:
    return all_parsed(form.matching(texts), texts)


def usual_form(decimal: str | None) -> NumberForm:
    """The form to expect of numbers in a column that also has other texts."""
    return COMMA if decimal == "," else PLAIN


def parse_booleans(texts: pa.Array, *, digits: bool = False) -> pa.Array:
    """Parse true and false in any case; with `digits` also 1 and 0."""
    lower = pc.utf8_lower(texts)
    true = pa.array(["true", "1", "1.0"] if digits else ["true"])
    false = pa.array(["false", "0", "0.0"] if digits else ["false"])
    is_true = pc.is_in(lower, true)
    return where(pc.or_(is_true, pc.is_in(lower, false)), is_true)


def parse_timestamps(texts: pa.Array) -> pa.Array:
    """Parse dates and timestamps in ISO 8601 form, to UTC."""
    iso = where(pc.match_substring_regex(texts, ISO_DATE), texts)
    iso = pc.replace_substring_regex(iso, r"(\.[0-9]{6})[0-9]+", r"\1")
    iso = pc.replace_substring_regex(iso, r" ?(?:UTC|Z)$", "Z")
    iso = pc.replace_substring_regex(iso, r"^([0-9-]{10})$", r"\1 00:00Z")
    iso = pc.replace_substring_regex(iso, r"^(.{11}[0-9:.]+)$", r"\1Z")
    try:
        moments = iso.cast(pa.timestamp("us", "UTC"))
    except pa.ArrowInvalid:  # such as a 30th of February; each text is tried alone
        moments = pc.if_else(pa.array([_is_moment(text) for text in iso.to_pylist()]), iso, None)
        moments = moments.cast(pa.timestamp("us", "UTC"))
    return moments.cast(pa.timestamp("us"))


def _is_moment(text: str | None) -> bool:
    try:
        datetime.fromisoformat(text or "")
    except ValueError:
        return False
    return True


def zones(texts: pa.Array) -> list[str]:
    """The UTC offsets of timestamps; "" for timestamps without one."""
    offsets = pc.struct_field(pc.extract_regex(texts, ISO_DATE), "zone").drop_null()
    offsets = pc.replace_substring_regex(offsets, r"^ ?(?:Z|UTC)$", "+00")
    offsets = pc.replace_substring_regex(pc.replace_substring(offsets, ":", ""), r"^(.[0-9]{2})00$", r"\1")
    return sorted(offsets.unique().to_pylist())


def day_month_orders(texts: pa.Array) -> set[str]:
    """`DAY_FIRST`, `MONTH_FIRST` or both if all texts are dates that may be in that order."""
    if not bool(pc.all(pc.match_substring_regex(texts, DAY_AND_MONTH)).as_py()):
        return set()
    first_is_day = pc.any(pc.match_substring_regex(texts, r"^(?:1[3-9]|[23][0-9])")).as_py()
    second_is_day = pc.any(pc.match_substring_regex(texts, r"^[0-9]+[/.-](?:1[3-9]|[23][0-9])")).as_py()
    ruled_out = {DAY_FIRST: second_is_day, MONTH_FIRST: first_is_day}
    return {order for order in ruled_out if not ruled_out[order]}


def to_iso(texts: pa.Array, order: str) -> pa.Array:
    """Rewrite dates of a known order in ISO 8601 form."""
    padded = pc.replace_substring_regex(texts, r"\b([0-9])\b", r"0\1")
    day, month = ("1", "2") if order == DAY_FIRST else ("2", "1")
    return pc.replace_substring_regex(
        padded, r"^([0-9]{2})[/.-]([0-9]{2})[/.-]([0-9]{4})", rf"\3-\{month}-\{day}"
    )


def parse_dates(texts: pa.Array) -> pa.Array:
    """Parse timestamps in ISO 8601 form, or in the only possible order of day and month."""
    orders = day_month_orders(texts)
    return parse_timestamps(to_iso(texts, orders.pop()) if len(orders) == 1 else texts)


def tidy(texts: pa.Array) -> pa.Array:
    """The texts as names of categories: 1.0, from a column of floats, is 1."""
    return pc.replace_substring_regex(texts, TRAILING_ZEROS, r"\1")


def where(condition: pa.Array, values: pa.Array) -> pa.Array:
    """The values where the condition holds, else null."""
    return pc.if_else(pc.fill_null(condition, False), values, pa.scalar(None, values.type))


def is_number(text: str) -> bool:
    """A single text is a plain number."""
    return re.match(PLAIN.pattern, text.strip()) is not None


def kind_of(text: str) -> str:
    """The kind of a single text in any form: "number", "date", "boolean", or "" for a word."""
    text = text.strip()
    if re.fullmatch(_ANY_NUMBER, text):
        return "number"
    if re.match(ISO_DATE, text) or re.match(_ANY_DATE, text):
        return "date"
    return "boolean" if text.lower() in ("true", "false") else ""
