from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from levels import CARDINALITIES, MEMBERS, ROWS, classes_of, codes_of, learned, parts_and_weights, rows_of
from netable.nn import groups
from netable.nn.groups import Groups
from netable.nn.level_means import SMOOTHING, bounded_targets, have_room, learn_level_means


def by_pandas(codes: torch.Tensor, y: torch.Tensor, learns: torch.Tensor, columns: list[int]) -> pd.Series:
    frame = pd.DataFrame(codes.numpy()[:, columns]).assign(y=y.numpy()[:, 0])[learns.numpy()]
    groups = frame.groupby([*range(len(columns))])["y"]
    return (groups.sum() + SMOOTHING * frame["y"].mean()) / (groups.count() + SMOOTHING)


def test_learn_level_means__classes__are_the_smoothed_means_of_pandas() -> None:
    codes, y, (parts, weights) = codes_of(0), classes_of(1), parts_and_weights()
    means = learned(codes, y, weights, parts)
    places = rows_of(means, codes)
    for member in range(MEMBERS):
        learns = weights[member] > 0
        for i, pair in enumerate(means.formed.columns.tolist()):
            columns = pair[:1] if pair[0] == pair[1] else pair
            expected = by_pandas(codes, y, learns, columns)
            for row in range(60):
                key = tuple(codes[row, columns].tolist())
                value = expected.get(key if len(key) > 1 else key[0])
                if value is not None and places[row, i]:
                    actual = float(means.means[member, places[row, i], 0])
                    np.testing.assert_allclose(actual, value, rtol=1e-6)


def test_learn_level_means__rows_of_a_part__have_means_without_it() -> None:
    codes, y, (parts, weights) = codes_of(0), classes_of(1), parts_and_weights()
    other = y.clone()
    other[parts == 2] = 1 - other[parts == 2]

    means, changed = (learned(codes, targets, weights, parts) for targets in (y, other))

    # The member 1 learns nothing from the part 2; the others do, but not for its rows.
    assert torch.equal(means.means[1], changed.means[1])
    assert not torch.equal(means.means[0], changed.means[0])
    assert means.by_part is not None
    assert changed.by_part is not None
    assert torch.equal(means.by_part[:, 2], changed.by_part[:, 2])
    assert torch.equal(means.by_part[1, 2], means.means[1])


def test_learn_level_means__unknown_groups__have_the_mean_of_all_rows() -> None:
    codes, y, (parts, weights) = codes_of(0), classes_of(1), parts_and_weights()
    codes[7, :2] = torch.tensor([5, 13])
    alone = (codes[:, 0] == 5) & (codes[:, 1] == 13)
    codes[alone & (torch.arange(ROWS) != 7), 1] = 12

    means = learned(codes, y, weights, parts)
    pair = means.formed.columns.tolist().index([0, 1])

    assert rows_of(means, codes)[7, pair] == 0
    np.testing.assert_allclose(float(means.means[0, 0, 0]), float(y[weights[0] > 0].mean()), rtol=1e-6)


@given(seed=st.integers(0, 50))
def test_learn_level_means__weight_of_two__is_the_row_twice(seed: int) -> None:
    rows = 60
    codes, y = codes_of(seed, rows), classes_of(seed + 1, rows)
    codes, y = codes.repeat(2, 1), y.repeat(2, 1)  # every group is repeated
    parts, weights = parts_and_weights(rows)
    parts, weights = parts.repeat(2), weights.repeat(1, 2)
    twice = torch.from_numpy(np.random.default_rng(seed).random(2 * rows) < 0.3)

    weighted = learned(codes, y, weights * torch.where(twice, 2.0, 1.0), parts)
    both = [torch.cat([part, part[twice]]) for part in (codes, y, parts)]
    repeated = learned(both[0], both[1], torch.cat([weights, weights[:, twice]], 1), both[2])

    assert torch.equal(weighted.keys, repeated.keys)
    assert torch.allclose(weighted.by_part, repeated.by_part, atol=1e-6)


def test_learn_level_means__several_targets__have_means_of_each() -> None:
    codes, (parts, weights) = codes_of(0), parts_and_weights()
    y = torch.cat([classes_of(1), classes_of(2)], 1)

    both = learned(codes, y, weights, parts)
    first, second = (learned(codes, y[:, [i]], weights, parts) for i in (0, 1))

    assert torch.equal(both.means, torch.cat([first.means, second.means], -1))
    assert both.center.shape == (MEMBERS, 2 * len(both.formed.columns))


def test_learn_level_means__outlier_of_a_regression__does_not_decide_a_mean() -> None:
    codes, (parts, weights) = codes_of(0), parts_and_weights()
    y = torch.from_numpy(np.random.default_rng(0).normal(size=(ROWS, 1)))
    spoiled = y.clone()
    spoiled[5] = 1e12

    means, with_outlier = (
        learned(codes, bounded_targets(targets, weights), weights, parts).means for targets in (y, spoiled)
    )

    assert (means - with_outlier).abs().max() < 0.5


def test_bounded_targets__rows_that_a_member_does_not_learn_from__do_not_scale_it() -> None:
    (parts, weights) = parts_and_weights()
    y = torch.from_numpy(np.random.default_rng(0).normal(size=(ROWS, 1)))
    other = torch.where(parts[:, None] == 1, 100.0, 1.0) * y

    bounded, changed = bounded_targets(y, weights), bounded_targets(other, weights)

    assert torch.equal(bounded[0, parts != 1], changed[0, parts != 1])
    assert bounded.abs().max() <= 3
    middle = bounded[0, weights[0] > 0, 0].median()
    assert abs(float(middle)) < 1e-9


def test_learn_level_means__very_many_groups__keep_the_largest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(groups, "MOST_GROUPS", 5)
    codes, y, (parts, weights) = codes_of(0), classes_of(1), parts_and_weights()

    means = learned(codes, y, weights, parts)
    keys = Groups(means.formed.columns, [*CARDINALITIES[:2], 0, 0])(codes)

    for i in range(len(means.formed.columns)):
        counts = keys[:, i].bincount()
        kept = torch.isin(means.keys, keys[:, i])
        assert int(kept.sum()) == 5
        assert counts[means.keys[kept]].min() >= counts.sort(descending=True).values[4]


def test_learn_level_means__few_levels_and_texts_alone__have_no_pairs() -> None:
    codes = codes_of(0)[:, 2:]
    y, (parts, weights) = classes_of(1), parts_and_weights()

    means = learn_level_means(torch.zeros(ROWS, 0), codes, y, weights, parts, (9,), (2,))

    assert means.formed.columns.shape == (0, 2)
    assert means.means.shape == (MEMBERS, 1, 1)
    assert means.center.shape == (MEMBERS, 0)


@pytest.mark.parametrize(("d_out", "expected"), [(1, True), (8, True), (9, False)])
def test_have_room__classes__are_few(d_out: int, expected: bool) -> None:
    assert have_room(d_out) is expected
