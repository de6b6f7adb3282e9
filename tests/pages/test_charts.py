"""Texts of charts."""

from __future__ import annotations

from itertools import pairwise

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from netable.pages.charts import in_legend, legend, new_axes
from netable.pages.svg import drawing, svg


def test_in_legend__name_that_begins_with_an_underscore__is_shown() -> None:
    with drawing():
        _, ax = new_axes()
        ax.plot([0, 1], [0, 1], label=in_legend("_private"))
        texts = [text.get_text().strip() for text in ax.legend().get_texts()]

    assert texts == ["_private"]


def test_in_legend__long_name__is_cut() -> None:
    assert in_legend("a" * 40) == "a" * 16 + "…"


@pytest.mark.parametrize(("low", "high"), [(0, 1), (-3e5, 2.9e6), (1_999_990, 2_000_010), (0, 1e-5), (5, 5)])
def test_horizontal_axis__any_range__has_labels_that_do_not_touch(low: float, high: float) -> None:
    with drawing():
        chart, ax = new_axes("x")
        ax.plot([low, high], [0, 1])
        svg(chart, "a", "t", "d")
        renderer = FigureCanvasAgg(chart).get_renderer()
        shown = [label for label in ax.get_xticklabels() if label.get_text()]
        ends = [label.get_window_extent(renderer) for label in shown]

    assert all(left.x1 < right.x0 for left, right in pairwise(ends))


@pytest.mark.parametrize("names", [["a", "b"], [f"a long name {n}" for n in range(6)]])
def test_legend__any_names__lies_above_the_axes_and_within_the_chart(names: list[str]) -> None:
    with drawing():
        chart, ax = new_axes("x", "y")
        for name in names:
            ax.plot([0, 1], [0, 1], label=name)
        legend(ax, "title")
        svg(chart, "a", "t", "d")
        renderer = FigureCanvasAgg(chart).get_renderer()
        box, axes = chart.legends[0].get_window_extent(renderer), ax.get_window_extent(renderer)

    assert box.y0 >= axes.y1
    assert box.x1 <= chart.bbox.x1
