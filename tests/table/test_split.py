from __future__ import annotations

from datetime import datetime
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.model_selection import GroupKFold, StratifiedGroupKFold, StratifiedKFold, TimeSeriesSplit

from netable.errors import ConfigError, DataError
from netable.table.split import Part, check_groups_apart, fold_parts, holdout_part


def shares(codes: np.ndarray, parts: list[Part]) -> np.ndarray:
    return np.array([np.bincount(codes[part.valid], minlength=codes.max() + 1) for part in parts])


@given(st.integers(2, 60), st.integers(2, 10), st.integers(0, 2**32))
def test_fold_parts__any_rows__are_each_judged_once(n_rows: int, folds: int, seed: int) -> None:
    folds = min(folds, n_rows)
    parts = fold_parts(n_rows, folds, seed=seed)

    assert sorted(np.concatenate([part.valid for part in parts])) == list(range(n_rows))
    for train, valid in parts:
        assert train.dtype == valid.dtype == np.int64
        assert np.array_equal(np.union1d(train, valid), np.arange(n_rows))
        assert len(train) + len(valid) == n_rows
        assert (np.diff(train) > 0).all()
        assert (np.diff(valid) > 0).all()
    assert np.ptp([len(part.valid) for part in parts]) <= 1


def test_fold_parts__seed__decides_the_rows() -> None:
    first, again, other = (fold_parts(50, 5, seed=seed)[0].valid.tolist() for seed in (1, 1, 2))

    assert first == again != other


def test_fold_parts__classes__are_spread_evenly() -> None:
    codes = np.random.default_rng(0).choice(3, 400, p=[0.8, 0.15, 0.05])
    counts = shares(codes, fold_parts(400, 5, seed=0, codes=codes))

    assert np.ptp(counts, axis=0).max() <= 1


@pytest.mark.bad_input(53)
@given(st.lists(st.integers(0, 6), min_size=4, max_size=40), st.integers(2, 5))
def test_fold_parts__rare_classes__are_never_lost_to_training(values: list[int], folds: int) -> None:
    codes = np.unique(values, return_inverse=True)[1]
    counts = np.bincount(codes)
    if counts[counts > 1].sum() < folds:
        return
    parts = fold_parts(len(codes), folds, seed=0, codes=codes)

    for train, _ in parts:
        assert set(codes[train]) == set(codes)
    judged = np.sort(np.concatenate([part.valid for part in parts]))
    assert np.array_equal(judged, np.flatnonzero(counts[codes] > 1))


@pytest.mark.bad_input(53)
def test_fold_parts__only_single_rows__is_refused() -> None:
    message = r"^Each class has one row, none of which can validate; use more rows, or "

    with pytest.raises(DataError, match=message):
        fold_parts(4, 2, seed=0, codes=np.arange(4))
    with pytest.raises(DataError, match=message):
        holdout_part(4, 0.5, seed=0, codes=np.arange(4))


@pytest.mark.bad_input(57)
@pytest.mark.parametrize(
    "split", [lambda n: fold_parts(n, 3, seed=0), lambda n: holdout_part(n, 0.2, seed=0)]
)
def test_split__one_row__is_refused(split: Any) -> None:
    with pytest.raises(DataError, match=r"^One row cannot be split into training and validation rows\.$"):
        split(1)


def test_fold_parts__fewer_rows_than_folds__is_refused() -> None:
    with pytest.raises(
        DataError, match=r"^2 rows cannot be split into 3 parts; use fewer folds or more rows\.$"
    ):
        fold_parts(2, 3, seed=0)


def test_fold_parts__one_fold__is_refused() -> None:
    with pytest.raises(ConfigError, match=r"^folds must be an integer of at least 2; got 1\.$"):
        fold_parts(9, 1, seed=0)


@pytest.mark.bad_input(59)
@pytest.mark.parametrize("what", ["codes", "groups", "times"])
def test_split__another_number_of_values_than_rows__is_refused(what: str) -> None:
    with pytest.raises(DataError, match=rf"^There must be one of the {what} for each of 9 rows; got 2\.$"):
        fold_parts(9, 2, seed=0, **{what: np.array([0, 1])})


@pytest.mark.bad_input(63)
@given(st.lists(st.integers(0, 9), min_size=4, max_size=60), st.integers(2, 4), st.booleans())
def test_fold_parts__groups__never_straddle(groups: list[int], folds: int, classes: bool) -> None:
    if len(set(groups)) < folds:
        return
    codes = np.arange(len(groups)) % 2 if classes else None
    parts = fold_parts(len(groups), folds, seed=0, codes=codes, groups=groups)

    assert sorted(np.concatenate([part.valid for part in parts])) == list(range(len(groups)))
    for train, valid in parts:
        check_groups_apart(np.array(groups)[train], np.array(groups)[valid])
        assert len(train) + len(valid) == len(groups)


@pytest.mark.bad_input(53)
def test_fold_parts__only_row_of_a_class_in_a_group__is_not_judged_and_its_group_stays_whole() -> None:
    groups, codes = np.arange(12) // 2, np.array([2, *[0, 1] * 5, 0])

    for train, valid in fold_parts(12, 3, seed=0, codes=codes, groups=groups):
        assert 0 not in valid
        assert not set(groups[train]) & set(groups[valid])


@pytest.mark.parametrize("seed", range(5))
def test_fold_parts__uneven_groups_with_classes__are_as_even_as_scikit_learns(seed: int) -> None:
    rng = np.random.default_rng(seed)
    groups = rng.choice(40, 1000, p=rng.dirichlet(np.ones(40)))
    leaning = rng.beta(1, 1, 40)
    codes = (rng.random(1000) < leaning[groups]).astype(np.int64)
    ours = shares(codes, fold_parts(1000, 5, seed=seed, codes=codes, groups=groups))
    splitter = StratifiedGroupKFold(5, shuffle=True, random_state=np.random.RandomState(seed))
    theirs = shares(codes, [Part(*part) for part in splitter.split(groups, codes, groups)])

    assert ours.std(axis=0).sum() <= 1.2 * theirs.std(axis=0).sum()


@pytest.mark.parametrize(
    "groups",
    [
        np.array(["u", "v", "w"] * 4),
        np.array(["u", "v", "w"] * 4, dtype=object),
        pa.chunked_array([["u", "v", "w"] * 2, ["u", "v", "w"] * 2]),
        pa.array(["u", "v", "w"] * 4).dictionary_encode(),
        pa.array([1.5, 2.5, 3.5] * 4),
        [datetime(2024, 1, day) for day in (1, 2, 3)] * 4,
    ],
)
def test_fold_parts__groups_of_any_type__are_told_apart(groups: Any) -> None:
    for _, valid in fold_parts(12, 3, seed=0, groups=groups):
        assert len(set(valid % 3)) == 1
        assert len(valid) == 4


def test_split__two_groups_as_flags__are_told_apart() -> None:
    groups = pa.array([True, False, True])

    assert holdout_part(3, 0.1, seed=0, groups=groups).valid.tolist() == [1]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"groups": [1, 1, 2, 2]}, r"2 groups cannot be split into 3 parts; use fewer folds\."),
        (
            {"groups": [1, None, 2, 3]},
            r"The group is missing in row 2 \(counted from 1\); rows without one cannot be split\.",
        ),
        (
            {"times": [1, None, 2, 3]},
            r"The time is missing in row 2 \(counted from 1\); rows without one cannot be split\.",
        ),
        ({"times": [1, 1, 2, 3]}, r"3 different times cannot be cut into 4 blocks; use fewer folds\."),
        ({"groups": [1, 2, 3, "a"]}, r"Groups and times must be one column of one type: .*"),
        (
            {"groups": [1, 2, 3, 4], "times": [1, 2, 3, 4]},
            r"Rows are split by groups or in order of time, not both; give one of the two columns\.",
        ),
    ],
)
def test_fold_parts__groups_or_times_that_cannot_be_split__are_refused(options: Any, message: str) -> None:
    with pytest.raises(DataError, match=f"^{message}$"):
        fold_parts(4, 3, seed=0, **options)


@given(st.lists(st.integers(0, 30), min_size=6, max_size=80), st.integers(2, 4))
def test_fold_parts__times__learn_from_the_past_only(times: list[int], folds: int) -> None:
    if len(set(times)) <= folds:
        return
    values = np.array(times)
    parts = fold_parts(len(values), folds, seed=0, times=values)

    assert len(parts) == folds
    for before, after in pairwise(parts):
        assert np.array_equal(np.union1d(before.train, before.valid), after.train)
    for train, valid in parts:
        assert values[train].max() < values[valid].min()
    assert len(parts[-1].train) + len(parts[-1].valid) == len(values)


def test_fold_parts__distinct_times__are_cut_into_even_blocks() -> None:
    times = pa.array([datetime(2024, 1, day) for day in range(12, 0, -1)], pa.timestamp("us"))
    parts = fold_parts(12, 3, seed=0, times=times)

    assert [part.valid.tolist() for part in parts] == [[6, 7, 8], [3, 4, 5], [0, 1, 2]]
    assert [len(part.train) for part in parts] == [3, 6, 9]


@given(st.lists(st.integers(0, 5), min_size=2, max_size=60), st.floats(0.01, 0.99), st.integers(0, 99))
def test_holdout_part__classes__keep_a_row_to_learn_from(
    values: list[int], fraction: float, seed: int
) -> None:
    codes = np.unique(values, return_inverse=True)[1]
    alone = np.bincount(codes)[codes] == 1
    if alone.all():
        return
    train, valid = holdout_part(len(codes), fraction, seed=seed, codes=codes)

    assert np.array_equal(np.sort(np.concatenate([train, valid])), np.arange(len(codes)))
    assert set(codes[train]) == set(codes)
    assert not alone[valid].any()
    assert len(valid)


def test_holdout_part__classes__are_held_out_in_proportion() -> None:
    codes = np.repeat([0, 1, 2], [700, 200, 100])
    _, valid = holdout_part(1000, 0.2, seed=3, codes=codes)

    assert np.bincount(codes[valid]).tolist() == [140, 40, 20]


@given(st.integers(2, 80), st.floats(0.01, 0.99), st.integers(0, 99))
def test_holdout_part__any_rows__holds_out_the_fraction(n_rows: int, fraction: float, seed: int) -> None:
    train, valid = holdout_part(n_rows, fraction, seed=seed)

    assert len(valid) == min(max(round(n_rows * fraction), 1), n_rows - 1)
    assert np.array_equal(np.sort(np.concatenate([train, valid])), np.arange(n_rows))


@pytest.mark.bad_input(63)
def test_holdout_part__groups__are_held_out_whole() -> None:
    groups = np.repeat(np.arange(20), 5)
    train, valid = holdout_part(100, 0.2, seed=0, groups=groups)

    assert len(valid) == 20
    assert not set(groups[train]) & set(groups[valid])


def test_holdout_part__two_groups__has_one_on_each_side() -> None:
    train, valid = holdout_part(10, 0.2, seed=0, groups=[1] * 7 + [2] * 3)

    assert (train.tolist(), valid.tolist()) == (list(range(7)), [7, 8, 9])


def test_holdout_part__times__holds_out_the_latest() -> None:
    train, valid = holdout_part(6, 0.3, seed=0, times=[5, 1, 2, 2, 9, 3])

    assert (train.tolist(), valid.tolist()) == ([1, 2, 3, 5], [0, 4])


@pytest.mark.parametrize("fraction", [0, 1, -0.5, float("nan")])
def test_holdout_part__fraction_that_leaves_a_side_empty__is_refused(fraction: float) -> None:
    with pytest.raises(
        ConfigError, match=rf"^The fraction to hold out must be between 0 and 1; got {fraction!r}\.$"
    ):
        holdout_part(9, fraction, seed=0)


@pytest.mark.bad_input(63)
def test_check_groups_apart__shared_groups__are_named() -> None:
    check_groups_apart(["a", "b"], ["c"])
    with pytest.raises(
        DataError, match=r"^Groups are in both the training and the validation rows: 'b', 'c'\.$"
    ):
        check_groups_apart(["a", "c", "b"], pa.chunked_array([["c", "b", "d"]]))


# Beside scikit-learn


@given(
    counts=st.lists(st.integers(5, 30), min_size=1, max_size=4),
    folds=st.integers(2, 5),
    seed=st.integers(0, 999),
)
def test_fold_parts__classes__are_as_even_as_stratified_k_folds(
    counts: list[int], folds: int, seed: int
) -> None:
    codes = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(counts)), counts))
    theirs = StratifiedKFold(folds, shuffle=True, random_state=0).split(codes, codes)
    expected = shares(codes, [Part(train, valid) for train, valid in theirs])

    found = shares(codes, fold_parts(len(codes), folds, seed=seed, codes=codes))

    assert (np.ptp(found, axis=0) <= 1).all()  # each class
    assert np.ptp(found.sum(1)) <= 1  # and all rows
    assert np.abs(np.sort(found, axis=0) - np.sort(expected, axis=0)).max() <= 1


@given(sizes=st.lists(st.integers(1, 20), min_size=3, max_size=15), folds=st.integers(2, 3))
def test_fold_parts__groups__are_about_as_even_as_group_k_folds(sizes: list[int], folds: int) -> None:
    groups = np.repeat(np.arange(len(sizes)), sizes)
    theirs = GroupKFold(folds).split(groups, groups=groups)
    largest = max(len(valid) for _, valid in theirs)

    found = fold_parts(len(groups), folds, seed=0, groups=groups)

    # Both deal the largest group first to the emptiest fold.
    assert max(len(part.valid) for part in found) <= largest + 1
    for train, valid in found:
        assert not set(groups[train]) & set(groups[valid])


@given(folds=st.integers(2, 6), block=st.integers(1, 8), seed=st.integers(0, 99))
def test_fold_parts__times__are_those_of_the_time_series_split(folds: int, block: int, seed: int) -> None:
    n = (folds + 1) * block
    times = np.random.default_rng(seed).permutation(n)
    order = np.argsort(times)

    found = fold_parts(n, folds, seed=seed, times=times)

    for ours, (train, valid) in zip(found, TimeSeriesSplit(folds).split(order), strict=True):
        assert np.array_equal(ours.train, np.sort(order[train]))
        assert np.array_equal(ours.valid, np.sort(order[valid]))
