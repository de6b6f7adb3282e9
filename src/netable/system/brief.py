"""Short texts for objects, however long their parts are."""

from __future__ import annotations

import re
from html import unescape
from reprlib import Repr
from typing import Any

from netable.system.wording import shortened

LINES, LETTERS = 10, 110
_END_OF_LINE, _END_OF_CELL = re.compile("<br>|</(?:p|tr|table|div|b)>"), re.compile("</t[dh]>")


class _Values(Repr):
    """`repr` of values in one short line each, arrays by their shape."""

    def repr1(self, x: Any, level: int) -> str:
        """A value within others."""
        if hasattr(x, "shape") and x.shape != ():
            return f"<{type(x).__name__} of {' × '.join(map(str, x.shape))}>"
        return " ".join(super().repr1(x, level).split())


_values = _Values()
_values.maxlevel, _values.maxother, _values.maxstring, _values.maxlong = 2, 60, 40, 60


def brief(self: Any) -> str:
    """A `__repr__` of a few lines: the text of an object's HTML for notebooks, otherwise its fields.

    >>> from dataclasses import make_dataclass
    >>> make_dataclass("Point", ["x", "names"], namespace={"__repr__": brief})(1.5, ["a"] * 100)
    Point(x=1.5, names=['a', 'a', 'a', 'a', 'a', 'a', ...])
    """
    if hasattr(self, "_repr_html_"):
        return few_lines(_text_of(self._repr_html_()))
    names = getattr(self, "_fields", None) or [
        name for name, field in self.__dataclass_fields__.items() if field.repr
    ]
    parts = ", ".join(f"{name}={_values.repr(getattr(self, name))}" for name in names)
    return shortened(f"{type(self).__name__}({parts})", LINES * LETTERS)


def few_lines(text: str) -> str:
    """The first lines of a text, each cut to the width of a terminal."""
    lines = [shortened(line, LETTERS) for line in text.splitlines()]
    more = [f"… and {len(lines) - LINES + 1} more lines"] if len(lines) > LINES else []
    return "\n".join([*lines[: LINES - len(more)], *more])


def _text_of(html: str) -> str:
    lines = _END_OF_LINE.sub("\n", _END_OF_CELL.sub("  ", html))
    text = unescape(re.sub("<[^>]*>", "", lines))
    return "\n".join(line.rstrip() for line in text.splitlines() if line.strip())
