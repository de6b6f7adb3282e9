"""What a model keeps of its training rows, to tell rows that are unlike them; no row itself."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from netable.config.codes import MISSING
from netable.model.guard.joint import PARTS, Joint
from netable.model.guard.layout import Layout
from netable.model.guard.scales import Scales, share_missing
from netable.system.brief import brief
from netable.table.encode import Encoded, Encoder

if TYPE_CHECKING:  # it loads torch
    from netable.model.guard.judged import Judged

Floats = NDArray[np.float64]
# More rows hardly change quantiles and correlations; ranges, gaps and levels are those of all rows.
MOST_ROWS = 20_000
# The share of fresh rows of the same source that may be called unusual for numbers far beyond the range, and as many
# again for columns that do not go together.
UNUSUAL_SHARE = 0.005
# A level that was never seen is unusual in a column where at most this share of fresh rows has one.
RARELY_NEW = 0.001


@dataclass(frozen=True)
class Reference:
    """The distribution of each column in training, their correlations, and how far fresh rows lie from these.

    Attributes
    ----------
    layout : Layout
    rows, sampled : int
        Training rows, and those of them that `scales`, `joint` and the limits were learned from.
    scales : Scales
        Of the columns on a scale.
    levels : (codes of all categories,), float32
        The share of rows with each code: of each category missing, never seen (0), and its levels.
    joint : Joint
    distances : Scales
        Of the distances of training rows by `joint`, each by those of other rows.
    reach : float
        How far beyond the range of training a number usually lies at most, in distances of that end to the median.
    limit : float
        The greatest usual distance by `joint`.
    judged : Judged or None
        Of predictions and errors; None if no members of the model judged training rows.
    """

    layout: Layout
    rows: int
    sampled: int
    scales: Scales
    levels: NDArray[np.float32]
    joint: Joint
    distances: Scales
    reach: float
    limit: float
    judged: Judged | None = None

    __repr__ = brief

    @classmethod
    def learn(cls, encoder: Encoder, encoded: Encoded, judged: Judged | None = None) -> Reference:
        """The reference of training rows, in any order; one row at least."""
        layout, n_rows = Layout.of(encoder), len(encoded.numbers)
        levels = _shares(layout, encoded)
        step = -(-n_rows // MOST_ROWS)
        some = encoded.take(slice(None, None, step))
        scales = Scales.learn(layout.of_scales(some))
        scales = scales._replace(missing=share_missing(layout.of_scales(encoded)))
        joint, distances = Joint.learn(layout, scales, levels, some)
        return cls(
            layout,
            n_rows,
            len(some.codes),
            scales,
            levels,
            joint,
            Scales.learn(distances[:, None].astype(np.float32)),
            reach=max(0.0, _usual_limit(_excess_over_other_parts(layout, scales, some))),
            limit=_usual_limit(distances),
            judged=judged,
        )

    @cached_property
    def missing(self) -> Floats:
        """The share of training rows without a value: (columns on a scale, then categories)."""
        gaps = self.levels[self.layout.starts[:-1] + MISSING]
        return np.concatenate([self.scales.missing, gaps]).astype(np.float64)

    @cached_property
    def singles(self) -> NDArray[np.int64]:
        """The number of levels in a single training row, of each category.

        Fresh rows have a new level about as often as training rows have one of these (Good 1953).
        """
        is_single = np.rint(self.levels * self.rows) == 1
        before = np.concatenate([[0], np.cumsum(is_single)])
        return np.diff(before[self.layout.starts])

    def excess(self, encoded: Encoded) -> Floats:
        """How far each number is beyond the range of training, as of `reach`; negative within: (rows, scales)."""
        numbers = self.layout.of_scales(encoded)
        low, high = self.layout.ends(numbers.dtype)
        return _excess(numbers, low, high, self.scales.middle)

    def distance(self, encoded: Encoded) -> Floats:
        """The distance of each row by `joint`: (rows,)."""
        return self.joint.distances(self.layout, self.scales, self.levels, encoded)

    def oddest(self, encoded: Encoded) -> list[str]:
        """For each row the column that goes with the others least."""
        return self.joint.oddest(self.layout, self.scales, self.levels, encoded)


def _shares(layout: Layout, encoded: Encoded) -> NDArray[np.float32]:
    sizes = np.diff(layout.starts).tolist()
    columns = layout.of_categories(encoded).T
    counts = [np.bincount(codes, minlength=size) for codes, size in zip(columns, sizes, strict=True)]
    shares = np.concatenate([np.empty(0), *counts]) / len(encoded.codes)
    return np.asarray(shares, np.float32)


def _excess(
    numbers: NDArray[np.floating],
    low: NDArray[np.floating],
    high: NDArray[np.floating],
    middle: NDArray[np.floating],
) -> Floats:
    numbers, low, high, middle = (part.astype(np.float64) for part in (numbers, low, high, middle))
    with np.errstate(over="ignore", invalid="ignore"):
        whole = np.where(high > low, high - low, np.inf)  # one value shows no width
        below = np.where(middle > low, middle - low, whole)
        above = np.where(high > middle, high - middle, whole)
        excess: Floats = np.maximum((low - numbers) / below, (numbers - high) / above)
    return np.nan_to_num(excess, nan=-np.inf)


def _excess_over_other_parts(layout: Layout, scales: Scales, encoded: Encoded) -> Floats:
    """How far each row is beyond the range of the other parts of the rows, in its farthest number: (rows,)."""
    numbers = layout.of_scales(encoded)[:, ~layout.are_times]
    middle = scales.middle[~layout.are_times]
    farthest = np.full(len(numbers), -np.inf)
    parts = [numbers[part::PARTS] for part in range(PARTS)]
    low = np.stack([np.nanmin(part, axis=0, initial=np.inf) for part in parts])
    high = np.stack([np.nanmax(part, axis=0, initial=-np.inf) for part in parts])
    for part, held in enumerate(parts):
        others = np.arange(PARTS) != part
        excess = _excess(held, low[others].min(0), high[others].max(0), middle)
        farthest[part::PARTS] = excess.max(1, initial=-np.inf)
    return farthest


def _usual_limit(values: Floats) -> float:
    """The value that at most UNUSUAL_SHARE of fresh ones exceed; too few show only their greatest, which is doubled."""
    place = int(np.ceil((len(values) + 1) * (1 - UNUSUAL_SHARE)))
    if place > len(values):
        return 2 * max(0.0, float(values.max()))
    return float(np.partition(values, place - 1)[place - 1])
