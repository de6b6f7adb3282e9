"""The distance between a column's distributions in two tables, and its probability by chance."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc, kolmogorov

from netable.doctor.columns import Shift
from netable.nn.codes import FIRST_LEVEL, MISSING, UNSEEN

# Rarer levels are taken together when shares are compared.
FEWEST_OF_A_LEVEL = 10


def number_shift(values: NDArray[Any], n_rows: int) -> Shift:
    """The greatest distance of the distribution functions, or of the shares that are missing, and its chance.

    The asymptotic test of Kolmogorov and Smirnov.

    Parameters
    ----------
    values : (rows,), NaN where missing
        Those of one table, then those of another.
    n_rows : int
        Rows of the first table.
    """
    if len(values) == n_rows:
        return Shift()
    a, b = (np.sort(part[~np.isnan(part)]) for part in (values[:n_rows], values[n_rows:]))
    gaps = level_shift(np.isnan(values).astype(np.int64), n_rows)
    if not len(a) or not len(b):
        return gaps
    both = np.concatenate([a, b])
    far = np.abs(a.searchsorted(both, "right") / len(a) - b.searchsorted(both, "right") / len(b)).max()
    if gaps.distance > far:
        return gaps
    return Shift(float(far), float(kolmogorov(far * np.sqrt(len(a) * len(b) / (len(a) + len(b))))))


def category_shift(codes: NDArray[Any], n_rows: int) -> Shift:
    """`level_shift` of an encoded category, where unseen levels are compared with rare ones."""
    counts = np.bincount(codes, minlength=FIRST_LEVEL)
    rare = counts < FEWEST_OF_A_LEVEL
    rare[UNSEEN] = True
    rare[MISSING] = False
    return level_shift(np.where(rare[codes], UNSEEN, codes), n_rows)


def level_shift(codes: NDArray[Any], n_rows: int) -> Shift:
    """Half the sum of differences between shares, and its chance by Pearson's test.

    Parameters
    ----------
    codes : (rows,)
        Those of one table, then those of another.
    n_rows : int
        Rows of the first table.
    """
    if len(codes) == n_rows:
        return Shift()
    size = int(codes.max()) + 1
    parts = codes[:n_rows], codes[n_rows:]
    return counts_shift(np.stack([np.bincount(part, minlength=size) for part in parts]))


def counts_shift(counts: NDArray[Any]) -> Shift:
    """As `level_shift`, from the rows of each table with each level: (2, levels), a row of each table at least."""
    counts = counts[:, counts.sum(0) > 0].astype(np.float64)
    freedom = counts.shape[1] - 1
    if not freedom:
        return Shift()
    shares = counts / counts.sum(1, keepdims=True)
    expected = np.outer(counts.sum(1), counts.sum(0)) / counts.sum()
    statistic = (np.square(counts - expected) / expected).sum()
    return Shift(float(np.abs(shares[0] - shares[1]).sum() / 2), float(chdtrc(freedom, statistic)))
