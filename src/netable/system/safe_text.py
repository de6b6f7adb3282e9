"""Text that is safe to show: text from files may hold terminal commands or characters that mislead a reader."""

from __future__ import annotations

import unicodedata

# Marks of text direction, and two characters that XML (and so SVG) forbids.
_MISLEADING = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufffe\uffff"


def plain(text: object, *, keep: str = "\n") -> str:
    """The text with � for every control or misleading character but those in `keep`."""
    return "".join("�" if c not in keep and _misleads(c) else c for c in str(text))


def plain_json(text: str) -> str:
    """The same JSON with control and misleading characters escaped."""
    return "".join(f"\\u{ord(c):04x}" if c != "\n" and _misleads(c) else c for c in text)


def _misleads(character: str) -> bool:
    # Cc: control characters; Cs: surrogates.
    return character in _MISLEADING or unicodedata.category(character) in ("Cc", "Cs")
