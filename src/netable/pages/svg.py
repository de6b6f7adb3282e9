"""Charts of matplotlib as SVG elements of a page, in the colours and fonts of the page.

A chart is drawn in placeholder colours, which become CSS variables, so that one file suits light and dark screens and
paper. Styles become attributes, which a strict content security policy allows.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from xml.etree import ElementTree

import matplotlib
from cycler import cycler
from markupsafe import Markup
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.layout_engine import LayoutEngine

from netable.errors import locked_filters

# Placeholder colours that no chart uses otherwise, and the CSS variables that replace them.
INK, FAINT, GRID, PAPER = "#000101", "#000102", "#000103", "#000104"
SERIES = ("#000201", "#000202", "#000203", "#000204", "#000205", "#000206")
_VARIABLES = {INK: "ink", FAINT: "faint", GRID: "grid", PAPER: "paper"} | {
    color: f"series-{n}" for n, color in enumerate(SERIES, 1)
}
_STYLE = {
    "svg.fonttype": "none",  # the reader's fonts, and searchable text
    "svg.hashsalt": "netable",
    "text.parse_math": False,  # names of columns may hold dollars
    "axes.unicode_minus": True,
    "font.size": 11.0,
    "axes.prop_cycle": cycler(color=SERIES),
    "axes.labelsize": 11.0,
    "axes.labelcolor": INK,
    "axes.edgecolor": FAINT,
    "axes.facecolor": "none",
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "text.color": INK,
    "xtick.color": FAINT,
    "ytick.color": FAINT,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.labelsize": 10.0,
    "ytick.labelsize": 10.0,
    "legend.fontsize": 10.0,
    "legend.frameon": False,
    "legend.handlelength": 1.4,
    "lines.linewidth": 1.6,
    "lines.solid_capstyle": "round",
    "path.simplify": True,
    "path.simplify_threshold": 0.3,
    "figure.facecolor": "none",
    "savefig.facecolor": "none",
}
# Settings of matplotlib for windows and backends, which do not affect a chart.
_KEPT_SETTINGS = (
    "backend",
    "interactive",
    "toolbar",
    "timezone",
    "tk.",
    "webagg.",
    "docstring.",
    "figure.hooks",
)
_UNIT = 72  # pixels of the page per inch of a figure
_WIDTH = 340
# Pixels around the axes with their labels, and around a legend.
_PADDING = 0.06 * _UNIT
# The least share of a chart that is left to the axes, however long the labels are.
_LEAST_SHARE = 0.1
Margins = tuple[float, float, float, float]
_NUMBER = re.compile(r"-?\d+\.\d{2,}")
_REFERENCE = re.compile(r"url\(#([^)]+)\)")
_DROPPED_STYLES = ("font", "font-family", "clip-path", "stroke-miterlimit")


@contextmanager
def drawing() -> Iterator[None]:
    """Draw in the style of the page, regardless of any matplotlibrc file; the settings are restored afterwards."""
    defaults = matplotlib.rcParamsDefault.items()
    style: dict[Any, Any] = {k: v for k, v in defaults if not k.startswith(_KEPT_SETTINGS)}
    with locked_filters(), matplotlib.rc_context(style | _STYLE):  # shared by all threads
        # Letters that matplotlib's font lacks are drawn in the reader's.
        warnings.filterwarnings("ignore", r"Glyph .* missing from", UserWarning)
        yield


def new_chart(height: float = 250, margins: Margins | None = None) -> Figure:
    """An empty chart of this height in pixels; to be used within `drawing`.

    Parameters
    ----------
    margins : (left, right, top, bottom), optional
        Pixels around the axes; by default as much as their labels need.
    """
    size = (_WIDTH / _UNIT, height / _UNIT)
    if margins is None:
        return Figure(figsize=size, dpi=_UNIT, layout=_Fitting())
    left, right, top, bottom = margins
    chart = Figure(figsize=size, dpi=_UNIT)
    chart.subplots_adjust(left / _WIDTH, bottom / height, 1 - right / _WIDTH, 1 - top / height)
    return chart


class _Fitting(LayoutEngine):
    """Axes as large as their labels, and the legends above them, leave room for.

    Measured once. The constrained layout of matplotlib measures all labels twice, which takes longer than drawing them.
    """

    _adjust_compatible = _colorbar_gridspec = False

    def execute(self, fig: Figure) -> None:
        """Place the only axes of a chart."""
        renderer = FigureCanvasAgg(fig).get_renderer()  # type: ignore[no-untyped-call]
        (axes,) = fig.axes
        inner, outer = axes.get_window_extent(renderer), axes.get_tightbbox(renderer)
        assert outer is not None
        above = sum(legend.get_window_extent(renderer).height + 2 * _PADDING for legend in fig.legends)
        left, right = inner.x0 - outer.x0 + _PADDING, outer.x1 - inner.x1 + _PADDING
        bottom, top = inner.y0 - outer.y0 + _PADDING, outer.y1 - inner.y1 + _PADDING + above
        width, height = fig.bbox.size
        sizes = (1 - (left + right) / width, 1 - (bottom + top) / height)
        axes.set_position((left / width, bottom / height, *(max(size, _LEAST_SHARE) for size in sizes)))


def svg(chart: Figure, prefix: str, title: str, description: str) -> Markup:
    """The chart as an element of a page.

    Parameters
    ----------
    chart : matplotlib.figure.Figure
    prefix : str
        The prefix of its identifiers, unique on the page.
    title, description : str
        Texts for screen readers.
    """
    file = io.BytesIO()
    with drawing():
        if layout := chart.get_layout_engine():
            layout.execute(chart)
            chart.set_layout_engine(None)  # with one, even "none", `savefig` would draw the chart twice
        chart.savefig(file, format="svg", metadata={"Date": None})
    root = _without_namespaces(ElementTree.fromstring(file.getvalue()))
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag in ("metadata", "style"):
                parent.remove(child)
    _rename(root, prefix)
    for element in root.iter():
        _plainer(element)
    for group in root.iter("g"):
        _share_attributes(group)
    _, _, width, height = root.attrib["viewBox"].split()
    root.attrib.clear()
    root.attrib.update(
        {"viewBox": f"0 0 {width} {height}", "width": width, "height": height, "role": "img"}
        | {"aria-labelledby": f"{prefix}-title {prefix}-desc"}
        | {"stroke-linejoin": "round", "stroke-linecap": "butt"}
    )
    for place, (tag, text) in enumerate((("title", title), ("desc", description))):
        label = ElementTree.Element(tag, {"id": f"{prefix}-{tag}"})
        label.text = text
        root.insert(place, label)
    html = ElementTree.tostring(root, encoding="unicode")
    for color, variable in _VARIABLES.items():
        html = html.replace(color, f"var(--{variable})")
    return Markup(html)


def _without_namespaces(root: ElementTree.Element) -> ElementTree.Element:
    """The tree with the names of HTML, without namespaces."""
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
        for name in [name for name in element.attrib if "}" in name]:
            element.attrib[name.rpartition("}")[2]] = element.attrib.pop(name)
    return root


def _rename(root: ElementTree.Element, prefix: str) -> None:
    """Drop the identifiers that nothing refers to, and give the others the prefix."""
    used = {
        name
        for element in root.iter()
        for key, value in element.attrib.items()
        for name in (_REFERENCE.findall(value) if key != "href" else [value.removeprefix("#")])
    }
    new = {name: f"{prefix}-{n}" for n, name in enumerate(sorted(used))}
    for element in root.iter():
        if (name := element.attrib.pop("id", None)) in new:
            element.attrib["id"] = new[str(name)]
        for key, value in element.attrib.items():
            if key == "href":
                element.attrib[key] = "#" + new[value.removeprefix("#")]
            else:
                element.attrib[key] = _REFERENCE.sub(lambda match: f"url(#{new[match[1]]})", value)


def _plainer(element: ElementTree.Element) -> None:
    """Turn styles into attributes, and round numbers to visible digits."""
    style = element.attrib.pop("style", "")
    for part in filter(None, map(str.strip, style.split(";"))):
        name, _, value = part.partition(":")
        if name == "font":
            element.attrib["font-size"] = value.split("px")[0].split()[-1]
        elif name not in _DROPPED_STYLES:
            element.attrib[name] = value.strip()
    for paint in ("fill", "stroke"):
        if element.attrib.get(f"{paint}-opacity") == "0":
            del element.attrib[f"{paint}-opacity"]
            element.attrib[paint] = "none"
    for name, value in element.attrib.items():
        if name not in ("id", "href"):
            element.attrib[name] = _NUMBER.sub(
                lambda match: f"{float(match[0]):.1f}".removesuffix(".0"), value
            )


def _share_attributes(group: ElementTree.Element) -> None:
    """Move the attributes that all points of a group share to the group."""
    points = list(group)
    if len(points) < 3 or any(point.tag != "use" for point in points):
        return
    for name in [name for name in points[0].attrib if name not in ("x", "y", "href")]:
        if len({point.attrib.get(name) for point in points}) == 1:
            group.attrib.setdefault(name, points[0].attrib[name])
            for point in points:
                del point.attrib[name]
