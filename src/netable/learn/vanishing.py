"""Lesson: vanishing gradients, by depth and activation."""

from __future__ import annotations

from itertools import product

from matplotlib.figure import Figure

from netable.learn.lesson import Lesson, Texts
from netable.learn.shown.vanishing import gradients
from netable.pages.blocks import Control, Frame, Interactive, Panel
from netable.pages.charts import FittingLocator, logarithmic, new_axes
from netable.pages.page import shown
from netable.pages.svg import SERIES

NAMES, DEPTHS = ("sigmoid", "tanh", "relu", "leaky_relu"), (2, 4, 6, 8, 12)
_LEAST, _MOST = 1e-12, 10.0


def figure(words: Texts) -> Interactive:
    """The gradients of the layers for each activation and depth."""
    controls = (
        Control(words.labels[0], NAMES, is_slider=False),
        Control(words.labels[1], list(map(str, DEPTHS)), is_slider=True, start=3),
    )
    frames = [_frame(name, depth, words) for name, depth in product(NAMES, DEPTHS)]
    return Interactive(controls, frames, words.figure)


def _frame(name: str, depth: int, words: Texts) -> Frame:
    lengths = gradients(name, depth)
    caption = words.caption.format(depth, name, shown(lengths[0] / lengths[-1], 2))
    _, _, title, layer, length = words.labels
    return Frame([Panel(_chart(lengths, layer, length), title, caption)], caption)


def _chart(lengths: list[float], layer: str, length: str) -> Figure:
    chart, axes = new_axes(layer, length, height=270)
    axes.plot(range(1, len(lengths) + 1), lengths, "-o", color=SERIES[0], ms=4)
    axes.set_xlim(0.5, max(DEPTHS) + 0.5)
    axes.set_ylim(_LEAST, _MOST)
    logarithmic(axes)
    axes.xaxis.set_major_locator(FittingLocator(integer=True))
    return chart


LESSON = Lesson("vanishing", figure)
