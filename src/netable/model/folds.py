"""Rows of folds, without what is needed to fit anything on them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray


def folds_and_others(
    fold: NDArray[Any], *, in_order: bool = False
) -> Iterator[tuple[NDArray[np.bool_], NDArray[np.bool_]]]:
    """For each fold, masks of its rows and of the rows of all other folds, or with `in_order` of earlier folds."""
    for number in np.unique(fold):
        rows = fold == number
        yield rows, (fold < number if in_order else ~rows)
