"""What a page is made of, as plain values; templates alone know HTML."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from markupsafe import Markup
from matplotlib.figure import Figure

from netable.doctor import Severity


@dataclass(frozen=True)
class Bars:
    """A small histogram within a table, beside words that say the same to those who cannot see it."""

    counts: tuple[int, ...]


Cell = str | float | int | bool | Bars | None
# Text is escaped where it is shown; `Markup.format` escapes what is put into it.
Words = str | Markup


@dataclass(frozen=True)
class Paragraph:
    """Sentences."""

    text: Words
    kind: Literal["paragraph"] = field(default="paragraph", init=False)


@dataclass(frozen=True)
class Heading:
    """The heading of a part of a section."""

    text: Words
    kind: Literal["heading"] = field(default="heading", init=False)


@dataclass(frozen=True)
class Listing:
    """Commands or code, to be copied."""

    text: str
    kind: Literal["listing"] = field(default="listing", init=False)


@dataclass(frozen=True)
class Findings:
    """What the doctor said: severity, id, and the words for seen, why and try."""

    items: Sequence[tuple[Severity, str, str, str, str]]
    kind: Literal["findings"] = field(default="findings", init=False)


@dataclass(frozen=True)
class Table:
    """Rows that a reader can sort.

    Attributes
    ----------
    caption : str
        A sentence that says what one sees.
    header : sequence of str
    rows : sequence of sequences
        Numbers are shown in few digits and to the right; None as a dash.
    foldable : bool
        Whether it is long enough to be shown only when asked for.
    """

    caption: Words
    header: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    foldable: bool = False
    kind: Literal["table"] = field(default="table", init=False)


@dataclass(frozen=True)
class Panel:
    """One chart: a title that is shown, and words for those who cannot see it."""

    chart: Figure
    title: str
    description: str


@dataclass(frozen=True)
class Illustration:
    """A numbered figure of one or more panels, and a sentence that says what to look for."""

    panels: Sequence[Panel]
    caption: Words
    kind: Literal["illustration"] = field(default="illustration", init=False)


Block = Paragraph | Heading | Listing | Findings | Table | Illustration


@dataclass(frozen=True)
class Section:
    """A numbered section."""

    heading: str
    blocks: Sequence[Block]


@dataclass(frozen=True)
class Page:
    """A page.

    Attributes
    ----------
    title : str
    subtitle : str
    summary : sequence of paragraphs
        What a reader in a hurry needs.
    sections : sequence of Section
    """

    title: str
    subtitle: Words
    summary: Sequence[Words]
    sections: Sequence[Section]
