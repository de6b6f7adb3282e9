from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.preprocessing import RobustScaler, StandardScaler
from torch import Tensor

from netable.nn import quantiles
from netable.nn.statistics import (
    InputStatistics,
    learn_statistics,
)

numbers = st.one_of(st.just(float("nan")), st.integers(-5, 5).map(float), st.floats(-1e6, 1e6))


weighted_rows = st.lists(st.tuples(numbers, st.integers(0, 4)), min_size=1, max_size=30)


def columns(*values: list[float]) -> Tensor:
    return torch.tensor(values, dtype=torch.float64).T


def statistics_of(values: Tensor, weights: Tensor, *, robust: bool) -> InputStatistics:
    codes = torch.zeros(len(values), 0, dtype=torch.int64)
    return learn_statistics(values, codes, weights.double(), (), robust=robust)


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


@pytest.mark.parametrize(
    ("others", "scale"),
    [
        ([0.1, 0.3, 0.2, 900.0, -0.4], 0.3),  # an amount that most rows have none of, and a far one
        ([1.0, 1.0, 1.0], 0.5),  # a flag
    ],
)
def test_statistics__mostly_one_value__scale_is_that_of_the_other_values(
    others: list[float], scale: float
) -> None:
    rest = [0.0] * 30
    values = columns([*rest, *others, 7e5])
    weights = torch.ones(2, len(values))
    weights[:, -1] = 0  # a row that nobody learns from
    weights[1, len(rest) :] = 0  # the second member has one value only

    statistics = statistics_of(values, weights, robust=True)

    assert statistics.center.tolist() == [[0.0], [0.0]]
    assert statistics.scale.flatten().tolist() == pytest.approx([scale, 1.0])


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


@pytest.fixture
def few_bins(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four bins where there are many values, eight at most where each has an edge, for up to three columns."""
    monkeypatch.setattr(quantiles, "BINS", ((12, 4), (24, 8)))
    monkeypatch.setattr(quantiles, "FEWEST_BINS", 2)


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
