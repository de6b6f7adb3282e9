"""How well one column alone determines the target, from rows that are neighbours in it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaincinv
from scipy.stats import rankdata

from netable.doctor.columns import Explained
from netable.fit.preparation.prepare import Prepared

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
# More rows would hardly change what is said of a column.
SAMPLE = 4000
# The share of neighbours that are of two levels of a category, up to which they are passed over.
MAY_BE_UNKNOWN = 0.1


@dataclass(frozen=True)
class Sample:
    """Some training rows that differ from each other, and their targets as it takes to compare neighbours.

    Attributes
    ----------
    rows : (n,)
    codes : (n,) of classes, or None
    ranks : (n, d_out) of numbers, from 0 to 1; or None
    """

    rows: Ints
    codes: Ints | None
    ranks: Floats | None

    @classmethod
    def of(cls, prepared: Prepared, distinct: Ints, rng: np.random.Generator) -> Sample:
        """At most SAMPLE of the distinct rows, in random order: so ties in a column are in random order too."""
        rows = rng.permutation(distinct)[:SAMPLE]
        y = prepared.rows.y[rows]
        if prepared.target.task != "regression":
            return cls(rows, y, None)
        return cls(rows, None, (rankdata(y, axis=0) - 1) / max(1, len(rows) - 1))

    def explained(self, order: Ints, joins: NDArray[np.bool_]) -> Explained:
        """The share of the target that an order determines: 1 if it follows from the column, 0 if it is unrelated.

        For numbers a coefficient in the manner of S. Chatterjee (2021), "A New Coefficient of Correlation", JASA 116,
        of squares of ranks; for classes how often neighbours are of one class, beyond chance. The predicted
        row itself is left out.

        Parameters
        ----------
        order : (n,)
            The sample's rows as the column sorts them.
        joins : (n - 1,)
            Which neighbours are comparable: not two different levels of a category.
        """
        if self.codes is not None:
            return _explained_classes(self.codes[order], joins)
        assert self.ranks is not None
        sorted_ranks = self.ranks[order]
        spread = 2 * sorted_ranks.var(0)
        jumps = np.where(joins[:, None], np.square(np.diff(sorted_ranks, axis=0)), spread)
        share = (
            float(np.max(1 - jumps.mean(0) / np.where(spread > 0, spread, np.inf))) if len(order) > 1 else 0.0
        )
        return Explained(share, share, len(order))


def _explained_classes(codes: Ints, joins: NDArray[np.bool_]) -> Explained:
    shares = np.bincount(codes) / len(codes)
    by_chance = 1 - float(np.square(shares).sum())
    pairs = len(codes) - 1
    if not by_chance or not pairs:
        return Explained(0.0, 0.0, len(codes))
    apart = float(((codes[1:] != codes[:-1]) & joins).sum())
    if joins.all():
        # Even if each class were one stretch of the column, neighbours would differ where the next begins.
        apart = max(0.0, apart - ((shares > 0).sum() - 1))
    # Where one level ends nothing is compared; but where that is the rule, the column tells nothing.
    unknown = by_chance * max(0.0, (~joins).sum() - MAY_BE_UNKNOWN * pairs)
    # No more than this many in 99 of 100 tables: the upper end for a count of rare events (Garwood 1936).
    at_most = float(gammaincinv(apart + 1, 0.99))
    known = max(1, int(joins.sum()))
    share, at_least = (
        1 - count / known / by_chance - unknown / pairs / by_chance for count in (apart, at_most)
    )
    return Explained(share, at_least, len(codes))
