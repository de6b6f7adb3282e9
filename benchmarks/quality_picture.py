"""The picture of `quality.py`: what error each method buys with how much time."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter
from quality_peers import METHODS
from quality_summary import Comparison, Standing

# Told apart by shape as well as by colour.
MARKS = {
    "netable": ("#c2410c", "o", "netable"),
    "trees": ("#2563a8", "s", "trees"),
    "network": ("#6b7280", "^", "other networks"),
    "linear": ("#6b7280", "D", "linear model"),
}
INK = "#262626"


def draw(comparison: Comparison, path: Path) -> bool:
    """Write the picture, in the format of the path's ending; False if there is nothing to show."""
    shown = [s for s in comparison.standings() if s.relative_error is not None and s.seconds > 0]
    if not shown:
        return False
    with mpl.rc_context({"svg.hashsalt": "netable", "svg.fonttype": "none", "font.size": 10}):
        figure = Figure(figsize=(8, 5), layout="constrained")
        axes = figure.add_subplot()
        for standing in shown:
            _mark(axes, standing)
        _dress(axes, comparison, shown)
        without_date = {"metadata": {"Date": None}} if path.suffix == ".svg" else {"dpi": 130}
        figure.savefig(path, **without_date)
    return True


def _mark(axes: Axes, standing: Standing) -> None:
    color, marker, group = MARKS[METHODS[standing.method].group]
    error = standing.relative_error
    assert error is not None
    first = group not in {handle.get_label() for handle in axes.collections}
    label = group if first else f"_{standing.method}"
    axes.scatter(standing.seconds, error, s=60, color=color, marker=marker, label=label, zorder=3)
    axes.annotate(
        standing.method + (f" ({standing.failed} failed)" if standing.failed else ""),
        (standing.seconds, error),
        xytext=(0, 7),
        textcoords="offset points",
        ha="center",
        color=INK,
        fontweight="bold" if group == "netable" else "normal",
    )


def _dress(axes: Axes, comparison: Comparison, shown: list[Standing]) -> None:
    times = [standing.seconds for standing in shown]
    errors = [standing.relative_error for standing in shown if standing.relative_error is not None]
    axes.set_xscale("log")
    axes.set_xlim(min(times) / 2.5, max(times) * 2.5)
    lowest, highest = min([1.0, *errors]), max([1.0, *errors])
    spread = max(highest - lowest, 0.05)
    axes.set_ylim(lowest - 0.1 * spread, highest + 0.15 * spread)
    axes.axhline(1, color=INK, linewidth=0.8, linestyle=(0, (4, 4)), zorder=1)
    axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 3.0)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda seconds, _: duration(seconds)))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_xlabel("time of all fits together")
    axes.set_ylabel(f"error, {comparison.baseline} = 1")
    axes.set_title(f"Lower is better, further left is faster: {len(comparison.tables)} tables", loc="left")
    axes.grid(color="#e5e7eb", linewidth=0.8, zorder=0)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, loc="upper right")


def duration(seconds: float) -> str:
    """Seconds, or the larger unit that suits them."""
    for size, unit in ((3600, "h"), (60, "min"), (1, "s")):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds:.3g} s"
