"""Pairs of columns that determine the target together: by a table of their values, or in the order of a number of both.

Nothing is fitted. A sample of rows chooses a few pairs, and neighbours among more rows measure how much they determine.
"""

from __future__ import annotations

from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from netable.doctor.columns import Explained
from netable.fit.evidence.neighbours import Sample
from netable.fit.evidence.terms import leading

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
# Values of a column, and of all columns, in tables of two; and numbers of which sums, products and the like are tried.
LEVELS, ALL_LEVELS, NUMBERS = 64, 400, 16
# Rows that choose tables and columns, and those that choose orders.
TABLE_ROWS, ORDER_ROWS = 1000, 300
# Pairs to measure on all rows of the sample, and the share that they must determine in fewer rows.
CHOSEN, PROMISING = 3, 0.97
# A pair is not judged by a table in which more rows than these are alone in their cell.
ALONE = 0.3
# The share of rows in which both columns must be present.
MOSTLY_KNOWN = 0.5
MISSING = -1
# From this ratio of distances on, classes are clusters: 0.2 is even, 0.57 three deviations from the mean of a normal.
CLUSTERED, FEWEST_BESIDE = 0.3, 20
SIGNS = ("+", "−", "×", "/")


class Pair(NamedTuple):
    """Two columns, the sign between them if rows are sorted by a number of both, and what they determine."""

    columns: tuple[int, int]
    sign: str
    explained: Explained


def table_pairs(values: Floats, sample: Sample) -> list[Pair]:
    """The most promising pairs of columns as a table, and what each determines.

    Parameters
    ----------
    values : (n, columns), codes or numbers of the sample's rows, NaN where missing
        Rows with a missing cell are not used.
    """
    codes, columns, total = [], [], 0
    for place, column in enumerate(values.T):
        missing = np.isnan(column)
        levels, inverse = np.unique(column[~missing], return_inverse=True)
        if 2 <= len(levels) <= LEVELS and total + len(levels) <= ALL_LEVELS:
            codes.append(np.full(len(column), MISSING))
            codes[-1][~missing] = inverse
            columns.append(place)
            total += len(levels)
    first = slice(TABLE_ROWS)
    targets = _indicators(sample.targets[first])
    if len(codes) < 2 or targets.shape[1] > LEVELS:
        return []
    determined = _of_tables([column[first] for column in codes], targets)
    return [
        Pair((columns[i], columns[j]), "", _in_table(codes[i], codes[j], sample))
        for i, j in _best(determined)
    ]


def _of_tables(codes: list[Ints], targets: Floats) -> Floats:
    """The share of the target that each pair of columns determines, (columns, columns)."""
    starts = np.cumsum([0, *(int(column.max()) + 1 for column in codes)])
    marks = np.zeros((len(targets), starts[-1]), dtype=np.float32)
    for start, column in zip(starts, codes, strict=False):
        known = np.flatnonzero(column != MISSING)
        marks[known, start + column[known]] = 1

    def blocks(cells: NDArray[Any]) -> Floats:
        rows = np.add.reduceat(cells.astype(np.float64), starts[:-1], axis=0)
        return np.asarray(np.add.reduceat(rows, starts[:-1], axis=1))

    count = (marks.T @ marks).astype(np.float64)
    apart, total = np.zeros_like(count), 0.0
    for y in targets.T:  # n Σy² − (Σy)² is the sum of squared differences of pairs of rows
        rows = y != 0
        part, weight = marks[rows], y[rows].astype(np.float32)[:, None]
        apart += count * (part.T @ (weight**2 * part)) - np.square(part.T @ (weight * part), dtype=np.float64)
        total += len(y) * np.square(y).sum() - y.sum() ** 2
    by_chance = total / (len(targets) * (len(targets) - 1))
    pairs = blocks(count * (count - 1))
    share = 1 - blocks(apart) / np.maximum(pairs, 1) / max(by_chance, np.finfo(np.float64).tiny)
    rows, alone = blocks(count), blocks(count == 1)
    return np.asarray(np.where((rows >= MOSTLY_KNOWN * len(targets)) & (alone <= ALONE * rows), share, 0.0))


def _indicators(targets: NDArray[Any]) -> Floats:
    """A column of 0 and 1 for each class; ranks as they are."""
    if targets.ndim == 2:
        return np.asarray(targets, dtype=np.float64)
    return np.asarray(targets[:, None] == np.unique(targets), dtype=np.float64)


def _best(determined: Floats) -> list[tuple[int, int]]:
    upper = np.triu(determined, 1)
    order = np.argsort(-upper, axis=None, kind="stable")[:CHOSEN]
    return [
        (int(place) // len(upper), int(place) % len(upper))
        for place in order
        if upper.flat[place] >= PROMISING
    ]


def _in_table(one: Ints, other: Ints, sample: Sample) -> Explained:
    known = (one != MISSING) & (other != MISSING)
    cells = (one * (int(other.max()) + 1) + other)[known]
    order = cells.argsort(kind="stable")
    return sample.of_rows(known).explained(order, np.diff(cells[order]) == 0)


def order_pairs(x: Floats, sample: Sample) -> list[Pair]:
    """The most promising sums, differences, products and ratios of two numbers to sort by, and what each determines.

    Parameters
    ----------
    x : (n, columns), of the sample's rows, NaN where missing
        Of more than `NUMBERS` columns, those are tried that matter most in linear and power laws.
    """
    first = Sample(sample.rows[:ORDER_ROWS], sample.targets[:ORDER_ROWS])
    columns = leading(x[:TABLE_ROWS], _indicators(sample.targets[:TABLE_ROWS]))[:NUMBERS]
    found = []
    for i, j in combinations(sorted(columns), 2):
        for sign in SIGNS:
            values = _combined(x[:ORDER_ROWS, i], x[:ORDER_ROWS, j], sign)
            if np.isfinite(values).mean() >= MOSTLY_KNOWN:
                found.append((_in_order(values, first).share, i, j, sign))
    found.sort(key=lambda one: -one[0])
    pairs = []
    for share, i, j, sign in found[:CHOSEN]:
        values = _combined(x[:, i], x[:, j], sign)
        if share >= PROMISING and not _are_clusters(values, sample.targets):
            pairs.append(Pair((i, j), sign, _in_order(values, sample)))
    return pairs


def _combined(one: Floats, other: Floats, sign: str) -> Floats:
    with np.errstate(all="ignore"):
        if sign == "+":
            values = one + other
        elif sign == "−":
            values = one - other
        else:
            values = one * other if sign == "×" else one / other
    return np.where(np.isfinite(values), values, np.nan)


def _in_order(values: Floats, sample: Sample) -> Explained:
    known = ~np.isnan(values)
    order = values[known].argsort(kind="stable")
    return sample.of_rows(known).explained(order, np.ones(max(0, len(order) - 1), dtype=bool))


def _are_clusters(values: Floats, targets: NDArray[Any]) -> bool:
    """True if rows are rare on both sides of every border of classes.

    Classes that merely differ are clusters with few rows between them; a rule cuts through rows wherever they are. So
    the distances of a class's rows from a border are compared: the first tenth with the median.

    Parameters
    ----------
    values : (n,), NaN where missing
    targets : (n,), codes of classes; others have no clusters
    """
    if targets.ndim == 2:
        return False
    order = values.argsort()[: np.count_nonzero(~np.isnan(values))]
    values, codes = values[order], targets[order]
    ends = np.flatnonzero(np.diff(codes)) + 1
    borders = (values[ends - 1] + values[ends]) / 2
    starts, stops = np.array([0, *ends]), np.array([*ends, len(codes)])
    tenths_and_medians = [
        np.quantile(np.abs(values[start:stop] - border), (0.1, 0.5))
        for start, stop in zip(starts, stops, strict=True)
        if stop - start >= FEWEST_BESIDE
        for border in borders
        if values[start] >= border or values[stop - 1] <= border
    ]
    return bool(tenths_and_medians) and all(
        tenth > CLUSTERED * median for tenth, median in tenths_and_medians
    )
