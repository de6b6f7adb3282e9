"""HTML for notebooks: escaped, without style sheets or scripts, readable in light and dark themes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from html import escape
from importlib import import_module
from typing import Any

from netable.system.wording import cell

_CELL = "padding: 0.2em 1em 0.2em 0; vertical-align: top; text-align:"


def fragment(title: str, *parts: str) -> str:
    """A titled block; the parts are HTML of `paragraph`, `table` or `marked`."""
    return (
        f'<div style="max-width: 50em; line-height: 1.45"><p><b>{text(title)}</b></p>{"".join(parts)}</div>'
    )


def text(value: object) -> str:
    """A value as `cell` words it, escaped."""
    return escape(cell(value))


def paragraph(sentences: str) -> str:
    """A paragraph of plain text."""
    return f'<p style="margin: 0.4em 0">{text(sentences)}</p>'


def marked(color: str, heading: str, sentences: Iterable[str]) -> str:
    """A heading and sentences beside a bar of a CSS colour, which must be visible on white and on black."""
    lines = "".join(f"<br>{text(sentence)}" for sentence in sentences)
    style = f"border-left: 3px solid {color}; padding-left: 0.8em; margin: 0.7em 0"
    return f'<div style="{style}"><b>{text(heading)}</b>{lines}</div>'


def table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Rows as a table; columns that hold only numbers are set to the right."""
    sides = [
        "right" if all(isinstance(value, int | float | None) for value in column) else "left"
        for column in zip(*rows, strict=True)
    ] or ["left"] * len(header)
    body = "".join(_row("td", row, sides) for row in rows)
    return f"<table><thead>{_row('th', header, sides)}</thead><tbody>{body}</tbody></table>"


def place_in_output() -> Callable[[str], None] | None:
    """A function that shows HTML in one place of the running cell's output, in Jupyter and VS Code; None elsewhere.

    Each call replaces what the last one showed. It needs no widgets, and may be called from any thread.
    """
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    if not hasattr(shell, "kernel"):  # a terminal
        return None
    display: Any = import_module("IPython.display")  # which has no types
    handle = display.DisplayHandle()
    handle.display({"text/html": ""}, raw=True)
    return lambda html: handle.update({"text/html": html}, raw=True)


def _row(tag: str, values: Sequence[object], sides: Sequence[str]) -> str:
    cells = (
        f'<{tag} style="{_CELL} {side}">{text(v)}</{tag}>' for v, side in zip(values, sides, strict=True)
    )
    return f"<tr>{''.join(cells)}</tr>"
