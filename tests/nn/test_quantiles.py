from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.preprocessing import KBinsDiscretizer
from torch import Tensor

from netable.nn.quantiles import BinCounts, SortedColumn

numbers = st.one_of(st.just(float("nan")), st.integers(-5, 5).map(float), st.floats(-1e6, 1e6))
weighted_rows = st.lists(st.tuples(numbers, st.integers(0, 4)), min_size=1, max_size=30)


def columns(*values: list[float]) -> Tensor:
    return torch.tensor(values, dtype=torch.float64).T


@given(rows=weighted_rows)
def test_quantiles__integer_weights__are_numpys_of_repeated_rows(
    rows: list[tuple[float, int]],
) -> None:
    values, weights = map(np.array, zip(*rows, strict=True))
    repeated = np.repeat(values, weights)
    repeated = repeated[~np.isnan(repeated)]
    levels = (0.0, 0.25, 0.5, 0.75, 1.0)

    column = SortedColumn(torch.tensor(values), torch.tensor(weights, dtype=torch.float64)[None])
    actual = column.quantiles(levels)[0]

    if len(repeated):
        assert actual.tolist() == np.quantile(repeated, levels, method="inverted_cdf").tolist()
    else:
        assert actual.isnan().all()


def test_quantiles__two_members__look_at_their_own_rows() -> None:
    values = torch.tensor([4.0, 1.0, 3.0, 2.0], dtype=torch.float64)
    weights = torch.tensor([[1.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 3.0]], dtype=torch.float64)

    actual = SortedColumn(values, weights).quantiles((0.0, 0.5, 0.8, 1.0))

    assert actual.tolist() == [[1.0, 1.0, 4.0, 4.0], [2.0, 2.0, 3.0, 3.0]]


def edges_of(values: list[float], weights: list[float], bins: int) -> list[float]:
    double = torch.float64
    column = SortedColumn(torch.tensor(values, dtype=double), torch.tensor([weights], dtype=double))
    return column.edges(bins)[0].tolist()


@given(
    rows=st.lists(st.tuples(numbers, st.integers(0, 4)), min_size=1, max_size=60),
    bins=st.integers(2, 9),
)
def test_edges__any_column__rise_within_the_column(rows: list[tuple[float, int]], bins: int) -> None:
    values, weights = ([row[i] for row in rows] for i in (0, 1))
    present = sorted({value for value in values if not np.isnan(value)})
    if not present:
        return

    edges = edges_of(values, weights, bins)

    assert len(edges) == bins + 1
    assert edges == sorted(edges)
    assert set(edges) <= set(present)
    if len(present) <= bins + 1:
        assert set(edges) == set(present)


@given(
    values=st.lists(st.floats(-1e6, 1e6), min_size=20, max_size=60, unique=True),
    bins=st.integers(2, 9),
    data=st.data(),
)
def test_edges__many_values__are_quantiles_of_the_members_own_rows(
    values: list[float], bins: int, data: st.DataObject
) -> None:
    rows = data.draw(st.sets(st.sampled_from(range(len(values))), min_size=bins + 1))
    weights = [float(i in rows) for i in range(len(values))]
    levels = [i / bins for i in range(bins + 1)]

    edges = edges_of(values, weights, bins)

    mine = [values[i] for i in rows]
    assert edges == np.quantile(mine, levels, method="inverted_cdf").tolist()
    assert (edges[0], edges[-1]) == (min(mine), max(mine))


@given(
    rows=st.lists(st.tuples(numbers, st.integers(1, 4)), min_size=1, max_size=40),
    bins=st.integers(2, 9),
)
def test_edges__weights__are_worth_as_many_rows(rows: list[tuple[float, int]], bins: int) -> None:
    repeated = [value for value, weight in rows for _ in range(weight)]
    if all(np.isnan(repeated)):
        return

    values, weights = ([row[i] for row in rows] for i in (0, 1))

    assert edges_of(values, weights, bins) == edges_of(repeated, [1.0] * len(repeated), bins)


def test_edges__few_values__have_an_edge_each_and_repeat_the_last() -> None:
    assert edges_of([5.0, 1.0, float("nan"), 1.0, 2.0], [1.0] * 5, 4) == [1.0, 2.0, 5.0, 5.0, 5.0]


def test_edges__frequent_value__makes_room_for_quantiles_of_the_others() -> None:
    # Nine rows in ten are 0: of the quantiles 0, ¼, ½, ¾ and 1 only the two ends differ.
    values = [0.0] * 90 + [float(i) for i in range(1, 11)]

    assert edges_of(values, [1.0] * 100, 4) == [0.0, 2.0, 5.0, 8.0, 10.0]


def test_edges__two_members__look_at_their_own_rows() -> None:
    values = torch.arange(20, dtype=torch.float64)
    weights = (values < 10) * 1.0

    edges = SortedColumn(values, torch.stack([weights, 1 - weights])).edges(2)

    assert edges.tolist() == [[0.0, 4.0, 9.0], [10.0, 14.0, 19.0]]


def test_edges__member_that_knows_nothing_but_missing__has_quantiles_of_the_distinct_values() -> None:
    values = [float("nan")] * 3 + [float(i) for i in range(9)]

    assert edges_of(values, [1.0] * 3 + [0.0] * 9, 2) == [2.0, 4.0, 6.0]


@pytest.mark.parametrize(
    ("columns", "few", "many"),
    [
        (0, 32, 128),
        (1, 32, 128),
        (8, 32, 128),
        (9, 32, 64),
        (16, 32, 64),
        (17, 16, 32),
        (64, 8, 16),
        (65, 8, 8),
        (5000, 8, 8),
    ],
)
def test_bin_counts__columns__share_the_features(columns: int, few: int, many: int) -> None:
    assert BinCounts.for_columns(columns) == (few, many)


@pytest.mark.parametrize(
    ("distinct", "bins"),
    [(3, 2), (4, 4), (5, 4), (6, 8), (9, 8), (10, 16), (17, 16), (18, 32), (33, 32), (65, 64), (66, 16)],
)
def test_bin_counts__distinct_values__have_room_for_an_edge_each_in_few_groups(
    distinct: int, bins: int
) -> None:
    assert BinCounts(16, 64).of(distinct) == bins


@given(columns=st.integers(1, 2000), distinct=st.integers(3, 400))
def test_bin_counts__any_column__has_an_edge_at_each_value_or_the_bins_of_many(
    columns: int, distinct: int
) -> None:
    counts = BinCounts.for_columns(columns)
    bins = counts.of(distinct)

    assert (bins == counts.few) if distinct > counts.many + 1 else (distinct - 1 <= bins <= counts.many)


@given(seed=st.integers(0, 99), bins=st.integers(2, 8))
def test_edges__many_values__are_those_of_the_bins_discretizer(seed: int, bins: int) -> None:
    column = np.random.default_rng(seed).normal(size=(50, 1))
    theirs = KBinsDiscretizer(bins, strategy="quantile", quantile_method="inverted_cdf").fit(column)

    actual = SortedColumn(torch.from_numpy(column[:, 0]), torch.ones(1, 50).double()).edges(bins)

    np.testing.assert_allclose(actual[0].numpy(), theirs.bin_edges_[0])
