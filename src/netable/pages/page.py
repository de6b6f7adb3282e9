"""A page as one file: nothing in it comes from elsewhere, and nothing in it can."""

from __future__ import annotations

import base64
import hashlib
import os
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from netable.pages.blocks import Bars, Page, Table
from netable.pages.svg import svg
from netable.system.files import write_atomically
from netable.system.safe_text import plain

# Beyond these, digits stand in the way.
_PLAIN_FROM, _PLAIN_TO = 1e-4, 1e7
_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def write_page(page: Page, path: str | os.PathLike[str]) -> None:
    """Write a page, whole or not at all.

    Raises
    ------
    FileError
        If the file cannot be written.
    """
    text = page_text(page)
    with write_atomically(path) as file:
        file.write(text.encode("utf-8", "replace"))


def page_text(page: Page) -> str:
    """A page as HTML; the same page gives the same text."""
    environment = _environment()
    assert environment.loader is not None
    style, script = (
        environment.loader.get_source(environment, name)[0].strip() for name in ("style.css", "sort.js")
    )
    return environment.get_template("page.html").render(
        page=page, style=Markup(style), script=Markup(script), policy=_policy(style, script)
    )


def _policy(style: str, script: str) -> str:
    """Only this style and this script; pictures only from within the file."""
    return (
        f"default-src 'none'; style-src {_source(style)}; script-src {_source(script)}; img-src data:; base-uri "
        "'none'; form-action 'none'"
    )


def _source(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("netable.pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"shown": shown, "is_number": is_number, "is_bars": is_bars, "prose": prose}
    environment.globals |= {"svg": svg, "numeric_columns": numeric_columns}
    return environment


def is_number(value: object) -> bool:
    """Whether a cell is a number, which tables put to the right."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_bars(value: object) -> bool:
    """Whether a cell is a picture."""
    return isinstance(value, Bars)


def numeric_columns(table: Table) -> list[bool]:
    """Which columns hold numbers, and nothing else but gaps."""
    columns = zip(*table.rows, strict=True) if table.rows else iter([()] * len(table.header))
    return [
        any(map(is_number, column)) and all(cell is None or is_number(cell) for cell in column)
        for column in columns
    ]


def shown(value: Any, digits: int = 4) -> str | Markup:
    """A cell or a name: numbers in few digits, and no characters that turn or hide what follows.

    >>> shown(12345.678), shown(0.000012345), shown(None), shown(True)
    ('12,346', '1.234 × 10⁻⁵', '–', 'yes')
    """
    if isinstance(value, Markup):
        return value
    if value is None or value != value:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}".replace("-", "−")
    if isinstance(value, float):
        return _float(value, digits)
    return plain(value, keep="\n\t")


def prose(value: Any) -> str | Markup:
    """As `shown`, with no line's end between a number and its percent sign."""
    text = shown(value)
    return text if isinstance(text, Markup) else text.replace(" %", "\u00a0%")


def _float(value: float, digits: int) -> str:
    size = abs(value)
    if value == 0:
        return "0"
    if size == float("inf"):
        return "∞" if value > 0 else "−∞"
    if not _PLAIN_FROM <= size < _PLAIN_TO:
        mantissa, _, power = f"{value:.{digits - 1}e}".partition("e")
        return f"{float(mantissa):g} × 10{str(int(power)).translate(_SUPERSCRIPT)}".replace("-", "−")
    text = f"{value:,.0f}" if size >= 10 ** (digits - 1) else f"{value:.{digits}g}"
    return text.replace("-", "−")
