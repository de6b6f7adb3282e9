from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.preprocessing import KBinsDiscretizer, RobustScaler, StandardScaler
from torch import Tensor

from netable.nn import statistics
from netable.nn.statistics import (
    BinCounts,
    InputStatistics,
    SortedColumn,
    learn_statistics,
)

numbers = st.one_of(st.just(float("nan")), st.integers(-5, 5).map(float), st.floats(-1e6, 1e6))
weighted_rows = st.lists(st.tuples(numbers, st.integers(0, 4)), min_size=1, max_size=30)


def columns(*values: list[float]) -> Tensor:
    return torch.tensor(values, dtype=torch.float64).T


def statistics_of(values: Tensor, weights: Tensor, *, robust: bool) -> InputStatistics:
    codes = torch.zeros(len(values), 0, dtype=torch.int64)
    return learn_statistics(values, codes, weights.double(), (), robust=robust)


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


@given(
    rows=st.lists(st.tuples(numbers, numbers, st.integers(0, 4)), min_size=1, max_size=20),
    robust=st.booleans(),
)
def test_statistics__weights__are_worth_as_many_rows(
    rows: list[tuple[float, float, int]], robust: bool
) -> None:
    table = torch.tensor(rows, dtype=torch.float64)
    values, weights = table[:, :2], table[:, 2]
    repeated = values.repeat_interleave(weights.long(), 0)
    if not len(repeated):
        return

    weighted = statistics_of(values, weights, robust=robust)
    plain = statistics_of(repeated, torch.ones(len(repeated)), robust=robust)

    exactly = {"rtol": 0, "atol": 0} if robust else {"rtol": 1e-9, "atol": 1e-6}
    torch.testing.assert_close(weighted.center, plain.center, **exactly)
    if robust:
        torch.testing.assert_close(weighted.scale, plain.scale, **exactly)


def test_statistics__robust__are_median_and_interquartile_range() -> None:
    values = columns([float(i) for i in range(1, 102)])

    statistics = statistics_of(values, torch.ones(101), robust=True)

    assert (statistics.center.item(), statistics.scale.item()) == (51.0, 50.0)


def test_statistics__standard__are_mean_and_deviation() -> None:
    values = columns([1.0, 2.0, 6.0], [5.0, float("nan"), 9.0])

    statistics = statistics_of(values, torch.tensor([1.0, 2.0, 1.0]), robust=False)

    assert statistics.center.tolist() == pytest.approx([2.75, 7.0])
    assert statistics.scale.tolist() == pytest.approx([np.std([1, 2, 2, 6]), 2.0])


@pytest.mark.parametrize("robust", [True, False])
@pytest.mark.parametrize("value", [0.0, 0.1, -1e9, 3e-12])
def test_statistics__constant_column__has_scale_one(value: float, robust: bool) -> None:
    statistics = statistics_of(columns([value] * 7), torch.full((7,), 0.3), robust=robust)

    assert statistics.center.item() == pytest.approx(value)
    assert statistics.scale.item() == 1.0


@pytest.mark.parametrize("robust", [True, False])
def test_statistics__nothing_but_missing__are_zero_and_one(robust: bool) -> None:
    statistics = statistics_of(columns([float("nan")] * 3), torch.ones(3), robust=robust)

    assert (statistics.center.item(), statistics.scale.item()) == (0.0, 1.0)


def test_statistics__mostly_one_value__scale_by_half_the_range() -> None:
    statistics = statistics_of(columns([0.0] * 20 + [-2.0, 8.0]), torch.ones(22), robust=True)

    assert (statistics.center.item(), statistics.scale.item()) == (0.0, 5.0)


@pytest.mark.parametrize("robust", [True, False])
def test_statistics__rows_of_no_weight__are_not_looked_at(robust: bool) -> None:
    inside = columns([1.0, 2.0, 4.0, 7.0])
    outside = torch.cat([inside, columns([1e12, -1e12])])

    alone = statistics_of(inside, torch.ones(4), robust=robust)
    beside = statistics_of(outside, torch.tensor([1.0, 1.0, 1.0, 1.0, 0.0, 0.0]), robust=robust)

    assert torch.equal(alone.center, beside.center)
    assert torch.equal(alone.scale, beside.scale)


@pytest.mark.parametrize("robust", [True, False])
def test_statistics__stack__is_each_member_alone(robust: bool) -> None:
    generator = torch.Generator().manual_seed(0)
    values = torch.randn(30, 3, generator=generator, dtype=torch.float64)
    codes = torch.randint(0, 5, (30, 1), generator=generator)
    weights = torch.randint(0, 3, (4, 30), generator=generator).double()

    stack = learn_statistics(values, codes, weights, (5,), robust=robust)

    for i, weight in enumerate(weights):
        alone = learn_statistics(values, codes, weight, (5,), robust=robust)
        assert torch.equal(stack.center[i], alone.center)
        assert torch.equal(stack.scale[i], alone.scale)
        assert torch.equal(stack.known[i], alone.known)


def test_statistics__levels__are_known_where_they_occur_with_weight() -> None:
    codes = torch.tensor([[2, 3], [3, 2], [4, 2]])
    weights = torch.tensor([[1.0, 0.0, 2.0], [0.0, 1.0, 0.0]], dtype=torch.float64)

    known = learn_statistics(torch.zeros(3, 0), codes, weights, (5, 4), robust=True).known

    # Missing and unseen are always known; then the levels of the first column and of the second.
    assert known.long().tolist() == [[1, 1, 1, 0, 1, 1, 1, 1, 1], [1, 1, 0, 1, 0, 1, 1, 1, 0]]


@pytest.mark.parametrize("members", [(), (3,)])
def test_statistics__no_columns__keep_their_shape(members: tuple[int, ...]) -> None:
    statistics = learn_statistics(
        torch.zeros(2, 0),
        torch.zeros(2, 0, dtype=torch.int64),
        torch.ones(*members, 2).double(),
        (),
        robust=True,
    )

    assert statistics.center.shape == statistics.scale.shape == statistics.known.shape == (*members, 0)


def test_statistics__precision__is_that_of_the_numbers() -> None:
    values = torch.tensor([[1.0], [2.0]])

    statistics = statistics_of(values, torch.ones(2), robust=False)

    assert statistics.center.dtype == statistics.scale.dtype == torch.float32


# Bins


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


@pytest.fixture
def few_bins(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four bins where there are many values, eight at most where each has an edge, for up to three columns."""
    monkeypatch.setattr(statistics, "BINS", ((12, 4), (24, 8)))
    monkeypatch.setattr(statistics, "FEWEST_BINS", 2)


def with_bins(values: Tensor, weights: Tensor) -> InputStatistics:
    codes = torch.zeros(len(values), 0, dtype=torch.int64)
    return learn_statistics(values, codes, weights.double(), (), robust=True, bins=True)


@pytest.mark.usefixtures("few_bins")
def test_statistics__bins__group_columns_of_equally_many() -> None:
    nan = float("nan")
    twenty = [float(i) for i in range(20)]
    values = columns(
        twenty,
        [1.0] * 20,  # a constant
        [0.0, 1.0] * 10,
        [0.0, 1.0, 3.0, nan] * 5,
        [nan] * 20,
        [-v for v in twenty],
    )

    groups = with_bins(values, torch.ones(20)).bins

    assert [group.columns.tolist() for group in groups] == [[0, 5], [3]]
    assert groups[0].edges.tolist() == [[0.0, 4.0, 9.0, 14.0, 19.0], [-19.0, -15.0, -10.0, -5.0, 0.0]]
    assert groups[1].edges.tolist() == [[0.0, 1.0, 3.0]]


@pytest.mark.usefixtures("few_bins")
def test_statistics__bins_of_a_stack__are_each_members() -> None:
    values = columns([float(i * i) for i in range(30)], [float(i % 5) for i in range(30)])
    weights = torch.randint(0, 3, (4, 30), generator=torch.Generator().manual_seed(0))

    stack = with_bins(values, weights)

    for i, weight in enumerate(weights):
        for group, alone in zip(stack.bins, with_bins(values, weight).bins, strict=True):
            assert torch.equal(group.columns, alone.columns)
            assert torch.equal(group.edges[i], alone.edges)


def test_statistics__columns_that_are_not_cut__leave_their_share_to_the_others() -> None:
    values = torch.rand(300, 10, generator=torch.Generator().manual_seed(0), dtype=torch.float64)

    alone = with_bins(values, torch.ones(300)).bins
    beside = with_bins(torch.cat([torch.zeros(300, 90), values], 1), torch.ones(300)).bins

    assert beside[0].columns.tolist() == list(range(90, 100))
    assert torch.equal(alone[0].edges, beside[0].edges)


def test_statistics__no_bins_asked_for__has_none() -> None:
    assert statistics_of(columns([1.0, 2.0, 3.0]), torch.ones(3), robust=True).bins == ()


def test_statistics__take__keeps_these_members_in_this_order() -> None:
    generator = torch.Generator().manual_seed(0)
    values = torch.randn(30, 2, generator=generator, dtype=torch.float64)
    codes = torch.randint(2, 5, (30, 1), generator=generator)
    weights = torch.randint(0, 2, (3, 30), generator=generator).double()
    stack = learn_statistics(values, codes, weights, (5,), robust=True, bins=True)

    taken = stack.take([2, 0])

    assert taken.cardinalities == stack.cardinalities
    assert torch.equal(taken.bins[0].columns, stack.bins[0].columns)
    for mine, all_ in (
        (taken.center, stack.center),
        (taken.scale, stack.scale),
        (taken.known, stack.known),
        (taken.bins[0].edges, stack.bins[0].edges),
    ):
        assert torch.equal(mine, all_[[2, 0]])


# Beside scikit-learn

column_values = st.lists(
    st.one_of(st.integers(-5, 5).map(float), st.floats(-1e3, 1e3).map(lambda v: round(v, 3))),
    min_size=2,
    max_size=40,
)


@given(values=column_values)
def test_statistics__standard__are_those_of_the_standard_scaler(values: list[float]) -> None:
    column = np.array(values)[:, None]
    theirs = StandardScaler().fit(column)

    actual = statistics_of(torch.from_numpy(column), torch.ones(1, len(values)), robust=False)

    assert actual.center.item() == pytest.approx(theirs.mean_[0], abs=1e-9)
    assert actual.scale.item() == pytest.approx(theirs.scale_[0], rel=1e-9)


@given(values=column_values, n=st.integers(0, 9))
def test_statistics__robust__are_those_of_the_robust_scaler(values: list[float], n: int) -> None:
    # Over 4m + 1 rows the quartiles are rows, whichever definition is used.
    values = (values * 21)[: 4 * n + 5]
    column = np.array(values)[:, None]
    theirs = RobustScaler().fit(column)

    actual = statistics_of(torch.from_numpy(column), torch.ones(1, len(values)), robust=True)

    assert actual.center.item() == pytest.approx(theirs.center_[0])
    first, third = np.quantile(values, (0.25, 0.75))
    if third > first:
        assert actual.scale.item() == pytest.approx(theirs.scale_[0])


@given(seed=st.integers(0, 99), bins=st.integers(2, 8))
def test_edges__many_values__are_those_of_the_bins_discretizer(seed: int, bins: int) -> None:
    column = np.random.default_rng(seed).normal(size=(50, 1))
    theirs = KBinsDiscretizer(bins, strategy="quantile", quantile_method="inverted_cdf").fit(column)

    actual = SortedColumn(torch.from_numpy(column[:, 0]), torch.ones(1, 50).double()).edges(bins)

    np.testing.assert_allclose(actual[0].numpy(), theirs.bin_edges_[0])
