"""Distributions of numbers in few values each."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from netable.system.brief import brief

Floats = NDArray[np.floating]
# Shares of the rows at which a distribution is kept, closer together at its ends.
LEVELS = (0, 0.001, 0.01, 0.025, *(n / 20 for n in range(1, 20)), 0.975, 0.99, 0.999, 1)
KNOTS = len(LEVELS)


class Scales(NamedTuple):
    """The distribution of each of some numbers: exact for up to KNOTS different values, else at quantiles.

    Shape
    -----
    values : (numbers, KNOTS), rising, padded with the last one
    up_to : (numbers, KNOTS), float32, the share of the present values up to each, rising to 1
    missing : (numbers,), float32, the share of rows without a value
    """

    values: Floats
    up_to: NDArray[np.float32]
    missing: NDArray[np.float32]

    def __repr__(self) -> str:
        return brief(self)

    @classmethod
    def learn(cls, numbers: Floats) -> Scales:
        """The distributions of numbers, (rows, numbers), NaN for missing."""
        values = np.zeros((numbers.shape[1], KNOTS), numbers.dtype)
        up_to = np.ones((numbers.shape[1], KNOTS), np.float32)
        for column, of_values, of_shares in zip(numbers.T, values, up_to, strict=True):
            present = np.sort(column[~np.isnan(column)])
            if len(present):
                of_values[:] = knots = _knots(present)
                of_shares[:] = present.searchsorted(knots, "right") / len(present)
        return cls(values, up_to, share_missing(numbers))

    @property
    def middle(self) -> Floats:
        """The median of each: (numbers,)."""
        place = (self.up_to < 0.5).sum(1)
        middle: Floats = self.values[np.arange(len(place)), place]
        return middle

    def shares_up_to(self, numbers: Floats) -> NDArray[np.float64]:
        """The share of the present values of other rows up to each of `values`: (numbers, KNOTS)."""
        shares = np.ones(self.values.shape)
        for column, values, share in zip(numbers.T, self.values, shares, strict=True):
            present = np.sort(column[~np.isnan(column)])
            if len(present):
                share[:] = present.searchsorted(values, "right") / len(present)
        return shares


def share_missing(numbers: Floats) -> NDArray[np.float32]:
    """The share of rows without a value of each number: (numbers,)."""
    share: NDArray[np.float32] = np.isnan(numbers).mean(0).astype(np.float32)
    return share


def _knots(present: Floats) -> Floats:
    """The different values of a sorted column, if they are few, else those at LEVELS; padded with the last one."""
    values = np.unique(present)
    if len(values) > KNOTS:
        values = np.unique(present[np.ceil(np.array(LEVELS) * (len(present) - 1)).astype(np.int64)])
    return np.pad(values, (0, KNOTS - len(values)), mode="edge")
