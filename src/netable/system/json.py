"""JSON from a file that nobody vouches for: bounded before it is parsed, and nothing in it left to guess."""

from __future__ import annotations

import json
import re
from itertools import accumulate
from typing import Any

# An unfinished text ends the scan, so that no input is looked at twice.
_TEXTS = re.compile(r'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
_BRACKETS = re.compile(r"[\[\]{}]")


def strict_json(content: bytes, *, deepest: int) -> Any:
    """The value of JSON in UTF-8.

    Parameters
    ----------
    deepest : int
        How many objects and lists may lie within each other.

    Raises
    ------
    ValueError
        If it is not JSON in UTF-8, is nested deeper, names a key twice in one object, holds a number that is not
        finite or of thousands of digits, or half a character.
    """
    text = content.decode("utf-8")
    if text.count("{") + text.count("[") > deepest:
        _check_nesting(text, deepest)
    value = json.loads(text, object_pairs_hook=_object, parse_constant=_refuse_constant)
    # Escapes can name halves of characters, and exponents infinity; what is written again shows either.
    json.dumps(value, ensure_ascii=False, allow_nan=False).encode("utf-8")
    return value


def _check_nesting(text: str, deepest: int) -> None:
    brackets = _BRACKETS.findall(_TEXTS.sub("", text))
    depth = max(accumulate(1 if bracket in "[{" else -1 for bracket in brackets), default=0)
    if depth > deepest:
        raise ValueError(f"it is nested {depth} deep; {deepest} are allowed")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise ValueError(f"the key {twice[:40]!r} is there twice")
    return found


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")
