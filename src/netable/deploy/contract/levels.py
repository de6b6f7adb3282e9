"""What the cells of a column mean to a model, for exports: the codes of levels, and the forms of texts in any case."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from netable.deploy.contract.inputs import DATE, NO_DATE, NUMBER, Input
from netable.nn.codes import FIRST_LEVEL, MISSING


def codes_of_texts(levels: Sequence[str], missing_words: Sequence[str]) -> dict[str, int]:
    """The code of each known text of a category; all others are unseen."""
    places = {level: FIRST_LEVEL + place for place, level in enumerate(levels)}
    return places | dict.fromkeys(missing_words, MISSING)


def codes_of_values(each: Input, levels: Sequence[str]) -> dict[float | int, int]:
    """The code of each known value of a category of numbers, booleans or dates, and of a missing one."""
    places = {key: FIRST_LEVEL + i for i, level in enumerate(levels) for key in _keys(each, level)}
    missing: float | int = np.nan if each.type == NUMBER else NO_DATE
    return places | {missing: MISSING}


def flags_of_values(each: Input, levels: Sequence[str]) -> dict[float | int, float]:
    """0 and 1 for the two values of a flag that holds no texts."""
    return {key: float(place) for place, level in enumerate(levels) for key in _keys(each, level)}


def _keys(each: Input, level: str) -> list[float | int]:
    """The value of a column of numbers or dates whose text is a level."""
    if each.type == DATE:
        return [moment_of(level)]
    if each.column.storage == "boolean":
        return [float(level == "true")]
    return [float(np.dtype(each.dtype).type(level))]


def moment_of(level: str) -> int:
    """The microseconds since 1970 of a level of dates."""
    moment: int = pa.scalar(level).cast(pa.timestamp("us")).value
    return moment


def words_like_levels(levels: Sequence[str], missing_words: Sequence[str]) -> list[str]:
    """The words for a missing value that would be a level of a flag in another case."""
    return [word for word in missing_words if pc.utf8_lower(word).as_py() in levels]


def spellings(text: str) -> list[list[str]]:
    """For each letter of a text all letters that are this one in lower case."""
    capitals = _capitals()
    own = (pc.utf8_lower(letter).as_py() == letter for letter in text)
    return [
        sorted([*capitals.get(letter, ()), *([letter] if is_lower else [])])
        for letter, is_lower in zip(text, own, strict=True)
    ]


@cache
def _capitals() -> dict[str, list[str]]:
    """All letters that are another one in lower case, by that one."""
    letters = pa.array([chr(point) for point in range(0x110000) if not 0xD800 <= point < 0xE000])
    lower = pc.utf8_lower(letters)
    is_other = pc.not_equal(letters, lower)
    capitals: dict[str, list[str]] = {}
    for letter, other in zip(*(some.filter(is_other).to_pylist() for some in (letters, lower)), strict=True):
        capitals.setdefault(other, []).append(letter)
    return capitals
