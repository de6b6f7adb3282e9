"""Encoded rows with their targets and weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netable.system.brief import brief
from netable.table.encode import Encoded


@dataclass(frozen=True)
class Rows:
    """Rows of a table as arrays.

    Attributes
    ----------
    encoded : Encoded
        (rows, d_num) numbers and (rows, d_cat) codes.
    y : (rows, d_out) numbers, or (rows,) codes of classes
    weight : (rows,)
    """

    encoded: Encoded
    y: NDArray[Any]
    weight: NDArray[np.float64]

    __repr__ = brief

    def __len__(self) -> int:
        """Number of rows."""
        return len(self.y)

    def take(self, rows: slice | NDArray[Any]) -> Rows:
        """Some of the rows, by a slice, their numbers or a mask."""
        return Rows(self.encoded.take(rows), self.y[rows], self.weight[rows])

    def then(self, others: Rows) -> Rows:
        """These rows and others below them."""
        ours = *self.encoded[:2], self.y, self.weight
        pairs = zip(ours, (*others.encoded[:2], others.y, others.weight), strict=True)
        numbers, codes, y, weight = (np.concatenate(pair) for pair in pairs)
        return Rows(Encoded(numbers, codes), y, weight)
