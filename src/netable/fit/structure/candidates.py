"""Columns that may name groups of rows, or their place in time.

A category may be informative without its rows belonging together: new rows have the same postcodes, but other
patients. The way that rows were gathered tells them apart: a group's column is named so, its rows stand next to each
other or are equally many, or they share other facts.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import combinations
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from scipy.special import chdtr, lambertw

from netable.fit.structure.names import names_birth, names_groups, names_shared, names_time
from netable.table.canonical.storage import storage_of

Ints = NDArray[np.int64]
FEWEST_GROUPS, FEWEST_TIMES = 10, 10
# The share of rows that have another row of their group.
SHARED = 0.5
# The share of possible neighbours of one group that shows an order by groups.
ADJACENT = 0.5
# Sizes of groups so even have this probability if rows were drawn one by one.
EVEN = 1e-4
# A number that is constant within groups, but not beyond, is a fact about the group.
CONSTANT, FEWEST_FACTS, COMMON = 0.95, 20, 0.1
# Whole numbers that rise from row to row count rows if no more of them are left out.
GAPS = 3
# The most columns that pairs are made of; those named like groups come first.
MOST_OF_PAIRS = 8
# A pair names other groups than its columns do only if it has so many times the levels of either.
FINER = 1.5


class Candidate(NamedTuple):
    """A column, and for each row the number of its level: for times in their order."""

    column: str
    level: Ints


Pair = tuple[Candidate, Candidate]


def group_candidates(table: pa.Table, names: Collection[str]) -> Iterator[Candidate]:
    """Columns whose levels repeat, and whose rows seem to have been gathered by level."""
    for name in names:
        data = table.column(name)
        if data.null_count or not _can_name_groups(data, name):
            continue
        level = _levels(data)
        if _are_groups(level) and _is_gathered(table, names, name, level):
            yield Candidate(name, level)


def pair_candidates(table: pa.Table, names: Collection[str]) -> Iterator[tuple[Pair, Ints]]:
    """Pairs of columns that may name groups only together, and the level of each row.

    For example sites, and numbers of patients that start again in each site. One column is named like groups. The other
    is, too, or rows with the same pair of values stand together, are evenly many, or share facts.
    """
    usable = [name for name in names if not table.column(name).null_count]
    usable = [name for name in usable if _can_name_groups(table.column(name), name)]
    usable.sort(key=names_groups, reverse=True)
    columns = (Candidate(name, _levels(table.column(name))) for name in usable)
    repeated = [one for one in columns if 1 < one.level.max() + 1 <= len(one.level) / 2]
    for one, other in combinations(repeated[:MOST_OF_PAIRS], 2):
        if not names_groups(one.column):
            return
        levels, level = np.unique(one.level * (other.level.max() + 1) + other.level, return_inverse=True)
        is_finer = len(levels) >= FINER * (1 + max(one.level.max(), other.level.max()))
        if is_finer and _are_groups(level) and _is_pair_gathered(table, names, (one, other), level):
            yield (one, other), level


def _are_groups(level: Ints) -> bool:
    """True if levels are many, none holds most rows, and most rows share theirs with another."""
    counts = np.bincount(level)
    if len(counts) < FEWEST_GROUPS or counts.max() > len(level) / 4:
        return False
    return bool(counts[counts > 1].sum() >= SHARED * len(level))


def _is_pair_gathered(table: pa.Table, names: Collection[str], pair: Pair, level: Ints) -> bool:
    one, other = pair
    if names_groups(other.column):
        return True
    if names_shared(other.column):
        return False
    if _stand_together(level) or _are_even(np.bincount(level)):
        return True
    others = [name for name in names if name not in (one.column, other.column)]
    facts = (name for name in others if _is_fact(level, table.column(name), name))
    return any(not any(_is_fact(part.level, table.column(name), name) for part in pair) for name in facts)


def _is_gathered(table: pa.Table, names: Collection[str], name: str, level: Ints) -> bool:
    if names_groups(name):
        return True
    counts = np.bincount(level)
    if len(counts) < np.sqrt(len(level)):  # months and hours are evenly many, and stand together, too
        return False
    is_number = storage_of(table.column(name), name) == "number"
    if is_number or names_shared(name):  # most whole numbers measure or count
        return is_number and _stand_together(level) and _are_even(counts)
    if _stand_together(level) or _are_even(counts):
        return True
    return any(_is_fact(level, table.column(other), other) for other in names if other != name)


def time_candidates(table: pa.Table, names: Collection[str]) -> Iterator[Candidate]:
    """Dates, numbers that are named like times and rise from row to row, and counters of rows."""
    for name in names:
        data = table.column(name)
        storage = storage_of(data, name)
        if data.null_count or storage not in ("timestamp", "number") or names_birth(name):
            continue
        if storage == "number":
            values = data.to_numpy()
            jumps = np.diff(values)
            if (jumps < 0).any():
                continue
            counts_rows = (jumps > 0).all() and np.ptp(values) <= GAPS * len(values)
            if not names_time(name) and not (counts_rows and (np.floor(values) == values).all()):
                continue
        level = _levels(data, in_order=True)
        if level.max() + 1 >= FEWEST_TIMES:
            yield Candidate(name, level)


def _can_name_groups(data: pa.ChunkedArray, name: str) -> bool:
    storage = storage_of(data, name)
    if storage == "number":
        return bool(pc.all(pc.equal(pc.floor(data), data)).as_py())
    return storage in ("text", "category")


def _levels(data: pa.ChunkedArray, *, in_order: bool = False) -> Ints:
    if pa.types.is_dictionary(data.type):
        data = data.cast(pa.string())
    if in_order:
        return np.asarray(pc.rank(data.combine_chunks(), tiebreaker="dense").to_numpy(), dtype=np.int64) - 1
    encoded = data.combine_chunks().dictionary_encode()
    return np.asarray(encoded.indices.to_numpy(), dtype=np.int64)


def _stand_together(level: Ints) -> bool:
    """True if rows of a level follow each other far more often than in a random order."""
    n, n_groups = len(level), int(level.max()) + 1
    by_chance = float(np.square(np.bincount(level) / n).sum())
    same = float((np.diff(level) == 0).sum()) / max(1, n - n_groups)
    return same > max(ADJACENT, 5 * by_chance)


def _are_even(counts: Ints) -> bool:
    """True if levels have more equal numbers of rows than independent draws give.

    Levels without a row are not seen, so at best numbers of rows have a Poisson distribution without its zero.
    """
    mean = counts.mean()
    rate = mean + lambertw(-mean * np.exp(-mean)).real  # the rate whose mean above zero this is
    variance = mean * (1 + rate - mean)
    dispersion = np.square(counts - mean).sum() / max(variance, 1e-9)
    return bool(chdtr(len(counts) - 1, dispersion) < EVEN)


def _is_fact(level: Ints, data: pa.ChunkedArray, name: str) -> bool:
    """True if a column of many numbers hardly differs within levels, but does between them."""
    if storage_of(data, name) != "number" or data.null_count:
        return False
    number = _levels(data)
    counts = np.bincount(number)
    if len(counts) < FEWEST_FACTS or np.square(counts / len(number)).sum() > COMMON:
        return False
    order = np.argsort(level, kind="stable")
    is_same_level = np.diff(level[order]) == 0
    return bool((np.diff(number[order]) == 0)[is_same_level].mean() >= CONSTANT)
