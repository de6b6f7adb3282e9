"""Lesson: underfitting and overfitting on two columns, with the boundary of the decision."""

from __future__ import annotations

from itertools import product

import torch
from matplotlib.figure import Figure
from torch import nn

from netable.learn.lesson import Lesson, Texts
from netable.learn.shown.overfitting import fit, measure, rows
from netable.pages.blocks import Control, Frame, Interactive, Panel
from netable.pages.charts import DASHED, legend, logarithmic, new_axes
from netable.pages.svg import FAINT, INK, SERIES

UNITS, EPOCHS = (0, 2, 8, 64), (5, 20, 60, 200, 800)
LEARNED, HELD_OUT = (60, 1), (1_000, 2)  # rows and seed
_GRID, _X, _Y = 50, (-2.2, 3.2), (-1.8, 2.3)
# The loss and the share right on the rows learned from and on others, by the number of epochs.
Measured = dict[int, tuple[tuple[float, float], tuple[float, float]]]


def figure(words: Texts) -> Interactive:
    """The boundary and the losses of each network after each number of epochs."""
    controls = (
        Control(words.labels[0], list(map(str, UNITS)), is_slider=True, start=2),
        Control(words.labels[1], list(map(str, EPOCHS)), is_slider=True, start=3),
    )
    trained = {units: fit(units, list(EPOCHS)) for units in UNITS}
    measured = {units: _measured(nets) for units, nets in trained.items()}
    frames = [
        _frame(units, epochs, trained[units][epochs], measured[units], words)
        for units, epochs in product(UNITS, EPOCHS)
    ]
    return Interactive(controls, frames, words.figure)


def _measured(nets: dict[int, nn.Module]) -> Measured:
    learned, others = rows(*LEARNED), rows(*HELD_OUT)
    return {epochs: (measure(net, *learned), measure(net, *others)) for epochs, net in nets.items()}


def _frame(units: int, epochs: int, net: nn.Module, measured: Measured, words: Texts) -> Frame:
    (loss, right), (other_loss, other_right) = measured[epochs]
    numbers = f"{loss:.2f}", f"{other_loss:.2f}", f"{right:.0%}", f"{other_right:.0%}"
    caption = words.caption.format(units, epochs, *numbers)
    _, _, boundary, loss_title, *names = words.labels
    panels = [
        Panel(_boundary(net), boundary, caption),
        Panel(_losses(measured, epochs, *names), loss_title, caption),
    ]
    return Frame(panels, caption)


def _boundary(net: nn.Module) -> Figure:
    chart, axes = new_axes("x₁", "x₂", height=290, grid=None)
    x, y = torch.linspace(*_X, _GRID), torch.linspace(*_Y, _GRID)
    with torch.no_grad():
        probability = net(torch.cartesian_prod(x, y)).sigmoid().reshape(_GRID, _GRID).T
    for level, width, dash in ((0.1, 0.8, DASHED), (0.9, 0.8, DASHED), (0.5, 1.6, "solid")):
        axes.contour(x, y, probability, levels=[level], colors=[INK], linewidths=[width], linestyles=[dash])
    points, classes = rows(*LEARNED)
    for value, marker in ((0, "o"), (1, "s")):
        of_class = points[classes[:, 0] == value]
        axes.plot(*of_class.T, marker, color=SERIES[value], ms=4.5, mec="none")
    axes.set_xlim(*_X)
    axes.set_ylim(*_Y)
    return chart


def _losses(measured: Measured, now: int, epoch: str, loss: str, learned: str, held_out: str) -> Figure:
    chart, axes = new_axes(epoch, loss, height=290)
    for place, name in enumerate((learned, held_out)):
        axes.plot(list(measured), [both[place][0] for both in measured.values()], "-o", ms=3.5, label=name)
    axes.axvline(now, color=FAINT, lw=1, ls=DASHED)
    axes.set_ylim(0, 1.5)
    axes.set_xlim(EPOCHS[0] / 1.3, EPOCHS[-1] * 1.3)
    logarithmic(axes, "x")
    legend(axes)
    return chart


LESSON = Lesson("overfitting", figure)
