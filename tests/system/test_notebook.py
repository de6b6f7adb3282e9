from __future__ import annotations

from html.parser import HTMLParser

import pytest

from netable.system.notebook import fragment, marked, paragraph, table

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
