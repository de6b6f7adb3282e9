"""Texts of charts."""

from __future__ import annotations

from netable.pages.charts import in_legend, new_axes
from netable.pages.svg import drawing


def test_in_legend__name_that_begins_with_an_underscore__is_shown() -> None:
    with drawing():
        _, ax = new_axes()
        ax.plot([0, 1], [0, 1], label=in_legend("_private"))
        texts = [text.get_text().strip() for text in ax.legend().get_texts()]

    assert texts == ["_private"]


def test_in_legend__long_name__is_cut() -> None:
    assert in_legend("a" * 40) == "a" * 16 + "…"
