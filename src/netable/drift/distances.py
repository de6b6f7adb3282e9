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
# Distances by correlations of most rows and of all differ by less.
_LOOSE = (0.98, 1.02)
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

    Two tests share the chance: that of Kolmogorov and Smirnov, at the values that `scales` keeps, sees shifts;
    Pearson's, of the rows between these values, sees the tails.

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
    by_function = kolmogorov(far * np.sqrt(learned * present / (learned + present)))
    before, now = np.append(before, 1.0), np.append(now, 1.0)  # what is beyond the last value, too
    tenths = np.unique([*before.searchsorted(np.arange(1, _BINS) / _BINS - 1e-6), len(before) - 1])
    psi = _psi(np.diff(before[tenths], prepend=0), np.diff(now[tenths], prepend=0))
    steps = np.diff(before, prepend=0) * learned, np.diff(now, prepend=0) * present
    _, by_steps = counts_shift(_frequent(*steps, np.zeros(len(before), np.bool_)))
    return Distance(psi, far, min(1.0, 2 * min(float(by_function), by_steps)))


def loose_distance(scales: Scales, rows: int, numbers: Floats) -> Distance:
    """As `scale_distances` for one positive number, (rows,), that is only known up to a factor near 1.

    The function of new rows is compared at values a little lower and higher (as in the metric of Lévy), so that a shift
    by that factor is no distance, even if many rows have the same value.
    """
    (before,), values = scales.up_to.astype(np.float64), np.sort(numbers)
    lower, higher = (
        values.searchsorted(scales.values[0] * factor, "right") / len(values) for factor in _LOOSE
    )
    far = max(0.0, float((before - higher).max()), float((lower - before).max()))
    chance = float(kolmogorov(far * np.sqrt(rows * len(values) / (rows + len(values)))))
    return Distance(0.0, far, chance)


def level_distance(before: Floats, now: Floats) -> Distance:
    """The distance of the levels of a category, by their counts in both tables.

    Two tests share the chance: Pearson's of all levels, and that of the level whose share has changed most, which many
    others would hide. Levels too rare to be tested are taken together, with those that training did not have.
    """
    if not before.sum() or not now.sum():
        return Distance()
    counts = _frequent(before, now, np.arange(len(before)) == UNSEEN)
    rows = counts.sum(1)
    far, chance = counts_shift(counts)
    each = [gap_chance(a, rows[0], b, rows[1]) for a, b in counts.T.tolist()]
    return Distance(_psi(*(counts / rows[:, None])), far, min(1.0, 2 * min(chance, len(each) * min(each))))


def _frequent(before: Floats, now: Floats, is_rare: NDArray[np.bool_]) -> Floats:
    """The counts of both tables, (2, levels), rare ones added up in the last."""
    rows = before.sum(), now.sum()
    is_rare = is_rare | ((before + now) * min(rows) / sum(rows) < _FEWEST)
    return np.stack([np.append(part[~is_rare], part[is_rare].sum()) for part in (before, now)])


def gap_chance(before: float, rows_before: float, now: float, rows: float) -> float:
    """The chance that so many cells are missing, or more, or as few or fewer, if both tables are of one source."""
    present = rows_before - before
    more = chance_of_at_least(now, rows, before + 1, present + 1)
    fewer = chance_of_at_least(rows - now, rows, present + 1, before + 1)
    return min(1.0, 2 * min(more, fewer))


def _psi(before: Floats, now: Floats) -> float:
    p, q = (part.clip(_LEAST_SHARE) for part in (before, now))
    return float(((q - p) * np.log(q / p)).sum())
