"""Intervals around predictions, from the errors made on rows that the networks had not seen.

The interval of a row is its prediction and two quantiles of the signed errors of rows with about the same prediction,
with the correction that makes a finite number of rows enough (split and cross-conformal prediction). It asks nothing of
the noise but that new rows come from where the old ones did. *Reference*: J. Lei, M. G'Sell, A. Rinaldo,
R. Tibshirani, L. Wasserman (2018), "Distribution-free predictive inference for regression", Journal of the American
Statistical Association 113.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from netable.errors import ConfigError, DataError
from netable.model.calibration import folds_and_others

Floats = NDArray[np.float64]
COVERAGE = 0.9  # what is asked for if nothing is said
LEAST_COVERAGE, MOST_COVERAGE = 0.5, 0.99
MEASURED = (0.5, 0.8, 0.9, 0.95)
NOT_MEASURED = "its errors were not measured on rows that it had not seen"
FOR_CLASSES = "it predicts classes"
# The shares of rows on one side of an interval whose quantiles are kept; others lie between them.
TAILS = np.arange(1, 51) / 200
_LEVELS = np.arange(1, 101) / 200  # the same and more, up to the median
# As many rows as the widest interval needs, and no more bins than a curve needs.
BIN_ROWS, MOST_BINS = 200, 10
_LEVELLED_ROWS = 20_000
# More rows would move quantiles by less than they differ between bins, and are slow to sort.
ROWS_AT_MOST = 200_000


class _Unit(NamedTuple):
    """Where errors are of more equal size than in the target's own units."""

    there: Callable[[Floats], Floats]
    back: Callable[[Floats], Floats]


_TINY = np.finfo(np.float64).tiny
UNITS = {
    "own": _Unit(lambda y: y, lambda y: y),
    "log": _Unit(lambda y: np.log(np.maximum(y, _TINY)), lambda y: np.exp(np.minimum(y, 700.0))),
    "log1p": _Unit(np.log1p, lambda y: np.maximum(np.expm1(np.minimum(y, 700.0)), 0.0)),
    "root": _Unit(np.sqrt, lambda y: np.square(np.maximum(y, 0.0))),
}


class Errors(NamedTuple):
    """Quantiles of a target's errors, around some predictions.

    Shape
    -----
    centers : (bins,), rising predictions
    low, high : (bins, len(TAILS)), below or above which is a share of errors; NaN where rows are too few to tell
    """

    centers: Floats
    low: Floats
    high: Floats

    def around(self, prediction: Floats, tail: float) -> tuple[Floats, Floats]:
        """The ends of intervals with a share of `tail` on either side, between bins by straight lines."""
        ends = (
            prediction
            + np.interp(prediction, self.centers, [np.interp(tail, TAILS, row) for row in quantiles])
            for quantiles in (self.low, self.high)
        )
        return next(ends), next(ends)

    @property
    def least_tail(self) -> float:
        """The least of TAILS that is known in every bin; infinite if there is none."""
        known = np.isfinite(self.low).all(0) & np.isfinite(self.high).all(0)
        return float(TAILS[known][0]) if known.any() else np.inf


@dataclass(frozen=True)
class Intervals:
    """What is needed for an interval around any prediction of any coverage from 0.5 to 0.99.

    Parameters
    ----------
    errors : tuple of Errors
        For each target; empty if there are none.
    units : tuple of str
        For each target, one of `own`, `log`, `log1p`, `root`: the units of its errors.
    why_none : str
        Why there are none; empty if there are.
    """

    errors: tuple[Errors, ...] = ()
    units: tuple[str, ...] = ()
    why_none: str = ""

    def __post_init__(self) -> None:
        if not self.errors and not self.why_none:
            object.__setattr__(self, "why_none", NOT_MEASURED)

    @classmethod
    def learn(cls, outcome: Floats, y: Floats, weight: Floats, units: tuple[str, ...]) -> Intervals:
        """The intervals that follow from out-of-fold predictions and targets, both (rows, d_out)."""
        counts = np.flatnonzero(weight > 0)
        if len(counts) > ROWS_AT_MOST:  # in no order that a table may have
            counts = np.random.default_rng(0).choice(counts, ROWS_AT_MOST, replace=False)
        found = []
        for unit, prediction, truth in zip(units, outcome[counts].T, y[counts].T, strict=True):
            there = UNITS[unit].there
            found.append(_errors(there(prediction), there(truth), weight[counts]))
        if not all(np.isfinite(errors.least_tail) for errors in found):
            return cls(why_none="too few rows were held out")
        return cls(tuple(found), units)

    @property
    def most_coverage(self) -> float:
        """The greatest coverage that the rows are enough for; 0 if there are no intervals."""
        tail = max((errors.least_tail for errors in self.errors), default=0.5)
        return round(min(MOST_COVERAGE, 1 - 2 * tail), 3)

    def check(self, coverage: float) -> None:
        """Refuse a coverage that cannot be had.

        Raises
        ------
        DataError
            If the model has no intervals, or not of this coverage.
        ConfigError
            If the coverage is no number, or out of bounds.
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
        """The lower and the upper ends: each as `outcome`, (rows, d_out).

        Raises
        ------
        UserError
            As `check`.
        """
        self.check(coverage)
        lower, upper = np.empty_like(outcome), np.empty_like(outcome)
        # 1 - 0.95 is a little more than 0.05.
        tail = max(round((1 - coverage) / 2, 12), max(errors.least_tail for errors in self.errors))
        for i, (errors, name) in enumerate(zip(self.errors, self.units, strict=True)):
            unit = UNITS[name]
            low, high = errors.around(unit.there(outcome[:, i]), tail)
            lower[:, i], upper[:, i] = unit.back(low), unit.back(high)
        return lower, upper


def measure(intervals: Intervals, outcome: Floats, y: Floats, weight: Floats) -> dict[str, Any]:
    """The share of targets within intervals, and their mean width, by coverage; lists for several targets."""
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
    for own, others in folds_and_others(fold, in_order=in_order):
        intervals = Intervals.learn(outcome[others], y[others], weight[others], units)
        for coverage in _measurable(intervals):
            hits[coverage][:, own] = _hits(intervals, outcome[own], y[own], coverage)
    return _summary(weight, hits)


def _measurable(intervals: Intervals) -> list[float]:
    return [c for c in MEASURED if c <= intervals.most_coverage + 1e-9]


def _hits(intervals: Intervals, outcome: Floats, y: Floats, coverage: float) -> Floats:
    """Whether each target is within its interval, and how wide that is: (2, rows, d_out)."""
    lower, upper = intervals.around(outcome, coverage)
    return np.stack([((lower <= y) & (y <= upper)).astype(np.float64), upper - lower])


def _summary(weight: Floats, hits: dict[float, Floats]) -> dict[str, Any]:
    found = {}
    for coverage, values in hits.items():
        judged = ~np.isnan(values[0, :, 0]) & (weight > 0)
        if judged.any():
            means = np.average(values[:, judged], axis=1, weights=weight[judged])
            shares, widths = (row[0] if len(row) == 1 else row for row in means.tolist())
            found[f"{coverage:g}"] = {"coverage": shares, "mean_width": widths}
    return found


def _errors(prediction: Floats, truth: Floats, weight: Floats) -> Errors:
    """Errors in bins of the prediction, as many as have rows enough for the widest interval."""
    order = np.argsort(prediction, kind="stable")
    prediction, error, weight = prediction[order], (truth - prediction)[order], weight[order]
    for n_bins in range(max(1, min(MOST_BINS, len(order) // BIN_ROWS)), 0, -1):
        bins = np.array_split(np.arange(len(order)), n_bins)
        centers = np.array([np.median(prediction[rows]) if len(rows) else 0.0 for rows in bins])
        low, high = (
            np.array([_low_quantiles(sign * error[rows], weight[rows]) for rows in bins]) for sign in (1, -1)
        )
        if n_bins > 1 and (np.isnan([low, high]).any() or not (np.diff(centers) > 0).all()):
            continue
        if n_bins > 1:
            low = _levelled(prediction, error, weight, centers, low)
            high = _levelled(prediction, -error, weight, centers, high)
        return Errors(centers, low[:, : len(TAILS)], -high[:, : len(TAILS)])
    raise AssertionError("one bin is always possible")


def _levelled(prediction: Floats, error: Floats, weight: Floats, centers: Floats, low: Floats) -> Floats:
    """Quantiles in bins, moved to levels at which the lines between them have the share of rows below that they claim.

    Where noise grows as a curve does, straight lines run above it.
    """
    some = slice(None, None, -(-len(error) // _LEVELLED_ROWS))  # rows are in order of their predictions
    prediction, error, weight = prediction[some], error[some], weight[some]
    new = _weight_to_come(weight)
    # Not a product of matrices: its threads, for so little, wait on each other whenever a core is busy.
    quantiles = (np.interp(prediction, centers, column) for column in low.T)
    below = np.array([np.where(error < quantile, weight, 0.0).sum() for quantile in quantiles])
    shares = np.maximum.accumulate((below + new) / (weight.sum() + new))
    # Of levels that have the same share, the one farthest from what is claimed would be a leap: the mean instead.
    distinct, place = np.unique(shares, return_inverse=True)
    levels = np.bincount(place, _LEVELS) / np.bincount(place)
    return np.array([np.interp(np.interp(_LEVELS, distinct, levels), _LEVELS, row) for row in low])


def _low_quantiles(error: Floats, weight: Floats) -> Floats:
    """For each of _LEVELS, the greatest error below which a new row's falls with no more than that probability.

    With n rows of equal weight it is the ⌊(n + 1) · tail⌋-th smallest error.
    """
    if not len(error):
        return np.full(len(_LEVELS), np.nan)
    order = np.argsort(error)
    total, new = weight.sum(), _weight_to_come(weight)
    below = new + weight[order].cumsum() - weight[order]
    place = np.searchsorted(below, _LEVELS * (total + new) * (1 + 1e-9), side="right") - 1
    found: Floats = np.where(place >= 0, error[order][place.clip(0)], np.nan)
    return found


def _weight_to_come(weight: Floats) -> float:
    """What the row that an interval is for counts, which might have the least error of all."""
    return float(np.square(weight).sum() / weight.sum())
