from __future__ import annotations

import matplotlib.pyplot as plt
import pytest
from matplotlib.figure import Figure

from netable.pages.plots import axes_or_new, draw_bars, draw_intervals, draw_legend, name_axes

pytestmark = pytest.mark.usefixtures("closed_figures")


def test_axes_or_new__none__are_those_of_a_figure_that_a_notebook_shows() -> None:
    given = Figure().add_subplot()

    assert axes_or_new(given) is given
    assert plt.get_fignums() == []
    assert axes_or_new(None).figure is plt.gcf()


def test_names__with_dollars_and_underscores__are_drawn_as_they_are() -> None:
    ax = Figure().add_subplot()
    draw_bars(ax, ["cost $a_{", "$b$"], [2.0, 1.0], [0.1, 0.1])
    ax.plot([0], [0], label="$\\bad$")
    name_axes(ax, "$x$", "$y$", "$z_{")
    draw_legend(ax)
    ax.figure.draw_without_rendering()

    assert [label.get_text() for label in ax.get_yticklabels()] == ["cost $a_{", "$b$"]
    assert not any(text.get_parse_math() for text in (ax.title, ax.xaxis.label, *ax.get_yticklabels()))


def test_draw_intervals__first_name__is_at_the_top() -> None:
    ax = Figure().add_subplot()
    draw_intervals(ax, ["a", "b"], [1.0, 2.0], [0.5, 1.0], [1.25, 4.0])
    low, high = ax.get_ylim()
    (bars,) = ax.collections
    ends = [segment[:, 0].tolist() for segment in bars.get_segments()]

    assert low > high
    assert ends == [[0.5, 1.25], [1.0, 4.0]]
