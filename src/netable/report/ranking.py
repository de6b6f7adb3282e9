"""How well a score ranks the rows of a class above all others."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Ranking:
    """Rows of a class, and others, among those that are picked at each threshold: sums of weights, from 0 up.

    Attributes
    ----------
    true, false : (1 + distinct scores,)
    """

    true: Floats
    false: Floats

    @classmethod
    def of(cls, truth: NDArray[np.bool_], score: Floats, weight: Floats) -> Ranking:
        """The rows by falling score, both kinds of which have some weight; those of equal scores are picked together.

        Parameters
        ----------
        truth, score, weight : (rows,)
        """
        counts = weight > 0
        truth, score, weight = truth[counts], score[counts], weight[counts]
        _, place = np.unique(-score, return_inverse=True)
        picked = (np.cumsum(np.bincount(place, weight * kind)) for kind in (truth, ~truth))
        return cls(*(np.concatenate([[0.0], sums]) for sums in picked))

    def roc(self) -> tuple[Floats, Floats]:
        """False and true positive rates, from 0 to 1."""
        return self.false / self.false[-1], self.true / self.true[-1]

    def roc_area(self) -> float:
        """The share of pairs of both kinds that are in the right order; ties count half."""
        false, true = self.roc()
        return float(np.trapezoid(true, false))

    def precision(self) -> tuple[Floats, Floats]:
        """Recalls above 0, rising, and the precision of each."""
        found = self.true > 0
        true, false = self.true[found], self.false[found]
        return true / true[-1], true / (true + false)

    def average_precision(self) -> float:
        """The mean precision over recalls."""
        recall, precision = self.precision()
        return float((np.diff(recall, prepend=0.0) * precision).sum())
