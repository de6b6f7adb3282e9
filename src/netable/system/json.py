"""JSON without NaN, and strict reading of JSON from untrusted files."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from itertools import accumulate
from typing import Any

# An unfinished string ends the scan, so that no input is scanned twice.
_TEXTS = re.compile(r'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
_BRACKETS = re.compile(r"[\[\]{}]")


def to_json(value: Any, *, ascii_only: bool = False) -> str:
    """An indented JSON document, with null for NaN and infinities, and text for values of other types."""
    return json.dumps(without_nan(value), ensure_ascii=ascii_only, indent=2, default=str)


def without_nan(value: Any) -> Any:
    """The same with None for NaN and infinities, which JSON does not have."""
    if isinstance(value, Mapping):
        return {str(k): without_nan(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [without_nan(v) for v in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def strict_json(content: bytes, *, deepest: int) -> Any:
    """The value of JSON in UTF-8, with objects and lists nested at most `deepest` deep.

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
    # Escapes can name half a surrogate pair, and exponents can overflow to infinity; writing refuses both.
    json.dumps(value, ensure_ascii=False, allow_nan=False).encode("utf-8")
    return value


def _check_nesting(text: str, deepest: int) -> None:
    brackets = _BRACKETS.findall(_TEXTS.sub("", text))
    depth = max(accumulate(1 if bracket in "[{" else -1 for bracket in brackets), default=0)
    if depth > deepest:
        raise ValueError(f"it is nested {depth} deep; {deepest} are allowed")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    mapping = dict(pairs)
    if len(mapping) < len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise ValueError(f"the key {twice[:40]!r} is there twice")
    return mapping


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")
