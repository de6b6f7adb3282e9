"""Texts of charts."""

from __future__ import annotations

from netable.config.settings import Settings
from netable.fit.fit import fit
from netable.pages.charts import axes, in_legend
from netable.pages.svg import drawing, new_chart
from small import QUICK, make_table


def test_in_legend__name_that_begins_with_an_underscore__is_shown() -> None:
    with drawing():
        ax = axes(new_chart())
        ax.plot([0, 1], [0, 1], label=in_legend("_private"))
        texts = [text.get_text().strip() for text in ax.legend().get_texts()]

    assert texts == ["_private"]


def test_in_legend__long_name__is_cut() -> None:
    assert in_legend("a" * 40) == "a" * 16 + "…"


def test_report__targets_with_letters_that_no_xml_holds__are_drawn(read_page) -> None:
    table = make_table().select(["size", "age", "price", "rooms"])
    table = table.rename_columns(["size", "age", "_a\uffff", "b\x0b"])
    page = read_page(fit(table, Settings(target=("_a\uffff", "b\x0b"), **QUICK)))

    assert "_a\ufffd b\ufffd" in page.text("svg")
