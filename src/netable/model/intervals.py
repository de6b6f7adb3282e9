"""Prediction intervals from out-of-fold errors (split and cross-conformal prediction).

The interval of a row is its prediction plus two quantiles of the signed errors of rows with similar predictions, with
the finite-sample correction. It assumes nothing of the noise but that new rows have the distribution of the old ones.
*Reference*: J. Lei, M. G'Sell, A. Rinaldo, R. Tibshirani, L. Wasserman (2018), "Distribution-free predictive inference
for regression", Journal of the American Statistical Association 113.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from netable.errors import ConfigError, DataError
from netable.model.folds import folds_and_others
from netable.system.brief import brief

Floats = NDArray[np.float64]
COVERAGE = 0.9  # default
LEAST_COVERAGE, MOST_COVERAGE = 0.5, 0.99
MEASURED = (0.5, 0.8, 0.9, 0.95)
NOT_MEASURED = "its errors were not measured on rows that it had not seen"
FOR_CLASSES = "it predicts classes"
# Shares of rows on one side of an interval whose quantiles are stored; others are interpolated.
TAILS = np.arange(1, 51) / 200
_LEVELS = np.arange(1, 101) / 200  # the same and more, up to the median
# Rows in a bin, enough for the widest interval; and bins at most.
BIN_ROWS, MOST_BINS = 200, 10
_LEVELLED_ROWS = 20_000
# More rows change quantiles by less than bins differ, and are slow to sort.
ROWS_AT_MOST = 200_000


class _Unit(NamedTuple):
    """A transform of the target after which errors are of more equal size."""

    forward: Callable[[Floats], Floats]
    back: Callable[[Floats], Floats]


_TINY = np.finfo(np.float64).tiny
UNITS = {
    "own": _Unit(lambda y: y, lambda y: y),
    "log": _Unit(lambda y: np.log(np.maximum(y, _TINY)), lambda y: np.exp(np.minimum(y, 700.0))),
    "log1p": _Unit(np.log1p, lambda y: np.maximum(np.expm1(np.minimum(y, 700.0)), 0.0)),
    "root": _Unit(np.sqrt, lambda y: np.square(np.maximum(y, 0.0))),
}


class Errors(NamedTuple):
    """Quantiles of a target's errors, by prediction.

    Shape
    -----
    centers : (bins,), increasing predictions
    low, high : (bins, len(TAILS)), with a share of errors below or above; NaN where rows are too few
    """

    centers: Floats
    low: Floats
    high: Floats

    def __repr__(self) -> str:
        return brief(self)

    def at(self, tail: float) -> tuple[Floats, Floats]:
        """Errors at the centers with a share of `tail` below and above: twice (bins,)."""
        low, high = (
            np.array([np.interp(tail, TAILS, row) for row in quantiles])
            for quantiles in (self.low, self.high)
        )
        return low, high

    @property
    def least_tail(self) -> float:
        """The least of TAILS with a quantile in every bin; infinite if there is none."""
        known = np.isfinite(self.low).all(0) & np.isfinite(self.high).all(0)
        return float(TAILS[known][0]) if known.any() else np.inf


class Ends(NamedTuple):
    """The ends of one target's intervals: what they add to predictions, linear between centers, constant beyond.

    Shape
    -----
    centers, low, high : (bins,), after the transform of `UNITS` that is called `unit`
    """

    unit: str
    centers: Floats
    low: Floats
    high: Floats

    def around(self, prediction: Floats) -> tuple[Floats, Floats]:
        """The ends for some predictions, in the target's own units."""
        unit = UNITS[self.unit]
        value = unit.forward(prediction)
        lower, upper = (
            unit.back(value + np.interp(value, self.centers, end)) for end in (self.low, self.high)
        )
        return lower, upper


@dataclass(frozen=True)
class Intervals:
    """Error quantiles, for intervals of any coverage from 0.5 to 0.99 around any prediction.

    Parameters
    ----------
    errors : tuple of Errors
        For each target; empty if there are none.
    units : tuple of str
        For each target, one of `own`, `log`, `log1p`, `root`: the transform for its errors.
    why_none : str
        Why there are none; empty if there are.
    """

    errors: tuple[Errors, ...] = ()
    units: tuple[str, ...] = ()
    why_none: str = ""

    __repr__ = brief

    def __post_init__(self) -> None:
        if not self.errors and not self.why_none:
            object.__setattr__(self, "why_none", NOT_MEASURED)

    @classmethod
    def learn(cls, outcome: Floats, y: Floats, weight: Floats, units: tuple[str, ...]) -> Intervals:
        """Intervals from out-of-fold predictions and targets, both (rows, d_out)."""
        counts = np.flatnonzero(weight > 0)
        if len(counts) > ROWS_AT_MOST:  # at random, because tables may be sorted
            counts = np.random.default_rng(0).choice(counts, ROWS_AT_MOST, replace=False)
        learned = []
        for unit, prediction, truth in zip(units, outcome[counts].T, y[counts].T, strict=True):
            forward = UNITS[unit].forward
            learned.append(_errors(forward(prediction), forward(truth), weight[counts]))
        if not all(np.isfinite(errors.least_tail) for errors in learned):
            return cls(why_none="too few rows were held out")
        return cls(tuple(learned), units)

    @property
    def most_coverage(self) -> float:
        """The greatest coverage for which there are enough rows; 0 if there are no intervals."""
        tail = max((errors.least_tail for errors in self.errors), default=0.5)
        return round(min(MOST_COVERAGE, 1 - 2 * tail), 3)

    def check(self, coverage: float) -> None:
        """Refuse a coverage that these intervals do not have.

        Raises
        ------
        DataError
            If the model has no intervals, or not of this coverage.
        ConfigError
            If the coverage is not a number, or out of bounds.
        """
        if self.why_none:
            raise DataError(f"This model has no intervals: {self.why_none}.")
        if isinstance(coverage, bool) or not hasattr(coverage, "__float__"):
            raise ConfigError(f"The coverage of an interval must be a number; got {coverage!r}.")
        if not LEAST_COVERAGE <= coverage <= MOST_COVERAGE:
            raise ConfigError(
                f"The coverage of an interval must be between {LEAST_COVERAGE} and {MOST_COVERAGE}; got {coverage!r}."
            )
        if coverage > self.most_coverage + 1e-9:
            raise DataError(
                f"Too few rows were held out in training for a coverage of {coverage:g}; "
                f"ask for at most {self.most_coverage:g}."
            )

    def around(self, outcome: Floats, coverage: float) -> tuple[Floats, Floats]:
        """Lower and upper ends, each of the shape of `outcome`, (rows, d_out).

        Raises
        ------
        UserError
            As `check`.
        """
        lower, upper = np.empty_like(outcome), np.empty_like(outcome)
        for i, ends in enumerate(self.ends(coverage)):
            lower[:, i], upper[:, i] = ends.around(outcome[:, i])
        return lower, upper

    def ends(self, coverage: float) -> list[Ends]:
        """The ends of each target's intervals; raises as `check`."""
        self.check(coverage)
        # 1 - 0.95 is a little more than 0.05.
        tail = max(round((1 - coverage) / 2, 12), max(errors.least_tail for errors in self.errors))
        return [
            Ends(unit, errors.centers, *errors.at(tail))
            for errors, unit in zip(self.errors, self.units, strict=True)
        ]


def measure(intervals: Intervals, outcome: Floats, y: Floats, weight: Floats) -> dict[str, Any]:
    """Share of targets within intervals and mean width, by coverage; lists for several targets."""
    return _summary(weight, {c: _hits(intervals, outcome, y, c) for c in _measurable(intervals)})


def cross_measure(
    outcome: Floats,
    y: Floats,
    weight: Floats,
    fold: NDArray[Any],
    units: tuple[str, ...],
    *,
    in_order: bool = False,
) -> dict[str, Any]:
    """As `measure`, with intervals for each fold from the others, or, with `in_order`, from earlier ones only."""
    hits = {c: np.full((2, *y.shape), np.nan) for c in MEASURED}
    for rows, others in folds_and_others(fold, in_order=in_order):
        intervals = Intervals.learn(outcome[others], y[others], weight[others], units)
        for coverage in _measurable(intervals):
            hits[coverage][:, rows] = _hits(intervals, outcome[rows], y[rows], coverage)
    return _summary(weight, hits)


def _measurable(intervals: Intervals) -> list[float]:
    return [c for c in MEASURED if c <= intervals.most_coverage + 1e-9]


def _hits(intervals: Intervals, outcome: Floats, y: Floats, coverage: float) -> Floats:
    """1 for targets within their interval, and widths: (2, rows, d_out)."""
    lower, upper = intervals.around(outcome, coverage)
    return np.stack([((lower <= y) & (y <= upper)).astype(np.float64), upper - lower])


def _summary(weight: Floats, hits: dict[float, Floats]) -> dict[str, Any]:
    summary = {}
    for coverage, values in hits.items():
        judged = ~np.isnan(values[0, :, 0]) & (weight > 0)
        if judged.any():
            means = np.average(values[:, judged], axis=1, weights=weight[judged])
            shares, widths = (row[0] if len(row) == 1 else row for row in means.tolist())
            summary[f"{coverage:g}"] = {"coverage": shares, "mean_width": widths}
    return summary


def _errors(prediction: Floats, truth: Floats, weight: Floats) -> Errors:
    """Errors in the greatest number of bins that each have enough rows for the widest interval."""
    order = np.argsort(prediction, kind="stable")
    prediction, error, weight = prediction[order], (truth - prediction)[order], weight[order]
    n_bins = max(1, min(MOST_BINS, len(order) // BIN_ROWS))
    while True:
        bins = np.array_split(np.arange(len(order)), n_bins)
        centers = np.array([np.median(prediction[rows]) if len(rows) else 0.0 for rows in bins])
        low, high = (
            np.array([_low_quantiles(sign * error[rows], weight[rows]) for rows in bins]) for sign in (1, -1)
        )
        if n_bins == 1 or (not np.isnan([low, high]).any() and (np.diff(centers) > 0).all()):
            break
        n_bins -= 1
    if n_bins > 1:
        low = _levelled(prediction, error, weight, centers, low)
        high = _levelled(prediction, -error, weight, centers, high)
    return Errors(centers, low[:, : len(TAILS)], -high[:, : len(TAILS)])


def _levelled(prediction: Floats, error: Floats, weight: Floats, centers: Floats, low: Floats) -> Floats:
    """Quantiles in bins, at levels for which the share of rows below the lines between bins is the nominal one.

    Where the size of the noise is a convex function of the prediction, lines between bins are above it.
    """
    some = slice(None, None, -(-len(error) // _LEVELLED_ROWS))  # rows are in order of their predictions
    prediction, error, weight = prediction[some], error[some], weight[some]
    new = _weight_to_come(weight)
    # Not a matrix product, whose threads wait for each other whenever a core is busy.
    quantiles = (np.interp(prediction, centers, column) for column in low.T)
    below = np.array([np.where(error < quantile, weight, 0.0).sum() for quantile in quantiles])
    shares = np.maximum.accumulate((below + new) / (weight.sum() + new))
    # Levels with the same share are averaged; any one of them would be a jump.
    distinct, index = np.unique(shares, return_inverse=True)
    levels = np.bincount(index, _LEVELS) / np.bincount(index)
    return np.array([np.interp(np.interp(_LEVELS, distinct, levels), _LEVELS, row) for row in low])


def _low_quantiles(error: Floats, weight: Floats) -> Floats:
    """For each of _LEVELS, the greatest error with at most that probability for a new row to have a smaller one.

    With n rows of equal weight it is the ⌊(n + 1) · tail⌋-th smallest error.
    """
    if not len(error):
        return np.full(len(_LEVELS), np.nan)
    order = np.argsort(error)
    total, new = weight.sum(), _weight_to_come(weight)
    below = new + weight[order].cumsum() - weight[order]
    index = np.searchsorted(below, _LEVELS * (total + new) * (1 + 1e-9), side="right") - 1
    quantiles: Floats = np.where(index >= 0, error[order][index.clip(0)], np.nan)
    return quantiles


def _weight_to_come(weight: Floats) -> float:
    """Weight of the new row, whose error may be the least of all."""
    return float(np.square(weight).sum() / weight.sum())
