"""How far apart two distributions are, and the chance that rows of one source are."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import kolmogorov

from netable.fit.evidence.shift import counts_shift
from netable.model.guard.chance import chance_of_at_least
from netable.model.guard.scales import Scales
from netable.nn.codes import UNSEEN

Floats = NDArray[np.floating]
# Bins of equal shares in training, for the population stability index.
_BINS = 10
# No share in the index is smaller, or the logarithm of an empty bin would outweigh all others.
_LEAST_SHARE = 1e-3
# Levels with fewer rows in either table are taken together, for Pearson's test holds for more.
_FEWEST = 5


class Distance(NamedTuple):
    """The difference of two distributions.

    Attributes
    ----------
    psi : float
        The population stability index over tenths of the training rows, or over levels: Σ (q - p) ln(q / p).
    distance : float
        From 0 to 1: of numbers the greatest difference of the distribution functions (Kolmogorov and Smirnov), of
        levels half the sum of the differences of their shares.
    chance : float
        The probability of such a distance, or a greater one, if both tables are of one source.
    """

    psi: float = 0.0
    distance: float = 0.0
    chance: float = 1.0


def scale_distances(scales: Scales, rows: int, numbers: Floats) -> list[Distance]:
    """The distance of each number from its distribution in training, of present values alone.

    The distribution functions are compared at the values that `scales` keeps; so the test holds, and is hardly weaker.

    Parameters
    ----------
    rows : int
        Training rows that `scales` was learned from.
    numbers : (rows, numbers)
        NaN where missing.
    """
    present = (~np.isnan(numbers)).sum(0).tolist()
    learned = (rows * (1 - scales.missing.astype(np.float64))).tolist()
    each = zip(scales.up_to.astype(np.float64), scales.shares_up_to(numbers), learned, present, strict=True)
    return [_scale_distance(*one) for one in each]


def _scale_distance(before: Floats, now: Floats, learned: float, present: int) -> Distance:
    if learned < 1 or not present:
        return Distance()
    far = float(np.abs(before - now).max())
    tenths = before.searchsorted(np.arange(1, _BINS) / _BINS - 1e-6)
    ends = np.unique([*tenths, len(before) - 1])
    psi = _psi(np.diff(before[ends], prepend=0), np.diff(now[ends], prepend=0))
    return Distance(psi, far, float(kolmogorov(far * np.sqrt(learned * present / (learned + present)))))


def level_distance(before: Floats, now: Floats) -> Distance:
    """The distance of the levels of a category, by their counts in both tables.

    Levels too rare to be tested are compared together, and with those that training did not have.
    """
    totals = before.sum(), now.sum()
    if not all(totals):
        return Distance()
    is_rare = (before + now) * min(totals) / sum(totals) < _FEWEST
    is_rare[UNSEEN] = True
    counts = np.stack([np.append(part[~is_rare], part[is_rare].sum()) for part in (before, now)])
    far, chance = counts_shift(counts[:, counts.sum(0) > 0])
    return Distance(_psi(*(counts / counts.sum(1, keepdims=True))), far, chance)


def gap_chance(before: float, rows_before: int, now: int, rows: int) -> float:
    """The probability that so many cells are missing, or more, or as few or fewer, if both tables are of one source."""
    present = rows_before - before
    more = chance_of_at_least(now, rows, before + 1, present + 1)
    fewer = chance_of_at_least(rows - now, rows, present + 1, before + 1)
    return min(1.0, 2 * min(more, fewer))


def _psi(before: Floats, now: Floats) -> float:
    p, q = (part.clip(_LEAST_SHARE) for part in (before, now))
    return float(((q - p) * np.log(q / p)).sum())
