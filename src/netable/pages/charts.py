"""Charts and parts of charts that several sections share."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from datetime import date, datetime
from typing import Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter, NullLocator
from numpy.typing import NDArray

from netable.pages.page import shown
from netable.pages.svg import FAINT, GRID, INK, SERIES, Margins, new_chart

Floats = NDArray[np.float64]
POINTS_AT_MOST = 1_000
DASHED = (0, (4, 3))
# The width of a letter of an axis label, in pixels.
_LETTER, _WIDE_LETTER = 6.2, 10.5
# The width of a legend, and of a symbol in it with the space around it.
_LEGEND, _SYMBOL = 320, 38
# The width of a horizontal axis with its labels, at least, and the space between two of them.
_AXIS, _GAP = 265, 10
# The range of a chart's axis: days from 1970 of the years 1 and 9999, and numbers.
_FIRST_DAY, _LAST_DAY = -719_162, 2_932_896
_FARTHEST = 1e300
# The steps between ticks, times a power of ten.
_STEPS = (1, 2, 5, 10)


def short(text: object, letters: int = 24) -> str:
    """A name shortened to fit beside an axis; Korean and similar letters count as two."""
    text = " ".join(str(shown(text)).split()) or "(empty)"
    kept, width = "", 0
    for letter in text:
        width += 2 if _is_wide(letter) else 1
        if width > letters:
            return kept.rstrip() + "…"
        kept += letter
    return kept


def in_legend(text: object, letters: int = 16) -> str:
    """A name for a legend, with a leading space before an underscore, because matplotlib hides such names."""
    name = short(text, letters)
    return f" {name}" if name.startswith("_") else name


def legend(ax: Axes, title: str = "") -> None:
    """Name the lines of a chart above it, where the names hide none of them."""
    labels = ax.get_legend_handles_labels()[1]
    columns = int(_LEGEND / (_SYMBOL + max(map(_width, labels))))
    ax.figure.legend(
        loc="outside upper left",
        ncols=max(1, min(columns, len(labels))),
        title=title or None,
        alignment="left",
        columnspacing=1.2,
        borderaxespad=0.2,
    )


def sample(n: int) -> NDArray[np.int64]:
    """The positions of the points to draw: all, or a fixed random sample."""
    if n <= POINTS_AT_MOST:
        return np.arange(n)
    return np.sort(np.random.default_rng(0).choice(n, POINTS_AT_MOST, replace=False))


def new_axes(
    x: str = "",
    y: str = "",
    *,
    height: float = 250,
    margins: Margins | None = None,
    grid: Literal["both", "x", "y"] | None = "both",
) -> tuple[Figure, Axes]:
    """A chart as of `new_chart`, and its only axes."""
    chart = new_chart(height, margins)
    ax = chart.add_subplot()
    ax.set_xlabel(short(x, 44) if x else "")
    ax.set_ylabel(short(y, 34) if y else "")
    if grid:
        ax.grid(True, axis=grid)
    ax.xaxis.set_major_locator(FittingLocator())
    ax.yaxis.set_major_locator(MaxNLocator(6, steps=_STEPS))
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_formatter(FuncFormatter(_tick))
    ax.tick_params(length=3)
    return chart, ax


class FittingLocator(MaxNLocator):
    """Ticks of a horizontal axis: at most six steps, fewer where labels would touch.

    Parameters
    ----------
    width : float
        Pixels of the axis.
    """

    def __init__(self, width: float = _AXIS, *, integer: bool = False) -> None:
        super().__init__(6, steps=_STEPS, integer=integer)
        self._pixels = width

    def tick_values(self, vmin: float, vmax: float) -> Sequence[float]:
        """The places of the ticks, as of `MaxNLocator`."""
        ticks: list[float] = []
        for steps in range(6, 0, -1):
            self.set_params(nbins=steps)
            ticks = np.asarray(super().tick_values(vmin, vmax), dtype=np.float64).tolist()
            room = (
                self._pixels * abs(ticks[1] - ticks[0]) / max(abs(vmax - vmin), 1e-300)
                if len(ticks) > 1
                else 0
            )
            if room >= _GAP + max(_width(_tick(tick)) for tick in ticks):
                break
        return ticks


def logarithmic(ax: Axes, which: str = "y") -> None:
    """Set an axis to a log scale, with plain numbers at a few ticks."""
    axis = ax.yaxis if which == "y" else ax.xaxis
    (ax.set_yscale if which == "y" else ax.set_xscale)("log")
    low, high = axis.get_view_interval()
    few = high / max(low, 1e-300) < 300
    axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if few else (1.0,), numticks=7))
    axis.set_major_formatter(FuncFormatter(_tick))
    axis.set_minor_locator(NullLocator())
    axis.set_minor_formatter(NullFormatter())


def points(ax: Axes, x: Floats, y: Floats) -> None:
    """Draw a scatter plot, the more transparent the more points there are."""
    alpha = float(np.clip(12 / max(len(x), 1) ** 0.5, 0.3, 0.8))
    ax.plot(x, y, "o", ms=3.4, mec="none", color=SERIES[0], alpha=alpha)


def diagonal(ax: Axes, low: float, high: float) -> None:
    """Draw the dashed line where both axes are equal."""
    ax.plot([low, high], [low, high], color=FAINT, lw=1, ls=DASHED, zorder=1)


def histogram(values: Floats, x: str, *, zero: bool = False) -> Figure:
    """A histogram of values; outliers among the outer 0.5% at either end are left out."""
    chart, ax = new_axes(x, "rows", grid="y")
    low, high = np.quantile(values, [0.005, 0.995])
    width = (high - low) or 1.0
    inner = values[(values >= low - 0.5 * width) & (values <= high + 0.5 * width)]
    counts, edges = np.histogram(inner, bins=min(40, max(8, round(len(values) ** 0.5))))
    ax.stairs(counts, edges, fill=True, color=SERIES[0], alpha=0.75, lw=0)
    if zero:
        ax.axvline(0, color=INK, lw=1, ls=DASHED)
    ax.margins(x=0.01)
    ax.set_ylim(bottom=0)
    return chart


def bars(
    names: Sequence[object], values: Sequence[float], x: str, errors: Sequence[float] | None = None
) -> Figure:
    """A horizontal bar for each name, from the top down."""
    labels = [short(name) for name in names]
    room = min(160.0, 18 + max(map(_width, labels), default=0))
    chart, ax = new_axes(x, height=46 + 21 * len(labels), margins=(room, 14, 4, 42), grid="x")
    places = np.arange(len(labels))
    ax.barh(places, values, height=0.62, color=SERIES[0], alpha=0.8)
    if errors is not None:
        ax.errorbar(values, places, xerr=errors, fmt="none", ecolor=INK, elinewidth=1.2, capsize=2.5)
    label_rows(ax, labels)
    ax.axvline(0, color=FAINT, lw=0.8)
    ax.xaxis.set_major_locator(FittingLocator(300 - room))
    return chart


def label_rows(ax: Axes, names: Sequence[str]) -> None:
    """Give each line of a chart a name, from the top down, instead of a vertical axis."""
    ax.set_yticks(range(len(names)), names)
    ax.set_ylim(len(names) - 0.4, -0.6)
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)


def grid_of_shares(
    shares: Floats, texts: Sequence[Sequence[str]], x_names: Sequence[object], y_names: Sequence[object]
) -> tuple[Figure, Axes]:
    """A grid of cells, the darker the larger their share of the row, with a text in each."""
    many = len(x_names) > 4
    side, letters, below = (26, 14, 82) if many else (52, 16, 42)
    room = min(125.0, 40 + max(_width(short(name, letters)) for name in y_names))
    height = 6 + below + side * len(y_names)
    chart, ax = new_axes(height=height, margins=(room, 8, 6, below), grid=None)
    rows, columns = shares.shape
    for i in range(rows):
        for j in range(columns):
            share = float(np.nan_to_num(shares[i, j]))
            ax.fill(
                [j, j + 1, j + 1, j], [i, i, i + 1, i + 1], color=SERIES[0], alpha=0.06 + 0.5 * share, lw=0
            )
            ax.text(j + 0.5, i + 0.5, texts[i][j], ha="center", va="center", fontsize=10)
    ax.set_xticks(np.arange(columns) + 0.5, [short(n, 9 if many else letters) for n in x_names])
    ax.tick_params(axis="both", length=0)
    if many:
        ax.tick_params(axis="x", labelrotation=90)
    ax.set_yticks(np.arange(rows) + 0.5, [short(name, letters) for name in y_names])
    ax.set_xlim(0, columns)
    ax.set_ylim(rows, 0)
    for spine in ax.spines.values():
        spine.set_visible(False)
    for place in range(1, columns):
        ax.axvline(place, color=GRID, lw=1)
    for place in range(1, rows):
        ax.axhline(place, color=GRID, lw=1)
    return chart, ax


def place_values(ax: Axes, values: Sequence[object]) -> list[float]:
    """The positions of the values of a number or date on the horizontal axis, whose ticks suit them."""
    if isinstance(values[0], date | datetime):
        days = [float(np.datetime64(value, "s").astype(np.int64) / 86_400) for value in values]  # type: ignore[call-overload]
        room = (max(days) - min(days)) / 4
        if min(days) - room < _FIRST_DAY or max(days) + room > _LAST_DAY:
            return [1970 + day / 365.2425 for day in days]
        locator = AutoDateLocator(maxticks=6)
        ax.xaxis.set_major_locator(locator)
        ax.xaxis.set_major_formatter(ConciseDateFormatter(locator))
        return days
    numbers = [min(max(float(value), -_FARTHEST), _FARTHEST) for value in values]  # type: ignore[arg-type]
    if all(number.is_integer() for number in numbers):
        ax.xaxis.set_major_locator(FittingLocator(integer=True))
    return numbers


def _tick(value: float, _: object = None) -> str:
    size = abs(value)
    if size and (size >= 1e6 or size < 1e-3):
        return str(shown(float(f"{value:.2g}"))) if size < 1e6 else f"{value:.2g}".replace("e+0", "e")
    return f"{value:,.6g}".replace("-", "−")


def _is_wide(letter: str) -> bool:
    return unicodedata.east_asian_width(letter) in "WF"


def _width(text: str) -> float:
    return sum(_WIDE_LETTER if _is_wide(letter) else _LETTER for letter in text)
