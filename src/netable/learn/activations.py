"""Lesson: activations and their slopes."""

from __future__ import annotations

from itertools import product

import torch
from matplotlib.figure import Figure

from netable.learn.lesson import Lesson, Texts, signed
from netable.learn.shown.activations import value_and_slope
from netable.pages.blocks import Control, Frame, Interactive, Panel
from netable.pages.charts import DASHED, new_axes
from netable.pages.svg import FAINT, INK, SERIES

NAMES = ("sigmoid", "tanh", "relu", "leaky_relu", "silu", "gelu")
POINTS = (-4.0, -2.0, -1.0, -0.5, 0.5, 1.0, 2.0, 4.0)
REACH = 5.0
# Half the length of the tangent.
_TANGENT = 1.5


def figure(words: Texts) -> Interactive:
    """Value and slope of each activation, with the tangent at a point."""
    controls = (
        Control(words.labels[0], NAMES, is_slider=False),
        Control("x", list(map(signed, POINTS)), is_slider=True, start=5),
    )
    return Interactive(controls, [_frame(name, x, words) for name, x in product(NAMES, POINTS)], words.figure)


def _frame(name: str, x: float, words: Texts) -> Frame:
    (value,), (slope,) = (part.tolist() for part in value_and_slope(name, torch.tensor([x])))
    numbers = (f"{number:.3f}".replace("-", "−") for number in (value, slope))
    caption = words.caption.format(name, signed(x), *numbers)
    xs = torch.linspace(-REACH, REACH, 81)
    values, slopes = value_and_slope(name, xs)
    _, value_title, slope_title = words.labels
    panels = [
        Panel(_value_chart(xs, values, (x, value), slope), value_title, caption),
        Panel(_slope_chart(xs, slopes, (x, slope)), slope_title, caption),
    ]
    return Frame(panels, caption)


def _value_chart(xs: torch.Tensor, ys: torch.Tensor, point: tuple[float, float], slope: float) -> Figure:
    chart, axes = new_axes("x", height=210)
    x, y = point
    axes.plot(xs, ys, color=SERIES[0])
    axes.plot([x - _TANGENT, x + _TANGENT], [y - slope * _TANGENT, y + slope * _TANGENT], color=SERIES[1])
    axes.plot(x, y, "o", color=INK, ms=5)
    axes.set_xlim(-REACH, REACH)
    axes.set_ylim(-1.5, 4.5)
    return chart


def _slope_chart(xs: torch.Tensor, ys: torch.Tensor, point: tuple[float, float]) -> Figure:
    chart, axes = new_axes("x", height=210)
    axes.plot(xs, ys, color=SERIES[1])
    axes.axhline(1, color=FAINT, lw=1, ls=DASHED)
    axes.plot(*point, "o", color=INK, ms=5)
    axes.set_xlim(-REACH, REACH)
    axes.set_ylim(-0.3, 1.3)
    return chart


LESSON = Lesson("activations", figure)
