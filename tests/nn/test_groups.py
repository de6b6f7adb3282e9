from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from netable.nn import groups
from netable.nn.groups import GroupColumns, Groups, NumberLevels, find_groups, places_of


def test_number_levels__few_values__are_a_level_each_and_others_the_nearest() -> None:
    numbers = torch.tensor([[1.0], [4.0], [2.0], [4.0], [torch.nan]])
    levels = NumberLevels.learn(numbers)

    assert levels(numbers)[:, 0].tolist() == [2, 4, 3, 4, 0]
    assert levels(torch.tensor([[-9.0], [1.4], [1.6], [99.0]]))[:, 0].tolist() == [2, 2, 3, 4]
    assert levels.cardinalities == [5]


def test_number_levels__many_values__are_bins_of_equally_many_rows() -> None:
    numbers = torch.from_numpy(np.random.default_rng(0).lognormal(size=(3200, 1)))

    counts = NumberLevels.learn(numbers)(numbers)[:, 0].bincount()[2:]

    assert len(counts) == groups.NUMBER_BINS
    assert counts.min() >= 98
    assert counts.max() <= 102


def test_number_levels__columns_of_one_value__have_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(groups, "PAIRED_COLUMNS", 2)
    nothing = torch.full((6,), torch.nan)
    flag, few, more = (torch.arange(6.0) % n for n in (2, 3, 5))

    levels = NumberLevels.learn(torch.stack([nothing, flag, torch.ones(6), few, more], 1))

    assert levels.columns.tolist() == [3, 4]  # the two of the most levels
    assert NumberLevels.learn(torch.ones(6, 1)).cardinalities == []


@given(values=st.lists(st.floats(allow_infinity=False, width=32), min_size=1, max_size=300))
def test_number_levels__any_numbers__keep_their_order(values: list[float]) -> None:
    numbers = torch.tensor(values)[:, None]
    levels = NumberLevels.learn(numbers)
    codes = levels(numbers)
    if not len(levels.columns):
        return
    order = numbers[:, 0].argsort()
    known = order[~numbers[order, 0].isnan()]

    assert (codes[known, 0].diff() >= 0).all()
    assert ((codes == 0) == numbers.isnan()).all()
    assert int(codes.max()) < levels.cardinalities[0]


def test_groups__pairs__have_keys_of_their_own() -> None:
    columns = torch.tensor([[0, 0], [0, 1], [1, 1]])
    every = torch.cartesian_prod(torch.arange(3), torch.arange(4))

    keys = Groups(columns, [3, 4])(every)

    assert [len(keys[:, i].unique()) for i in range(3)] == [3, 12, 4]
    assert len(keys.unique()) == 19
    assert keys[:, 0].max() < keys[:, 1].min()
    assert keys[:, 1].max() < keys[:, 2].min()


def test_places_of__keys__are_found_or_unknown() -> None:
    known = torch.tensor([3, 5, 9])

    assert places_of(torch.tensor([[5, 4], [9, 99], [0, 3]]), known).tolist() == [[2, 0], [3, 0], [0, 1]]
    assert places_of(torch.tensor([[5, 4]]), known[:0]).tolist() == [[0, 0]]


@pytest.mark.parametrize("largest_table", [0, 2**20])
def test_find_groups__groups_of_one_learned_row__are_not_known(
    monkeypatch: pytest.MonkeyPatch, largest_table: int
) -> None:
    monkeypatch.setattr(groups, "LARGEST_TABLE", largest_table)
    keys = torch.tensor([4, 1, 4, 7, 1, 7, 9, 9, 9])
    learned = torch.tensor([True] * 5 + [False] + [True] * 3)

    known, places = find_groups(keys, learned)

    assert known.tolist() == [1, 4, 9]
    assert places.tolist() == [2, 1, 2, 0, 1, 0, 3, 3, 3]
    assert torch.equal(places, places_of(keys, known))


def test_group_columns__pairs__are_those_of_the_most_repeated_groups() -> None:
    rng = np.random.default_rng(0)
    few = [rng.integers(0, n, 500) for n in (2, 3)]
    codes = torch.from_numpy(np.stack([*few, np.arange(500)], 1))
    numbers = torch.from_numpy(np.stack([rng.integers(0, n, 500) for n in (30, 5)], 1)).float()

    chosen = GroupColumns.choose(numbers, codes, [2, 3, 500], 6).columns.tolist()

    assert chosen[:3] == [[2, 2], [1, 1], [0, 0]]  # the categories
    # Numbers come behind the codes. Names repeat no pair, and two columns of 2 and 3 levels have too few.
    assert chosen[3:] == [[3, 4], [1, 3], [0, 3]]
