from __future__ import annotations

import sys
from html.parser import HTMLParser
from types import SimpleNamespace

import pytest

from netable.system.notebook import fragment, marked, paragraph, place_in_output, table

HOSTILE = "<script>alert(1)</script>\u202e\"'"


def tags(html: str) -> set[str]:
    found: set[str] = set()
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, _: found.add(tag)  # type: ignore[method-assign]
    parser.feed(html)
    return found


@pytest.mark.bad_input(74)
def test_fragment__hostile_text__stays_text() -> None:
    html = fragment(
        HOSTILE, paragraph(HOSTILE), marked("#777", HOSTILE, [HOSTILE]), table([HOSTILE], [(HOSTILE,)])
    )

    assert tags(html) == {"div", "p", "b", "br", "table", "thead", "tbody", "tr", "th", "td"}
    assert html.count("&lt;script&gt;") == 6
    assert "\u202e" not in html


def test_fragment__colours__are_left_to_the_theme() -> None:
    html = fragment("Title", paragraph("Text."), table(["a"], [(1,)]))

    assert "color" not in html
    assert "background" not in html


def test_table__numbers_alone__are_set_to_the_right() -> None:
    html = table(["name", "value"], [("a", 12345.678), ("b", None)])

    assert 'text-align: left">a<' in html
    assert 'text-align: right">12,346<' in html
    assert 'text-align: right">–<' in html
    assert table(["name"], []).endswith("<tbody></tbody></table>")


class Handle:
    """A display of IPython that keeps what it is given."""

    shown: list[object] = []

    def display(self, data: object, *, raw: bool) -> None:
        self.shown.append(data)

    def update(self, data: object, *, raw: bool) -> None:
        self.shown[-1] = data


def start_shell(monkeypatch: pytest.MonkeyPatch, shell: object) -> None:
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    monkeypatch.setitem(sys.modules, "IPython.display", SimpleNamespace(DisplayHandle=Handle))


def test_place_in_output__notebook__each_html_replaces_the_last(monkeypatch: pytest.MonkeyPatch) -> None:
    start_shell(monkeypatch, SimpleNamespace(kernel="a kernel"))
    monkeypatch.setattr(Handle, "shown", [])
    show = place_in_output()
    assert show is not None
    show("<p>1</p>")
    show("<p>2</p>")

    assert Handle.shown == [{"text/html": "<p>2</p>"}]


@pytest.mark.parametrize("shell", [None, SimpleNamespace()], ids=["no shell", "a terminal"])
def test_place_in_output__no_notebook__is_none(monkeypatch: pytest.MonkeyPatch, shell: object) -> None:
    start_shell(monkeypatch, shell)

    assert place_in_output() is None
