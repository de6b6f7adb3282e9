"""A lesson: words in two languages, a figure to move, and the code that computed it."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from netable.pages.blocks import Interactive, Listing, Page, Paragraph, Section, Words

# By their codes; every lesson has all of them.
LANGUAGES = {"en": "English", "ko": "한국어"}
_HEADINGS = {
    "en": ("Try it", "What to notice", "In Python"),
    "ko": ("움직여 보기", "눈여겨볼 점", "파이썬으로"),
}
_COMPUTED = {
    "en": "The results on this page were computed by this code.",
    "ko": "이 쪽의 결과는 아래 코드로 계산했습니다.",
}


@dataclass(frozen=True)
class Texts:
    """The words of a lesson in a language, from its file in `texts`.

    Attributes
    ----------
    intro, notice : tuple of str
        Paragraphs before and after the figure.
    labels : tuple of str
        Of controls, charts and axes, as the figure takes them.
    caption : str
        Under a frame, with places for its numbers.
    figure : str
        Under the whole figure.
    """

    title: str
    intro: tuple[str, ...]
    notice: tuple[str, ...]
    labels: tuple[str, ...]
    caption: str
    figure: str


@cache
def texts(name: str, language: str) -> Texts:
    """The words of a lesson."""
    written = files("netable.learn").joinpath("texts", f"{name}.toml").read_text(encoding="utf-8")
    values = tomllib.loads(written)[language]
    return Texts(**values | {key: tuple(values[key]) for key in ("intro", "notice", "labels")})


@dataclass(frozen=True)
class Lesson:
    """A lesson.

    Attributes
    ----------
    name : str
        Of its page, of its texts, and of the module in `netable.learn.shown` that computes it.
    figure : callable
        The figure, with the words of a language.
    """

    name: str
    figure: Callable[[Texts], Interactive]

    @property
    def code(self) -> str:
        """The code that is run and shown."""
        return files("netable.learn.shown").joinpath(f"{self.name}.py").read_text(encoding="utf-8").strip()

    def page(self, language: str, subtitle: Words = "") -> Page:
        """The page in a language."""
        words = texts(self.name, language)
        try_it, notice, code = _HEADINGS[language]
        return Page(
            title=words.title,
            subtitle=subtitle,
            summary=words.intro,
            sections=[
                Section(try_it, [self.figure(words)]),
                Section(notice, [Paragraph(text) for text in words.notice]),
                Section(code, [Paragraph(_COMPUTED[language]), Listing(self.code)]),
            ],
            language=language,
        )


def signed(number: float) -> str:
    """A number with a minus sign of print.

    >>> signed(-0.5)
    '−0.5'
    """
    return f"{number:g}".replace("-", "−")
