"""Shared code of the guide's pictures: colours for light and dark pages, and reproducible files."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

INK, PAPER, GRID, GREY = "#262626", "#ffffff", "#e3e5e8", "#6b7280"
BLUE, ORANGE, GREEN, PURPLE = "#2563a8", "#c2410c", "#2f7d4f", "#7e3f98"
# The colour that replaces each one in dark mode.
DARK = {
    INK: "#e6e6e6",
    PAPER: "#14181d",
    GRID: "#343b44",
    GREY: "#9aa3af",
    BLUE: "#6cb0f5",
    ORANGE: "#f5935c",
    GREEN: "#6fcf97",
    PURPLE: "#cf9be8",
}
STYLE = {
    "svg.hashsalt": "netable",
    "svg.fonttype": "none",  # text stays text: smaller, and searchable
    "font.size": 10,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": GREY,
    "axes.titlesize": 10,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": GRID,
    "xtick.color": INK,
    "ytick.color": INK,
    "figure.facecolor": PAPER,
    "axes.facecolor": "none",
    "legend.frameon": False,
    "axes.prop_cycle": mpl.cycler(color=[BLUE, ORANGE, GREEN, PURPLE]),
    "figure.constrained_layout.w_pad": 0.12,
    "figure.constrained_layout.h_pad": 0.12,
}


@contextmanager
def picture(path: Path, width: float = 8, height: float = 3, **subplots: Any) -> Iterator[Any]:
    """Yield the axes of a figure (size in inches, `Figure.subplots`), and write it as SVG when the block ends."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(width, height), layout="constrained")
        FigureCanvasSVG(figure)
        yield figure.subplots(**subplots)
        figure.savefig(path, metadata={"Date": None, "Creator": None})
    path.write_text(suit_dark_pages(path.read_text(encoding="utf-8")), encoding="utf-8")


def suit_dark_pages(svg: str) -> str:
    """Add a style that replaces the colours in dark mode."""
    rules = "".join(
        f'[style*="{attribute}: {light}"]{{{attribute}:{dark}!important}}'
        for light, dark in DARK.items()
        for attribute in ("fill", "stroke")
    )
    style = f"<style>@media (prefers-color-scheme:dark){{{rules}}}</style>"
    head, start, rest = svg.partition(" <defs>")
    svg = f"{head} {style}\n{start}{rest}"
    return "\n".join(line.rstrip() for line in svg.splitlines()) + "\n"


def draw_net(
    axes: Axes,
    layers: list[list[str]],
    weights: dict[tuple[int, int, int], str],
    titles: list[str],
    off: tuple[tuple[int, int], ...] = (),
) -> None:
    """Draw units as circles in columns, connected by lines.

    `weights` labels a line by layer, source unit and target unit. Units in `off` and their lines are grey.
    """
    heights = [[(len(units) - 1) / 2 - unit for unit in range(len(units))] for units in layers]
    for layer in range(len(layers) - 1):
        for i, y in enumerate(heights[layer]):
            for j, end in enumerate(heights[layer + 1]):
                grey = (layer, i) in off or (layer + 1, j) in off
                axes.plot([layer, layer + 1], [y, end], color=GREY if grey else BLUE, zorder=1)
                share = 0.3 if i != j else 0.5  # keeps labels apart where lines cross
                place = (layer + share, y + share * (end - y))
                label = weights.get((layer, i, j), "")
                axes.annotate(label, place, ha="center", va="center", zorder=2, backgroundcolor=PAPER)
    for layer, units in enumerate(layers):
        for unit, label in enumerate(units):
            color = GREY if (layer, unit) in off else BLUE
            y = heights[layer][unit]
            axes.plot(layer, y, "o", markersize=44, color=PAPER, markeredgecolor=color, zorder=3)
            axes.annotate(label, (layer, y), ha="center", va="center", zorder=4)
        axes.annotate(titles[layer], (layer, 1.1), ha="center", color=INK)
    axes.set(xlim=(-0.4, len(layers) - 0.6), ylim=(-0.95, 1.3))
    axes.axis("off")
