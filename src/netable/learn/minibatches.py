"""Lesson: sizes of minibatches."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from netable.learn.lesson import Lesson, Texts
from netable.learn.shown.minibatches import losses
from netable.pages.blocks import Control, Frame, Interactive, Panel
from netable.pages.charts import new_axes
from netable.pages.svg import SERIES

SIZES, EPOCHS = (4, 16, 64, 190, 569), 20


def figure(words: Texts) -> Interactive:
    """The losses with each size of a batch."""
    controls = (Control(words.labels[0], list(map(str, SIZES)), is_slider=True, start=2),)
    return Interactive(controls, [_frame(size, words) for size in SIZES], words.figure)


def _frame(size: int, words: Texts) -> Frame:
    found = np.array(losses(size, EPOCHS))
    by_epoch = found.reshape(EPOCHS, -1).mean(1)
    numbers = size, len(found) // EPOCHS, f"{len(found):,}", EPOCHS, f"{by_epoch[-1]:.3f}"
    caption = words.caption.format(*numbers)
    _, of_batches, of_epochs, step, epoch, loss = words.labels
    panels = [
        Panel(_chart(found, step, loss), of_batches, caption),
        Panel(_chart(by_epoch, epoch, loss), of_epochs, caption),
    ]
    return Frame(panels, caption)


def _chart(losses: NDArray[Any], name: str, loss: str) -> Figure:
    chart, axes = new_axes(name, loss, height=240)
    few = len(losses) <= EPOCHS
    axes.plot(range(1, len(losses) + 1), losses, color=SERIES[0], lw=1.2, marker="." if few else None)
    axes.set_ylim(0, 1)
    return chart


LESSON = Lesson("minibatches", figure)
