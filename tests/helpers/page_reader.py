"""A reader of pages."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from html.parser import HTMLParser

import pytest
from markupsafe import Markup

from netable.pages import page

# Elements that have no end.
_VOID = {"meta", "link", "br", "hr", "img", "input"}


class Reader(HTMLParser):
    """The elements of a page, its texts by element, and whether every element that begins also ends."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.page = page
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.texts: dict[str, list[str]] = {}
        self._open: list[str] = []
        self.feed(page)
        self.close()
        assert not self._open

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in _VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        if data.strip() and self._open:
            for tag in set(self._open):
                self.texts.setdefault(tag, []).append(data.strip())

    def text(self, tag: str = "main") -> str:
        """All text within elements of a kind."""
        return " ".join(self.texts.get(tag, ()))

    def attributes(self, name: str) -> Iterator[str]:
        """The values of an attribute, wherever it is."""
        return (attributes[name] for _, attributes in self.elements if name in attributes)

    def headings(self) -> list[str]:
        """The kinds of headings, in order."""
        return [tag for tag, _ in self.elements if tag in ("h1", "h2", "h3", "h4")]


@contextmanager
def undrawn() -> Iterator[None]:
    """Pages with only the titles and descriptions of their charts, whose drawing takes most of a page's time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(page._environment().globals, "svg", _words)
        yield


def _words(chart: object, prefix: str, title: str, description: str) -> Markup:
    return Markup("<svg><title>{}</title><desc>{}</desc></svg>").format(title, description)
