"""The parts of a page as plain values; only the templates know HTML."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup
from matplotlib.figure import Figure

from netable.doctor import Verdict


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


@dataclass(frozen=True)
class Heading:
    """The heading of a part of a section."""

    text: Words


@dataclass(frozen=True)
class Listing:
    """Commands or code to copy."""

    text: str


@dataclass(frozen=True)
class Findings:
    """The doctor's verdicts."""

    verdicts: Sequence[Verdict]


@dataclass(frozen=True)
class Table:
    """A table that a reader can sort; numbers have few digits, None is a dash, and `foldable` starts it collapsed."""

    caption: Words
    header: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    foldable: bool = False


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


@dataclass(frozen=True)
class Control:
    """What a reader moves: a slider over values in their order, or a choice among names."""

    label: str
    values: Sequence[str]
    is_slider: bool
    start: int = 0


@dataclass(frozen=True)
class Frame:
    """What a figure shows for one setting of its controls."""

    panels: Sequence[Panel]
    caption: Words


@dataclass(frozen=True)
class Interactive:
    """A numbered figure whose controls pick one of its frames; without scripts, and on paper, the first is shown.

    Attributes
    ----------
    frames : sequence of Frame
        One for each combination of the controls' values, the last control's changing fastest.
    """

    controls: Sequence[Control]
    frames: Sequence[Frame]
    caption: Words

    @property
    def start(self) -> int:
        """The frame to begin with."""
        place = 0
        for control in self.controls:
            place = place * len(control.values) + control.start
        return place


Block = Paragraph | Heading | Listing | Findings | Table | Illustration | Interactive


@dataclass(frozen=True)
class Section:
    """A numbered section."""

    heading: str
    blocks: Sequence[Block]


@dataclass(frozen=True)
class Page:
    """A page; the summary is its most important results, a paragraph each; the language is "en" or "ko"."""

    title: str
    subtitle: Words
    summary: Sequence[Words]
    sections: Sequence[Section]
    language: str = "en"
