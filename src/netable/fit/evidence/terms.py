"""Products of powers of columns, and which of them, or of the columns, matter most in a regression."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import zip_longest
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import qr

Floats = NDArray[np.float64]
Places = NDArray[np.intp]
# Columns of a regression.
COLUMNS = 200
# The fewest complete rows, and the fewest for each term.
FEWEST, ROWS_A_TERM = 50, 4
LEAST = np.finfo(np.float64).tiny


class Term(NamedTuple):
    """A product of powers of columns."""

    columns: tuple[int, ...]
    exponents: tuple[float, ...]

    def of(self, x: Floats) -> Floats:
        """Its values, (rows,); NaN where it has none."""
        values = np.ones(len(x))
        with np.errstate(all="ignore"):
            for column, exponent in zip(self.columns, self.exponents, strict=True):
                power = x[:, column] if abs(exponent) == 1 else x[:, column] ** abs(exponent)
                values = values * power if exponent > 0 else values / power
        return np.where(np.isfinite(values), values, np.nan)

    def times(self, column: int) -> Term:
        """The product with one more column."""
        return Term((*self.columns, column), (*self.exponents, 1.0))

    def written(self, names: Sequence[str]) -> str:
        """The product in words, as in "'a' × 'b'^2 / 'c'"."""
        parts = sorted(
            zip(self.columns, self.exponents, strict=True), key=lambda part: (part[1] < 0, part[0])
        )
        text = ""
        for column, exponent in parts:
            sign = " / " if exponent < 0 else " × "
            power = "" if abs(exponent) == 1 else f"^{abs(exponent):g}"
            text += (sign if text else ("1 / " if exponent < 0 else "")) + f"{names[column]!r}{power}"
        return text


def singles(columns: Iterable[int]) -> list[Term]:
    """A term for each column."""
    return [Term((int(column),), (1.0,)) for column in columns]


def standardized(terms: Sequence[Term], x: Floats) -> Floats:
    """The standardized values of terms, (rows, terms), 0 where missing or constant."""
    values = np.stack([term.of(x) for term in terms], 1)
    missing = np.isnan(values)
    values = np.where(missing, 0.0, values)
    values = values / np.maximum(np.abs(values).max(0, initial=0.0), LEAST)
    values = np.where(missing, 0.0, values - values.sum(0) / (~missing).sum(0).clip(1))
    return np.asarray(values / np.maximum(np.sqrt(np.square(values).mean(0)), 1e-9))


def by_correlation(x: Floats, targets: Floats) -> Places:
    """The columns by their largest correlation with a target."""
    if not x.shape[1]:
        return np.empty(0, dtype=np.intp)
    values = standardized(singles(range(x.shape[1])), x)
    return np.argsort(-np.abs(values.T @ (targets - targets.mean(0))).max(1), kind="stable")


def by_t(terms: Sequence[Term], x: Floats, targets: Floats) -> Places:
    """The terms of a regression by their largest t-value, without those that follow from others.

    Parameters
    ----------
    targets : (rows, targets)
    """
    if not terms:
        return np.empty(0, dtype=np.intp)
    complete = np.isfinite(x[:, list({column for term in terms for column in term.columns})]).all(1)
    if complete.sum() >= max(FEWEST, ROWS_A_TERM * len(terms)):  # others would be filled with means
        x, targets = x[complete], targets[complete]
    q, r, order = qr(standardized(terms, x), mode="economic", pivoting=True)
    size = np.abs(np.diag(r))
    rank = int((size > 1e-6 * size[0]).sum())
    inverse = np.linalg.inv(r[:rank, :rank])
    centered = targets - targets.mean(0)
    explained = q[:, :rank].T @ centered
    rest = np.sqrt(np.maximum(np.square(centered).sum(0) - np.square(explained).sum(0), 0))
    rest = np.maximum(
        rest, 1e-12 * np.sqrt(np.square(centered).sum(0)) + LEAST
    )  # of an exact law it is rounding
    t = np.abs(inverse @ explained) / np.sqrt(np.square(inverse).sum(1))[:, None] / rest
    return np.asarray(order[:rank][np.argsort(-t.max(1), kind="stable")])


def leading(x: Floats, targets: Floats) -> list[int]:
    """The columns by how much they matter in a linear law and, by turns, in a power law.

    Unlike a correlation, a t-value is large for two columns whose small difference matters.

    Parameters
    ----------
    x : (rows, columns), NaN where missing
    targets : (rows, targets)
    """
    columns = by_correlation(x, targets)[: min(COLUMNS, len(x) // ROWS_A_TERM)]
    x = x[:, columns]
    with np.errstate(divide="ignore"):
        size = np.log(np.abs(x))
    terms = singles(range(len(columns)))
    orders = by_t(terms, x, targets), by_t(terms, np.where(np.isfinite(size), size, np.nan), targets)
    return in_turn(*(columns[order].tolist() for order in orders))


def in_turn(*orders: Sequence[int]) -> list[int]:
    """The first of each, then the second of each and so on, each once."""
    places = [place for places in zip_longest(*orders) for place in places]
    return [place for place in dict.fromkeys(places) if place is not None]
