"""Pages are read as people read them."""

from __future__ import annotations

import pytest

from pages import Page, Typed, same_words

PAGE = """
```console
$ netable a
one
two
$ netable b
```

[there](there.md) ![a picture](here.svg)

```python
x = 1
```
"""


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> Page:
    page = Page("README.md")
    monkeypatch.setattr(page, "text", PAGE)
    return page


def test_page__commands_and_code__are_found(page: Page) -> None:
    assert page.typed() == [Typed("netable a", "one\ntwo\n"), Typed("netable b", "")]
    assert page.blocks("python") == ["x = 1\n"]
    assert page.links() == ["here.svg", "there.md"]
    assert page.pictures() == ["here.svg"]


@pytest.mark.parametrize(
    ("shown", "printed", "same"),
    [
        ("rmse  66.7\n", "rmse 66.9\n\n", True),
        ("rmse  66.7\n", "rmse 76.9\n", False),
        ("rmse  66.7\n", "mae  66.7\n", False),
        ("one\n", "one\ntwo\n", False),
        ("one\n…\n", "one\ntwo\n", True),
        ("one\n…\n", "two\n", False),
        ("after 3.1 s\n", "after 99.0 s\n", True),
        ("−0.2 of 20,000\n", "-0.2 of 20,000\n", False),
    ],
)
def test_same_words__changed_word_or_number__is_noticed(shown: str, printed: str, same: bool) -> None:
    assert same_words(shown, printed, tolerance=0.1) is same
