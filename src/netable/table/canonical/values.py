"""Parsers of texts: numbers and booleans from the distinct texts of a column.

Every `parse_…` function returns a value for each text, null where the text is missing or not such a value.
"""

from __future__ import annotations

from collections.abc import Sequence
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
        if self.name:
            plain = pc.replace_substring_regex(plain, NEGATIVE, r"-\1")
        return plain.cast(pa.float64())

    def matching(self, texts: pa.Array) -> pa.Array:
        """The texts in this form."""
        return where(pc.match_substring_regex(texts, self.pattern), texts)


PLAIN = NumberForm("", rf"^(?:[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+){EXPONENT}|{INFINITY})$")
# Blanks, also no-break ones, and apostrophes may separate thousands in either form.
_BLANKS = " \u00a0\u202f'’"
_BY_BLANKS = "|".join(f"[1-9][0-9]{{0,2}}(?:{blank}[0-9]{{3}})+" for blank in _BLANKS)
_NO_BLANKS = tuple((blank, "") for blank in _BLANKS)
SEPARATED = rf"[0-9][,{_BLANKS}][0-9]"
NEGATIVE = r"^\(?(.*?)[)-]$"


def _signed(number: str) -> str:
    """The pattern of a number with a sign before it, a minus behind it, or brackets that mean minus."""
    return rf"^(?:[+\-−]?(?:{number})|(?:{number})-|\((?:{number})\)|{INFINITY})$"


COMMA = NumberForm(
    "decimal comma",
    _signed(rf"(?:(?:[0-9]+|[1-9][0-9]{{0,2}}(?:\.[0-9]{{3}})+|{_BY_BLANKS})(?:,[0-9]+)?|,[0-9]+){EXPONENT}"),
    ((".", ""), *_NO_BLANKS, (",", "."), ("−", "-")),
)
GROUPED = NumberForm(
    "decimal point",
    _signed(
        rf"(?:(?:[0-9]+|[1-9][0-9]{{0,2}}(?:,[0-9]{{3}})+|[1-9][0-9]?(?:,[0-9]{{2}})+,[0-9]{{3}}|{_BY_BLANKS})"
        rf"(?:\.[0-9]*)?|\.[0-9]+){EXPONENT}"
    ),
    ((",", ""), *_NO_BLANKS, ("−", "-")),
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
    # Brackets round every number are a habit, not a sign.
    if possible and _all_like(r"^\(", texts):
        return []
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


def tidy(texts: pa.Array) -> pa.Array:
    """The texts as names of categories: 1.0, from a column of floats, is 1."""
    return pc.replace_substring_regex(texts, TRAILING_ZEROS, r"\1")


def where(condition: pa.Array, values: pa.Array) -> pa.Array:
    """The values where the condition holds, else null."""
    return pc.if_else(pc.fill_null(condition, False), values, pa.scalar(None, values.type))
