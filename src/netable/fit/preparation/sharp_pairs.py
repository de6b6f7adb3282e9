"""Whether the target depends sharply on two numbers together, as prices do on coordinates."""

from __future__ import annotations

from itertools import combinations
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from netable.nn.groups import NumberLevels
from netable.nn.level_means import SMOOTHING
from netable.table.rows import Rows

Array = NDArray[np.float64]
Codes = NDArray[np.int64]

# Of fewer rows a pair's fine cells hold too few each; more than the most tell no more.
FEWEST_ROWS, MOST_ROWS = 2_000, 8_000
# Coarse cells tell a smooth law as well as fine ones, or better, as they hold more rows.
COARSE_BINS = 8
# The share of the variance that fine cells must explain beyond coarse ones; see docs/network.md.
LEAST_GAIN = 0.07
# Rows are drawn by a seed that no made table has: its columns would tell which are judged.
TAUGHT_SHARE, SEED = 0.75, 7_919_261
# What the columns tell one by one is taken off first; correlated ones need more than a round.
ROUNDS = 2


def has_sharp_pair(rows: Rows, task: str) -> bool:
    """True if fine cells of two columns explain a target better than coarse ones, in rows that did not teach them.

    Explained is what single columns leave of the target: of a number its rank, of classes the most frequent one.
    """
    counting = np.flatnonzero(rows.weight > 0)
    if len(counting) < FEWEST_ROWS:
        return False
    some = np.random.default_rng(SEED).permutation(counting)[:MOST_ROWS]
    numbers = torch.from_numpy(rows.encoded.numbers[some])
    numbers = numbers[:, NumberLevels.learn(numbers).columns]
    fine, coarse = _Cells.of(numbers), _Cells.of(numbers, most_values=COARSE_BINS, bins=COARSE_BINS)
    pairs = list(combinations(range(numbers.shape[1]), 2))
    return any(
        _is_sharp(fine.of_pair(pair), coarse.of_pair(pair), left)
        for left in map(fine.left_by_columns, _targets(rows.y[some], task))
        for pair in pairs
    )


def _targets(y: NDArray[np.generic], task: str) -> list[Array]:
    if task == "regression":
        return [column.argsort().argsort().astype(np.float64) for column in y.T]
    return [(y == np.bincount(y).argmax()).astype(np.float64)]


class _Cells(NamedTuple):
    """The cells that rows are in, by the levels of columns, (columns, rows), of which there are so many."""

    levels: Codes
    counts: list[int]

    @classmethod
    def of(cls, numbers: Tensor, **limits: int) -> _Cells:
        """By all columns; limits as `NumberLevels.learn` takes them."""
        learned = NumberLevels.learn(numbers, **limits)
        return cls(learned(numbers).T.numpy(), learned.cardinalities)

    def of_pair(self, pair: tuple[int, int]) -> Codes:
        """The cell of each row by two columns: (rows,)."""
        first, second = pair
        cells: Codes = self.levels[first] * self.counts[second] + self.levels[second]
        return cells

    def left_by_columns(self, y: Array) -> Array:
        """What the means of the columns' levels leave of a target."""
        y = y - y.mean()
        for levels in [*self.levels] * ROUNDS:
            y = y - _means(levels, y)[levels]
        return y


def _is_sharp(fine: Codes, coarse: Codes, y: Array) -> bool:
    by_fine = _explained(fine, y)
    return by_fine >= LEAST_GAIN and by_fine - _explained(coarse, y) >= LEAST_GAIN


def _explained(cells: Codes, y: Array) -> float:
    """The share of the judged rows' variance that the means of cells explain; below 0 if they mislead."""
    judged = slice(_taught(y), None)
    left = y[judged] - _means(cells, y)[cells[judged]]
    return float(1 - np.square(left).sum() / (np.square(y[judged]).sum() or 1.0))


def _means(cells: Codes, y: Array) -> Array:
    """The mean of each cell's rows that teach, pulled to 0, the mean of all: (cells,)."""
    teaching, size = slice(_taught(y)), 1 + int(cells.max())
    sums = np.bincount(cells[teaching], y[teaching], size)
    means: Array = sums / (np.bincount(cells[teaching], minlength=size) + SMOOTHING)
    return means


def _taught(y: Array) -> int:
    return round(TAUGHT_SHARE * len(y))
