"""The picture of the quality benchmark: error against time for each method."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Annotation
from matplotlib.transforms import Bbox

from benchmarks.quality.peers import METHODS
from benchmarks.quality.summary import Comparison, Standing

# Told apart by shape as well as by colour.
MARKS = {
    "netable": ("#c2410c", "o", "netable"),
    "trees": ("#2563a8", "s", "trees"),
    "network": ("#6b7280", "^", "other networks"),
    "linear": ("#6b7280", "D", "linear model"),
}
INK = "#262626"
# Ticks: seconds in steps of about three, and ratios.
TIMES = (0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 60, 180, 600, 1800, 3600, 10800, 36000, 108000, 360000)
ERRORS = (
    0.1,
    0.2,
    0.3,
    0.5,
    0.6,
    0.7,
    0.8,
    0.85,
    0.9,
    0.95,
    1,
    1.05,
    1.1,
    1.2,
    1.3,
    1.5,
    1.75,
    2,
    2.5,
    3,
    5,
    10,
)
# Where a name may stand beside its dot, the best places first: points to the right and up, and what is aligned.
PLACES = (
    (0, 8, "center", "bottom"),
    (0, -8, "center", "top"),
    (9, 0, "left", "center"),
    (-9, 0, "right", "center"),
    (6, 6, "left", "bottom"),
    (6, -6, "left", "top"),
    (-6, 6, "right", "bottom"),
    (-6, -6, "right", "top"),
)


def draw(comparison: Comparison, path: Path) -> bool:
    """Write the picture, in the format of the path's ending; False if there is nothing to show."""
    shown = [s for s in comparison.standings() if s.relative_error is not None and s.seconds > 0]
    if not shown:
        return False
    with mpl.rc_context({"svg.hashsalt": "netable", "svg.fonttype": "none", "font.size": 10}):
        figure = Figure(figsize=(8, 5.5), layout="constrained")
        FigureCanvasAgg(figure)  # measures text
        axes = figure.add_subplot()
        for group, (color, marker, label) in MARKS.items():
            dots = [(s.seconds, s.relative_error) for s in shown if METHODS[s.method].group == group]
            if dots:
                times, errors = zip(*dots, strict=True)
                axes.scatter(times, errors, s=60, color=color, marker=marker, label=label, zorder=3)
        _dress(axes, comparison, shown)
        figure.legend(loc="outside lower center", ncols=len(MARKS), frameon=False)
        figure.draw_without_rendering()  # fixes where everything is
        figure.set_layout_engine("none")
        _name(axes, shown)
        without_date = {"metadata": {"Date": None}} if path.suffix == ".svg" else {"dpi": 130}
        figure.savefig(path, **without_date)
    return True


def _name(axes: Axes, shown: list[Standing]) -> None:
    # Each name goes to the place where it covers the fewest dots and other names.
    dots = axes.transData.transform([(s.seconds, s.relative_error or 1) for s in shown])
    taken = [Bbox.from_bounds(x - 7, y - 7, 14, 14) for x, y in dots]
    level = axes.transData.transform((shown[0].seconds, 1))[1]
    taken.append(Bbox([[axes.bbox.x0, level - 1], [axes.bbox.x1, level + 1]]))  # the baseline's line
    for standing in shown:
        failed = f" ({standing.failed} failed)" if standing.failed else ""
        name = axes.annotate(
            standing.method + failed,
            (standing.seconds, standing.relative_error or 1),
            xytext=(0, 0),
            textcoords="offset points",
            color=INK,
            fontweight="bold" if METHODS[standing.method].group == "netable" else "normal",
        )

        def covered(place: tuple[int, int, str, str], name: Annotation = name) -> int:
            box = _put(name, place)
            outside = not (axes.bbox.containsx(box.x0) and axes.bbox.containsx(box.x1))
            return box.count_overlaps(taken) + 100 * outside

        taken.append(_put(name, min(PLACES, key=covered)))


def _put(name: Annotation, place: tuple[int, int, str, str]) -> Bbox:
    x, y, across, up = place
    name.set(position=(x, y), ha=across, va=up)
    return name.get_window_extent()


def _dress(axes: Axes, comparison: Comparison, shown: list[Standing]) -> None:
    times = [standing.seconds for standing in shown]
    errors = [1.0, *(standing.relative_error for standing in shown if standing.relative_error is not None)]
    axes.set(xscale="log", yscale="log")
    axes.set_xlim(min(times) / 2.5, max(times) * 2.5)
    room = max((max(errors) / min(errors)) ** 0.12, 1.02)
    axes.set_ylim(min(errors) / room, max(errors) * room)
    for axis, ticks, text in ((axes.xaxis, TIMES, duration), (axes.yaxis, ERRORS, "{:g}".format)):
        lowest, highest = axis.get_view_interval()
        inside = [tick for tick in ticks if lowest <= tick <= highest]
        axis.set_ticks(inside, [text(tick) for tick in inside])
        axis.set_ticks([], minor=True)
    axes.axhline(1, color=INK, linewidth=1, zorder=2)
    axes.set_xlabel("time of all fits together")
    axes.set_ylabel(f"error, {comparison.baseline} = 1")
    axes.set_title(f"Lower is better, further left is faster: {len(comparison.tables)} tables", loc="left")
    axes.grid(color="#e5e7eb", linewidth=0.8, zorder=0)
    axes.spines[["top", "right"]].set_visible(False)


def duration(seconds: float) -> str:
    """Seconds, or the larger unit that suits them."""
    for size, unit in ((3600, "h"), (60, "min"), (1, "s")):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds:.3g} s"
