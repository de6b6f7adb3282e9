"""Lesson: gradient descent with each optimizer in a narrow valley."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import torch
from matplotlib.figure import Figure
from numpy.typing import NDArray

from netable.learn.lesson import Lesson, Texts
from netable.learn.shown.optimizers import Valley, path
from netable.pages.blocks import Control, Frame, Interactive, Panel
from netable.pages.charts import logarithmic, new_axes
from netable.pages.page import shown
from netable.pages.svg import GRID, INK, SERIES

NAMES = ("sgd", "momentum", "rmsprop", "adam", "adamw")
RATES = (0.003, 0.01, 0.03, 0.09, 0.3)
REACH = 3.0
_LEVELS = (0.1, 0.5, 1.5, 4.0, 9.0)
_LEAST, _MOST = 1e-4, 1e4


def figure(words: Texts) -> Interactive:
    """The path and the loss of each optimizer, for each learning rate."""
    controls = (
        Control(words.labels[0], NAMES, is_slider=False),
        Control(words.labels[1], [f"{lr:g}" for lr in RATES], is_slider=True, start=2),
    )
    return Interactive(
        controls, [_frame(name, lr, words) for name, lr in product(NAMES, RATES)], words.figure
    )


def losses(places: torch.Tensor) -> NDArray[np.float64]:
    """The loss at each of the places, (n, 2)."""
    valley, found = Valley(), []
    with torch.no_grad():
        for place in places:
            valley.weight.copy_(place)
            found.append(valley().item())
    return np.array(found)


def _frame(name: str, lr: float, words: Texts) -> Frame:
    places = path(name, lr)
    loss = losses(places)
    first, last = (shown(float(value), 2) for value in loss[[0, -1]])
    caption = words.caption.format(name, f"{lr:g}", first, last, len(loss) - 1)
    _, _, path_title, loss_title, step, loss_name = words.labels
    panels = [
        Panel(_path_chart(places.numpy()), path_title, caption),
        Panel(_loss_chart(loss, step, loss_name), loss_title, caption),
    ]
    return Frame(panels, caption)


def _path_chart(places: NDArray[Any]) -> Figure:
    chart, axes = new_axes("a", "b", height=260, grid=None)
    angle = np.linspace(0, 2 * np.pi, 60)
    for level in _LEVELS:  # (20 a² + b²) / 2
        axes.plot(np.sqrt(level / 10) * np.cos(angle), np.sqrt(2 * level) * np.sin(angle), color=GRID, lw=1)
    inside = places.clip(-3 * REACH, 3 * REACH)
    axes.plot(*inside.T, "-o", color=SERIES[0], lw=1, ms=2.6)
    axes.plot(*places[0], "o", color=INK, ms=5)
    axes.plot(0, 0, "+", color=INK, ms=9)
    axes.set_xlim(-REACH, REACH)
    axes.set_ylim(-REACH, REACH)
    return chart


def _loss_chart(loss: NDArray[np.float64], step: str, name: str) -> Figure:
    chart, axes = new_axes(step, name, height=260)
    axes.plot(loss.clip(_LEAST, 10 * _MOST), color=SERIES[0])
    axes.set_ylim(_LEAST, _MOST)
    logarithmic(axes)
    return chart


LESSON = Lesson("optimizers", figure)
