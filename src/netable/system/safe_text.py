"""Text that is safe to show: names and values from files may command a terminal, or mislead a reader."""

from __future__ import annotations

import unicodedata

# What turns the direction of what follows; and the two that no XML may hold, charts among it.
_MISLEADING = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufffe\uffff"


def plain(text: object, *, keep: str = "\n") -> str:
    """The text with a mark in place of every character that does more than it shows.

    Parameters
    ----------
    keep : str
        Control characters that stay.
    """
    return "".join("�" if c not in keep and _misleads(c) else c for c in str(text))


def plain_json(text: str) -> str:
    """JSON that is safe to show, and means the same: such characters as JSON writes them without showing them."""
    return "".join(f"\\u{ord(c):04x}" if c != "\n" and _misleads(c) else c for c in text)


def _misleads(character: str) -> bool:
    # Control characters, and halves of a character.
    return character in _MISLEADING or unicodedata.category(character) in ("Cc", "Cs")
