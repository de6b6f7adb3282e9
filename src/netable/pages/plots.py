"""Plots for notebooks and scripts, in the style that the reader has set in matplotlib."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from netable.pages.charts import short

# Beyond this ratio of the largest to the smallest value, a linear scale hides the small ones.
LOG_FROM = 8


def axes_or_new(ax: Axes | None) -> Axes:
    """The axes, or those of a new figure, which a notebook displays."""
    return plt.subplots(layout="constrained")[1] if ax is None else ax


def name_axes(ax: Axes, x: str, y: str = "", title: str = "") -> None:
    """Name the axes and the plot; dollars in names of columns are no formulas."""
    ax.set_xlabel(short(x, 60) if x else "", parse_math=False)
    ax.set_ylabel(short(y, 40) if y else "", parse_math=False)
    ax.set_title(short(title, 60) if title else "", parse_math=False)


def draw_legend(ax: Axes) -> None:
    """Name the lines."""
    for text in ax.legend().get_texts():
        text.set_parse_math(False)


def draw_bars(ax: Axes, names: Sequence[object], values: ArrayLike, errors: ArrayLike) -> None:
    """A bar with its error for each name, from the top down."""
    ax.barh(np.arange(len(names)), values, xerr=errors, height=0.7, alpha=0.8, error_kw={"capsize": 2})
    ax.axvline(0, color="gray", linewidth=0.8)
    _name_rows(ax, names)


def draw_intervals(
    ax: Axes, names: Sequence[object], values: ArrayLike, lower: ArrayLike, upper: ArrayLike
) -> None:
    """A point in its interval for each name, from the top down."""
    values, places = np.asarray(values), np.arange(len(names))
    ax.errorbar(values, places, xerr=[values - lower, upper - values], fmt="o", capsize=3)
    _name_rows(ax, names)


def draw_points(ax: Axes, names: Sequence[object], values: ArrayLike, label: str = "") -> None:
    """A point for each name, from the top down."""
    ax.plot(values, np.arange(len(names)), "o", label=label)
    _name_rows(ax, names)


def _name_rows(ax: Axes, names: Sequence[object]) -> None:
    ax.set_yticks(range(len(names)), [short(name) for name in names], parse_math=False)
    ax.set_ylim(len(names) - 0.4, -0.6)
