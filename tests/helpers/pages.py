"""Code, terminal sessions and links of documentation pages, extracted to be run."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
NUMBER = re.compile(r"-?\d[\d,]*\.?\d*(?:e-?\d+)?")
GAP = "…"


class Typed(NamedTuple):
    """A command, and what it is shown to print."""

    command: str
    output: str


class Page:
    """A Markdown file of the repository."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.text = (ROOT / path).read_text(encoding="utf-8")

    def blocks(self, language: str) -> list[str]:
        """The code in a language, block by block."""
        return re.findall(rf"^```{language}\n(.*?)^```$", self.text, flags=re.DOTALL | re.MULTILINE)

    def prose(self) -> str:
        """The page without its blocks of code."""
        return re.sub(r"^```.*?^```$", "", self.text, flags=re.DOTALL | re.MULTILINE)

    def typed(self) -> list[Typed]:
        """The commands after a `$`, each with the lines after it."""
        sessions = "".join(self.blocks("console"))
        parts = re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", sessions, flags=re.MULTILINE)
        return [Typed(command, output) for command, output in parts]

    def links(self) -> list[str]:
        """The targets of the page's links, pictures included."""
        return sorted(set(re.findall(r"\]\(([^)]+)\)", self.text)))

    def headings(self) -> set[str]:
        """The anchors of the headings, as GitHub names them."""
        titles = re.findall(r"^#+ (.*)$", self.prose(), flags=re.MULTILINE)
        return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}

    def pictures(self) -> list[str]:
        """The pictures that it shows."""
        return re.findall(r"!\[[^]]+\]\(([^)]+)\)", self.text)


def same_words(shown: str, printed: str, tolerance: float) -> bool:
    """True if lines are those that were printed, with numbers near theirs; `…` stands for any number of lines.

    Seconds are not compared.
    """
    lines = [line for line in shown.splitlines() if line.strip()]
    remaining = [line for line in printed.splitlines() if line.strip()]
    if GAP not in lines:
        return len(lines) == len(remaining) and all(
            _same_line(a, b, tolerance) for a, b in zip(lines, remaining, strict=True)
        )
    return all(
        any(_same_line(line, other, tolerance) for other in remaining) for line in lines if line != GAP
    )


def _same_line(shown: str, printed: str, tolerance: float) -> bool:
    shown, printed = (re.sub(r"[\d.]+ s\b", "some s", line) for line in (shown, printed))
    # A bar is as long as its number, which is compared.
    shown, printed = (re.sub(r"(\+{2,}|-{2,})$", lambda bar: bar[0][0], line) for line in (shown, printed))
    if NUMBER.sub("0", shown).split() != NUMBER.sub("0", printed).split():
        return False
    pairs = zip(_numbers(shown), _numbers(printed), strict=True)
    return all(abs(a - b) <= tolerance * max(abs(a), abs(b), 0.1) for a, b in pairs)


def _numbers(line: str) -> list[float]:
    return [float(found.replace(",", "")) for found in NUMBER.findall(line)]
