"""A comparison as a page."""

from __future__ import annotations

from pathlib import Path

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


def test_page__by_fold__has_every_method_in_every_fold() -> None:
    by_fold = page(compared(("auto", 2.0, 9.0, 0), ("constant", 9.0, 0.0, 0.01))).sections[1].blocks[0]

    assert by_fold.header == ["fold", "auto", "constant"]
    assert by_fold.rows == [[1, 2.0, 9.0], [2, 2.0, 9.0]]
