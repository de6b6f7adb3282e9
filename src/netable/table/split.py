"""Splits into training and validation rows: stratified by class, by whole groups, or in order of time."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from netable.errors import ConfigError, DataError, check_at_least
from netable.table.canonical.messages import name_list, row_list


class Part(NamedTuple):
    """Training and validation rows: int64, rising."""

    train: np.ndarray
    valid: np.ndarray


def fold_parts(
    n_rows: int,
    folds: int,
    *,
    seed: int,
    codes: np.ndarray | None = None,
    groups: Any = None,
    times: Any = None,
) -> list[Part]:
    """Split the rows into folds: each row is a validation row in one part and a training row in the others.

    The only row of a class is never a validation row. In order of time, part `i` trains on the first `i + 1` of
    `folds + 1` blocks and validates on the next; rows of the same time stay together.

    Parameters
    ----------
    codes : int (rows,), optional
        The class of each row; each class is spread over the folds as evenly as possible.
    groups : array (rows,), optional
        Rows of one group stay in one fold.
    times : array (rows,), optional
        Times, of any type that can be sorted.

    Raises
    ------
    DataError
        If there are fewer rows, groups or times than the folds need, or groups and times are both given.
    """
    check_at_least("folds", folds, 2, integer=True)
    _check(n_rows, folds, codes, groups, times)
    if times is not None:
        block = _blocks(_ranks(times, "time"), np.arange(1, folds + 1) / (folds + 1))
        return [_part(block <= i, block == i + 1, codes) for i in range(folds)]
    rng = np.random.default_rng(seed)
    if groups is None:
        fold = _deal_rows(n_rows, folds, codes, rng)
    else:
        fold = _deal_groups(_ranks(groups, "group"), np.full(folds, 1 / folds), codes, rng)
    return [_part(fold != i, fold == i, codes) for i in range(folds)]


def holdout_part(
    n_rows: int,
    fraction: float,
    *,
    seed: int,
    codes: np.ndarray | None = None,
    groups: Any = None,
    times: Any = None,
) -> Part:
    """Hold out about a `fraction` of the rows: at random, by whole groups, or the latest in time.

    The parameters are those of `fold_parts`. With groups or times, a class may have no training row.

    Raises
    ------
    ConfigError
        If `fraction` is not between 0 and 1.
    DataError
        If the rows, groups or times are too few for one on each side, or groups and times are both given.
    """
    if not 0 < fraction < 1:
        raise ConfigError(f"The fraction to hold out must be between 0 and 1; got {fraction!r}.")
    _check(n_rows, 2, codes, groups, times)
    rng = np.random.default_rng(seed)
    if times is not None:
        held_out = _blocks(_ranks(times, "time"), np.array([1 - fraction])) == 1
    elif groups is not None:
        shares = np.array([1 - fraction, fraction])
        held_out = _deal_groups(_ranks(groups, "group"), shares, codes, rng) == 1
    else:
        held_out = _draw_rows(n_rows, fraction, codes, rng)
    return _part(~held_out, held_out, codes)


def check_groups_apart(train: Any, valid: Any) -> None:
    """Refuse a given split with a group on both sides.

    Raises
    ------
    DataError
        If a group has both training and validation rows.
    """
    both = set(_arrow(train).unique().to_pylist()) & set(_arrow(valid).unique().to_pylist()) - {None}
    if both:
        shared = sorted(both, key=str)
        raise DataError(f"Groups are in both the training and the validation rows: {name_list(shared)}.")


def _check(n_rows: int, needed: int, codes: Any, groups: Any, times: Any) -> None:
    if groups is not None and times is not None:
        raise DataError(
            "Rows are split by groups or in order of time, not both; give one of the two columns."
        )
    for what, values in (("codes", codes), ("groups", groups), ("times", times)):
        if values is not None and len(values) != n_rows:
            raise DataError(f"There must be one of the {what} for each of {n_rows} rows; got {len(values)}.")
    if n_rows == 1:
        raise DataError("One row cannot be split into training and validation rows.")
    if n_rows < needed:
        raise DataError(f"{n_rows} rows cannot be split into {needed} parts; use fewer folds or more rows.")


def _part(train: np.ndarray, valid: np.ndarray, codes: np.ndarray | None) -> Part:
    alone = _alone(codes, len(valid))
    rows = np.flatnonzero(valid & ~alone)
    if len(alone) and alone.all():  # fewer folds would not help
        raise DataError(
            "Each class has one row, none of which can validate; use more rows, or task='regression' for numbers."
        )
    if not len(rows):
        raise DataError(
            "No validation row is left, as the only row of a class is never one; use fewer folds or more rows."
        )
    return Part(np.flatnonzero(train), rows)


def _alone(codes: np.ndarray | None, n_rows: int) -> np.ndarray:
    """A mask of the rows that are the only one of their class."""
    if codes is None:
        return np.zeros(n_rows, dtype=bool)
    alone: np.ndarray = np.bincount(codes)[codes] == 1
    return alone


def _shuffled_by_class(codes: np.ndarray | None, n_rows: int, rng: np.random.Generator) -> np.ndarray:
    """The rows of classes with more than one, class after class, in random order within each."""
    random = rng.random(n_rows)
    order: np.ndarray = np.argsort(random) if codes is None else np.lexsort((random, codes))
    keep: np.ndarray = order[~_alone(codes, n_rows)[order]]
    return keep


def _deal_rows(n_rows: int, folds: int, codes: np.ndarray | None, rng: np.random.Generator) -> np.ndarray:
    """The fold of each row, dealt like cards in the order of classes; -1 for the only row of a class.

    Each class of two rows or more is in two folds or more, also if it has fewer rows than there are folds (which
    scikit-learn's StratifiedKFold refuses or warns of).
    """
    order = _shuffled_by_class(codes, n_rows, rng)
    fold = np.full(n_rows, -1)
    fold[order] = np.arange(len(order)) % folds
    return fold


def _draw_rows(
    n_rows: int, fraction: float, codes: np.ndarray | None, rng: np.random.Generator
) -> np.ndarray:
    """A mask of rows, at even steps through the classes; each class keeps at least one row."""
    order = _shuffled_by_class(codes, n_rows, rng)
    held_out = np.zeros(n_rows, dtype=bool)
    if not len(order):
        return held_out
    count = min(max(round(n_rows * fraction), 1), n_rows - 1, len(order))
    held_out[order[(np.arange(count) * len(order) + rng.integers(len(order))) // count]] = True
    if codes is not None:
        for absent in np.setdiff1d(codes, codes[~held_out]):
            held_out[np.argmax(codes == absent)] = False
    return held_out


def _deal_groups(
    groups: np.ndarray, shares: np.ndarray, codes: np.ndarray | None, rng: np.random.Generator
) -> np.ndarray:
    """The bin of each row: whole groups, the largest first, each to the bin that needs its rows and classes most.

    That is the bin for which the sum, over all bins, of squared contents divided by shares grows least; the sum is
    least when each bin has its share of the rows and of every class. No bin stays empty.
    """
    sizes = np.bincount(groups)
    if len(sizes) < len(shares):
        _refuse_one(len(sizes), "group")
        raise DataError(f"{len(sizes)} groups cannot be split into {len(shares)} parts; use fewer folds.")
    content = sizes[:, None]  # (groups, 1 + classes)
    if codes is not None:
        n_classes = int(codes.max()) + 1
        classes = np.bincount(groups * n_classes + codes, minlength=len(sizes) * n_classes)
        content = np.hstack([content, classes.reshape(len(sizes), n_classes)])
    content = content / np.maximum(content.sum(axis=0), 1)
    contents = np.zeros((len(shares), content.shape[1]))
    bins = np.empty(len(sizes), dtype=np.int64)
    for dealt, group in enumerate(np.lexsort((rng.random(len(sizes)), -sizes))):
        cost = (2 * contents + content[group]) @ content[group] / shares
        empty = contents[:, 0] == 0
        if empty.sum() == len(sizes) - dealt:
            cost[~empty] = np.inf
        bins[group] = cost.argmin()
        contents[bins[group]] += content[group]
    by_row: np.ndarray = bins[groups]
    return by_row


def _blocks(ranks: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """The block of each row, cut at the times nearest to the rising `shares`; no block is empty."""
    ends = np.cumsum(np.bincount(ranks))[:-1]  # rows up to and with each time but the last
    if len(ends) < len(shares):
        _refuse_one(len(ends) + 1, "time")
        raise DataError(
            f"{len(ends) + 1} different times cannot be cut into {len(shares) + 1} blocks; use fewer folds."
        )
    cuts = np.empty(len(shares), dtype=np.int64)
    first = 0
    for i, share in enumerate(shares):
        last = len(ends) - (len(shares) - i) + 1
        cuts[i] = first + np.abs(ends[first:last] - share * len(ranks)).argmin()
        first = cuts[i] + 1
    return np.searchsorted(cuts, ranks)


def _refuse_one(n_values: int, noun: str) -> None:
    if n_values == 1:  # fewer folds would not help
        raise DataError(f"All rows have the same {noun}; leave out the {noun} column, or use another.")


def _ranks(values: Any, noun: str) -> np.ndarray:
    """The rank of each value among the distinct ones, from 0."""
    ranks: np.ndarray = (
        pc.rank(plain_values(values, noun), tiebreaker="dense").to_numpy().astype(np.int64) - 1
    )
    return ranks


def plain_values(values: Any, noun: str) -> pa.Array:
    """Groups or times as an array of numbers, timestamps or texts.

    Raises
    ------
    DataError
        If one is missing.
    """
    array = _arrow(values)
    missing = array.is_null().to_numpy(zero_copy_only=False)
    if missing.any():
        raise DataError(f"The {noun} is missing in {row_list(missing)}; rows without one cannot be split.")
    return array


def _arrow(values: Any) -> pa.Array:
    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    try:
        array = values if isinstance(values, pa.Array) else pa.array(values, from_pandas=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError) as error:
        raise DataError(f"Groups and times must be one column of one type: {error}.") from error
    if pa.types.is_dictionary(array.type):
        return array.cast(pa.string())
    return array.cast(pa.int8()) if pa.types.is_boolean(array.type) else array
