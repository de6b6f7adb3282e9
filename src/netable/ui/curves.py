"""Losses of a run as the lines of a chart."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from netable.fit.progress_file import Course, Point
from netable.system.wording import number

# Of the drawing, in its own units; the edges hold the labels.
WIDTH, HEIGHT = 640, 260
LEFT, RIGHT, TOP, BOTTOM = 56, 12, 10, 34
# Colours of the style sheet.
COLORS = 6
# Points of a line at most.
_POINTS = 400
# Losses that differ by more than this factor stand on a log scale.
_LOG_FROM = 10.0


@dataclass(frozen=True)
class Line:
    """A line of a chart.

    Attributes
    ----------
    stack : int
        From 1.
    color : int
        From 1.
    is_valid : bool
        Validation losses, not training losses.
    points : str
        As of an SVG polyline.
    """

    stack: int
    color: int
    is_valid: bool
    points: str


@dataclass(frozen=True)
class Chart:
    """Lines and labels; each label is a place and a text."""

    lines: Sequence[Line]
    x_labels: Sequence[tuple[float, str]]
    y_labels: Sequence[tuple[float, str]]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    bottom: int = HEIGHT - BOTTOM


def chart_of(course: Course) -> Chart | None:
    """The chart of the losses so far; None if there are none."""
    series = {
        (stack, is_valid): _thinned(points, is_valid=is_valid)
        for stack, points in sorted(course.stacks.items())
        for is_valid in (False, True)
    }
    losses = [loss for line in series.values() for _, loss in line]
    if not losses:
        return None
    last = max(epoch for line in series.values() for epoch, _ in line)
    low, high = min(losses), max(losses)
    is_log = low > 0 and high / low > _LOG_FROM
    scale = _Scale(low, high, is_log=is_log)
    lines = [
        Line(
            stack + 1,
            stack % COLORS + 1,
            is_valid,
            " ".join(f"{_x(epoch, last):.1f},{scale.y(loss):.1f}" for epoch, loss in points),
        )
        for (stack, is_valid), points in series.items()
        if points
    ]
    epochs = sorted({1, (1 + last) // 2, last})
    return Chart(lines, [(_x(epoch, last), str(epoch)) for epoch in epochs], scale.labels())


def _thinned(points: Sequence[Point], *, is_valid: bool) -> list[tuple[int, float]]:
    """Epochs and losses, some of them where there are many, always with the last."""
    known = [
        (point.epoch, loss)
        for point in points
        if (loss := point.valid_loss if is_valid else point.train_loss) is not None
    ]
    step = -(-len(known) // _POINTS) or 1
    return known[:-1:step] + known[-1:]


def _x(epoch: int, last: int) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * (epoch - 1) / max(last - 1, 1)


class _Scale:
    def __init__(self, low: float, high: float, *, is_log: bool) -> None:
        self._is_log = is_log
        self._low, self._high = self._of(low), self._of(high)
        if self._low == self._high:
            self._low, self._high = self._low - 0.5, self._high + 0.5

    def _of(self, loss: float) -> float:
        return math.log10(loss) if self._is_log else loss

    def y(self, loss: float) -> float:
        """The place of a loss."""
        share = (self._of(loss) - self._low) / (self._high - self._low)
        return HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * share

    def labels(self) -> list[tuple[float, str]]:
        """A label at both ends and between them."""
        places = [self._low, (self._low + self._high) / 2, self._high]
        losses = [10**place if self._is_log else place for place in places]
        return [(self.y(loss), number(loss, 3)) for loss in losses]
