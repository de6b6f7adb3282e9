"""The parts of a page as plain values; only the templates know HTML."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from markupsafe import Markup
from matplotlib.figure import Figure

from netable.doctor import Severity


@dataclass(frozen=True)
class Bars:
    """A small histogram in a table cell; a neighbouring cell has the same information as text."""

    counts: tuple[int, ...]


Cell = str | float | int | bool | Bars | None
# Plain text is escaped by the templates; `Markup.format` escapes its arguments.
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
    """Commands or code to copy."""

    text: str
    kind: Literal["listing"] = field(default="listing", init=False)


@dataclass(frozen=True)
class Findings:
    """The doctor's verdicts: severity, id, and the texts of seen, why and try."""

    items: Sequence[tuple[Severity, str, str, str, str]]
    kind: Literal["findings"] = field(default="findings", init=False)


@dataclass(frozen=True)
class Table:
    """A table that a reader can sort.

    Attributes
    ----------
    caption : str
        A sentence on the content.
    header : sequence of str
    rows : sequence of sequences
        Numbers are shown in few digits, aligned to the right; None as a dash.
    foldable : bool
        Whether the table is collapsed at first.
    """

    caption: Words
    header: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    foldable: bool = False
    kind: Literal["table"] = field(default="table", init=False)


@dataclass(frozen=True)
class Panel:
    """A chart with a visible title, and a description for screen readers."""

    chart: Figure
    title: str
    description: str


@dataclass(frozen=True)
class Illustration:
    """A numbered figure of one or more panels, with a caption."""

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
        The most important results.
    sections : sequence of Section
    """

    title: str
    subtitle: Words
    summary: Sequence[Words]
    sections: Sequence[Section]
