"""The kind of a single cell, in any spelling."""

from __future__ import annotations

import re

from netable.table.canonical.dates import ISO_DATE, LOOKS
from netable.table.canonical.values import EXPONENT, INFINITY, PLAIN

_ANY_NUMBER = re.compile(
    rf"[+\-−]?(?:[0-9][0-9.,' \u00a0\u202f]*|[.,][0-9]+){EXPONENT}-?|\([0-9][0-9.,' ]*\)|{INFINITY}"
)
_ANY_DATE = re.compile(rf"{LOOKS}|{ISO_DATE}")


def is_number(text: str) -> bool:
    """The text is a plain number."""
    return re.match(PLAIN.pattern, text.strip()) is not None


def kind_of(text: str) -> str:
    """The kind of a text in any form: "number", "date", "boolean", or "" for a word."""
    text = text.strip()
    if _ANY_NUMBER.fullmatch(text):
        return "number"
    if _ANY_DATE.match(text):
        return "date"
    return "boolean" if text.lower() in ("true", "false") else ""
