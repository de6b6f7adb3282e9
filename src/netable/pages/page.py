"""A page as one HTML file that loads nothing from elsewhere, which its policy enforces."""

from __future__ import annotations

import os
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from netable.pages.blocks import Interactive, Page, Table
from netable.pages.policy import policy
from netable.pages.svg import svg
from netable.system.files import write_atomically
from netable.system.wording import cell

# The words of the template itself.
_WORDS = {
    "en": {"skip": "Skip to the text", "contents": "Contents", "table": "Table", "figure": "Figure"},
    "ko": {"skip": "본문으로 건너뛰기", "contents": "차례", "table": "표", "figure": "그림"},
}
_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def write_page(page: Page, path: str | os.PathLike[str]) -> None:
    """Write a page atomically.

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
    style, sort, frames = (
        environment.loader.get_source(environment, name)[0].strip()
        for name in ("style.css", "sort.js", "frames.js")
    )
    moves = any(isinstance(block, Interactive) for section in page.sections for block in section.blocks)
    script = f"{sort}\n{frames}" if moves else sort
    return environment.get_template("page.html").render(
        page=page,
        words=_WORDS[page.language],
        style=Markup(style),
        script=Markup(script),
        policy=policy(style, script),
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("netable.pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"shown": shown, "is_number": is_number}
    environment.globals |= {"svg": svg, "numeric_columns": numeric_columns, "kind": _kind}
    return environment


def is_number(value: object) -> bool:
    """True for a number, which tables align to the right."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _kind(block: object) -> str:
    return type(block).__name__


def numeric_columns(table: Table) -> list[bool]:
    """True for each column that holds only numbers and gaps."""
    columns = zip(*table.rows, strict=True) if table.rows else iter([()] * len(table.header))
    return [
        any(map(is_number, column)) and all(cell is None or is_number(cell) for cell in column)
        for column in columns
    ]


def shown(value: Any, digits: int = 4) -> str | Markup:
    """As `netable.system.wording.cell`, with the minus signs and powers of ten of print.

    >>> shown(12345.678), shown(0.000012345), shown(-1)
    ('12,346', '1.234 × 10⁻⁵', '−1')
    """
    if isinstance(value, Markup):
        return value
    text = cell(value, digits)
    if not is_number(value):
        return text
    mantissa, _, power = text.replace("inf", "∞").partition("e")
    times = f" × 10{str(int(power)).translate(_SUPERSCRIPT)}" if power else ""
    return mantissa.replace("-", "−") + times
