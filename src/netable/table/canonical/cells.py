"""The kind of a single cell, in any spelling."""

from __future__ import annotations

import re

from netable.table.canonical.dates import ISO_DATE, LOOKS
from netable.table.canonical.values import EXPONENT, INFINITY, PLAIN

_ANY_NUMBER = rf"[+\-−]?(?:[0-9][0-9.,' \u00a0\u202f]*|[.,][0-9]+){EXPONENT}-?|\([0-9][0-9.,' ]*\)|{INFINITY}"


def is_number(text: str) -> bool:
    """The text is a plain number."""
    return re.match(PLAIN.pattern, text.strip()) is not None


def kind_of(text: str) -> str:
    """The kind of a text in any form: "number", "date", "boolean", or "" for a word."""
    text = text.strip()
    if re.fullmatch(_ANY_NUMBER, text):
        return "number"
    if re.match(ISO_DATE, text) or re.match(LOOKS, text):
        return "date"
    return "boolean" if text.lower() in ("true", "false") else ""
