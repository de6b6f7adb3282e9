"""The share of the target that one column determines, from rows that are neighbours when sorted by it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaincinv

from netable.doctor.columns import Explained
from netable.fit.preparation.prepare import Prepared

Ints = NDArray[np.int64]
# More rows would hardly change the result.
SAMPLE = 4000
# The share of neighbours of two different levels up to which they are ignored.
MAY_BE_UNKNOWN = 0.1


@dataclass(frozen=True)
class Sample:
    """Some training rows that differ from each other, and their targets.

    Attributes
    ----------
    rows : (n,)
    targets : (n,) codes of classes, or (n, d_out) ranks of numbers, from 0 to 1
    """

    rows: Ints
    targets: NDArray[Any]

    @classmethod
    def of(cls, prepared: Prepared, distinct: Ints, rng: np.random.Generator) -> Sample:
        """At most SAMPLE of the distinct rows, in random order: so ties in a column are in random order too."""
        rows = rng.permutation(distinct)[:SAMPLE]
        y = prepared.rows.y[rows]
        if prepared.target.task == "regression":
            y = np.stack([_ranks(column) for column in y.T], 1) / max(1, len(rows) - 1)
        return cls(rows, y)

    def of_rows(self, picked: NDArray[np.bool_]) -> Sample:
        """Those of the rows that are marked."""
        return Sample(self.rows[picked], self.targets[picked])

    def explained(self, order: Ints, joins: NDArray[np.bool_]) -> Explained:
        """The share of the target that an order determines: 1 if it follows from the column, 0 if it is unrelated.

        For numbers a coefficient like that of S. Chatterjee (2021), "A New Coefficient of Correlation", JASA 116, but
        of squared differences of ranks; for classes how often neighbours are of one class, beyond chance.

        Parameters
        ----------
        order : (n,)
            The sample's rows as the column sorts them.
        joins : (n - 1,)
            True where two neighbours can be compared: not for two different levels of a category.
        """
        targets = self.targets[order]
        if targets.ndim == 1:
            return _explained_classes(targets, joins)
        if len(targets) < 2 or not joins.any():
            return Explained(0.0, 0.0, len(targets))
        spread = 2 * targets.var(0)
        jumps = np.square(np.diff(targets, axis=0))[joins].mean(0)
        share = float(np.max(1 - jumps / np.where(spread > 0, spread, np.inf))) - _unknown(joins)
        return Explained(share, share, len(targets))


def _ranks(values: NDArray[Any]) -> NDArray[np.float64]:
    """From 0 on; equal values share the mean of their ranks."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    ranks: NDArray[np.float64] = np.cumsum(counts) - (counts + 1) / 2
    return ranks[place]


def _explained_classes(codes: Ints, joins: NDArray[np.bool_]) -> Explained:
    shares = np.bincount(codes) / len(codes)
    by_chance = 1 - float(np.square(shares).sum())
    pairs = len(codes) - 1
    if not by_chance or not pairs:
        return Explained(0.0, 0.0, len(codes))
    apart = float(((codes[1:] != codes[:-1]) & joins).sum())
    if joins.all():
        # Even if each class were one interval of the column, neighbours would differ at its ends.
        apart = max(0.0, apart - ((shares > 0).sum() - 1))
    # The upper limit of a count of rare events, at 99 % (Garwood 1936).
    at_most = float(gammaincinv(apart + 1, 0.99))
    known = max(1, int(joins.sum()))
    share, at_least = (1 - count / known / by_chance - _unknown(joins) for count in (apart, at_most))
    return Explained(share, at_least, len(codes))


def _unknown(joins: NDArray[np.bool_]) -> float:
    """The share of neighbours of two levels beyond those to ignore: if most are, the column explains nothing."""
    return max(0.0, float((~joins).mean()) - MAY_BE_UNKNOWN)
