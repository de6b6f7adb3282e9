"""Lesson: a neuron of two inputs."""

from __future__ import annotations

from itertools import product

import torch
from matplotlib.figure import Figure

from netable.learn.lesson import Lesson, Texts, signed
from netable.learn.shown.neuron import neuron, output
from netable.pages.blocks import Control, Frame, Interactive, Panel
from netable.pages.charts import new_axes
from netable.pages.svg import INK, SERIES

WEIGHTS, BIASES, SECOND = (-3.0, -1.0, 0.0, 1.0, 3.0), (-2.0, -1.0, 0.0, 1.0, 2.0), 2.0
LEVELS = (0.1, 0.25, 0.5, 0.75, 0.9)
SIDE = 2.0
# The point whose output is told.
POINT = (1.0, 0.5)


def figure(words: Texts) -> Interactive:
    """The lines of equal output for each weight and bias."""
    controls = (
        Control("w₁", list(map(signed, WEIGHTS)), is_slider=True, start=3),
        Control("b", list(map(signed, BIASES)), is_slider=True, start=2),
    )
    return Interactive(controls, [_frame(w, b, words) for w, b in product(WEIGHTS, BIASES)], words.figure)


def _frame(weight: float, bias: float, words: Texts) -> Frame:
    x1, x2 = POINT
    values = (x1, x2, weight, x1, SECOND, x2, bias, weight * x1 + SECOND * x2 + bias)
    told = output(neuron([weight, SECOND], bias), x1, x2)
    caption = words.caption.format(*map(signed, values), f"{told:.3f}")
    return Frame([Panel(_chart(weight, bias), words.labels[0], caption)], caption)


def _chart(weight: float, bias: float) -> Figure:
    chart, axes = new_axes("x₁", "x₂", height=300)
    side = torch.linspace(-SIDE, SIDE, 41)
    points = torch.cartesian_prod(side, side)  # the second input changes fastest
    with torch.no_grad():
        outputs = neuron([weight, SECOND], bias)(points).reshape(len(side), len(side)).T
    colors = [SERIES[0] if level >= 0.5 else SERIES[1] for level in LEVELS]
    widths = [2.4 if level == 0.5 else 1.0 for level in LEVELS]
    lines = axes.contour(side, side, outputs, levels=LEVELS, colors=colors, linewidths=widths)
    axes.clabel(lines, fmt="%g", fontsize=9)
    axes.plot(*POINT, "o", color=INK, ms=5)
    return chart


LESSON = Lesson("neuron", figure)
