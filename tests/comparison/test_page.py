"""A comparison as a page."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from matplotlib.figure import Figure

from comparisons import compared
from netable.comparison.page import page, write_report


def test_write_report__any_comparison__is_one_page_with_table_and_picture(tmp_path: Path) -> None:
    found = compared(
        ("auto", 2.0, 9.0, 0),
        ("lightgbm", 2.2, 0.5, 0.3),
        ("constant", 9.0, 0.0, 0.0001),
        failure="ValueError: <b>",
        missing=("catboost",),
    )

    write_report(found, tmp_path / "report.html")

    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    for part in (
        "Which method suits price?",
        "<svg",
        "may be chance",
        "more than chance",
        "ValueError: &lt;b&gt;",
    ):
        assert part in text
    assert "Not installed, and so not compared: catboost." in text
    assert "mathdefault" not in text  # a chart's own markup is no label


def test_comparison__in_a_notebook__has_the_words_and_the_table() -> None:
    found = compared(("auto", 2.0, 9.0, 0), ("constant", 9.0, 0.0, 0.0001))
    html = replace(found, about=found.about | {"target": "<b>"}, verdict=("auto wins.",))._repr_html_()

    assert "Methods to predict &lt;b&gt;" in html
    assert "auto wins." in html
    assert ">350<" in html  # percent by which the constant's error is higher


@pytest.mark.bad_input(74)
def test_write_report__hostile_target_and_failure__stay_text(tmp_path: Path) -> None:
    hostile = "</title></svg><script>alert(1)</script><img src=x onerror=alert(2)>\u202e"
    found = compared(("auto", 2.0, 9.0, 0), ("constant", 9.0, 0.0, 0.0001), failure=hostile)
    write_report(replace(found, about=found.about | {"target": hostile}), tmp_path / "report.html")

    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "<img" not in text
    assert text.count("<script>") == 1  # the page's own
    assert "Which method suits &lt;/title&gt;" in text
    assert "\u202e" not in text


def test_page__by_fold__has_every_method_in_every_fold() -> None:
    by_fold = page(compared(("auto", 2.0, 9.0, 0), ("constant", 9.0, 0.0, 0.01))).sections[1].blocks[0]

    assert by_fold.header == ["fold", "auto", "constant"]
    assert by_fold.rows == [[1, 2.0, 9.0], [2, 2.0, 9.0]]


def test_comparison__plotted__is_every_measured_method_in_its_interval() -> None:
    comparison = compared(("mlp", 3.0, 1.0, 1.0), ("linear", 5.0, 0.1, 0.01), failure="out of memory")
    ax = comparison.plot(Figure().add_subplot())
    (intervals,) = ax.collections

    assert [label.get_text() for label in ax.get_yticklabels()] == ["mlp", "linear"]
    assert [segment[:, 0].tolist() for segment in intervals.get_segments()] == [[2.0, 4.0], [4.0, 6.0]]
    assert ax.get_xlabel() == "rmse, with 95% intervals"
