from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.preprocessing import OneHotEncoder
from torch import Tensor

from gradients import check_gradients
from netable.nn import TableInput, learn_statistics
from netable.nn.codes import FIRST_LEVEL, MISSING, ONE_HOT_LEVELS, UNSEEN
from netable.nn.inputs import EMBEDDING_SIZE, FARTHEST

NAN = float("nan")
WIDE = ONE_HOT_LEVELS + FIRST_LEVEL + 1
NO_CODES = torch.zeros(5, 0, dtype=torch.int64)


def make_input(
    numbers: Tensor,
    codes: Tensor,
    cardinalities: tuple[int, ...] = (),
    weights: Tensor | None = None,
    *,
    smooth_clip: bool = False,
    hidden_share: float = 0.0,
) -> TableInput:
    weights = torch.ones(len(numbers)) if weights is None else weights
    statistics = learn_statistics(numbers, codes, weights.double(), cardinalities, robust=True)
    generator = torch.Generator().manual_seed(0)
    return TableInput(statistics, smooth_clip=smooth_clip, hidden_share=hidden_share, generator=generator)


def table(n: int, seed: int = 0) -> tuple[Tensor, Tensor, tuple[int, ...]]:
    """Two numbers with holes; a category of three levels, one of twenty, a flag."""
    generator = torch.Generator().manual_seed(seed)
    numbers = torch.randn(n, 2, generator=generator)
    numbers[torch.rand(n, 2, generator=generator) < 0.2] = NAN
    cardinalities = (5, 22, 4)
    codes = torch.stack([torch.randint(0, c, (n,), generator=generator) for c in cardinalities], 1)
    return numbers, codes, cardinalities


def test_input__numbers__are_centred_scaled_and_flagged() -> None:
    numbers = torch.tensor([[1.0], [2.0], [3.0], [9.0], [NAN]])  # quartiles 1, 2 and 3

    features = make_input(numbers, NO_CODES)(numbers, NO_CODES)

    assert features.tolist() == [[-0.5, 0.0], [0.0, 0.0], [0.5, 0.0], [3.5, 0.0], [0.0, 1.0]]


def test_input__missing_number__is_the_median_and_its_flag() -> None:
    layer = make_input(torch.tensor([[1.0], [2.0], [3.0], [9.0], [NAN]]), NO_CODES)

    missing, median = layer(torch.tensor([[NAN], [2.0]]), NO_CODES[:2])

    assert missing[0] == median[0]
    assert (missing[1], median[1]) == (1, 0)


def test_input__smooth_clip__bends_the_tails_and_bounds_them() -> None:
    numbers = torch.tensor([[1.0], [2.0], [3.0], [9.0], [1e30]])
    layer = make_input(numbers[:4], NO_CODES[:4], smooth_clip=True)

    features = layer(numbers, NO_CODES)[:, 0]

    x = torch.tensor([-0.5, 0.0, 0.5, 3.5])
    torch.testing.assert_close(features[:4], x / (1 + (x / 3) ** 2).sqrt())
    assert features[4].item() == pytest.approx(3)


def test_input__number_beyond_all_others__is_cut() -> None:
    layer = make_input(torch.tensor([[1.0], [2.0], [3.0], [4.0], [5.0]]), NO_CODES)

    assert layer(torch.tensor([[3e38], [-3e38]]), NO_CODES[:2])[:, 0].tolist() == [FARTHEST, -FARTHEST]


def test_input__few_levels__take_one_column_each() -> None:
    codes = torch.tensor([[2], [3], [4], [3]])
    layer = make_input(torch.zeros(4, 0), codes, (5,))

    features = layer(torch.zeros(5, 0), torch.arange(5)[:, None])

    assert torch.equal(features, torch.eye(5))
    assert layer.rare.tolist() == [True, True, False, False, False]


def test_input__levels_not_seen_in_training__are_unseen_to_each_member() -> None:
    codes = torch.tensor([[2], [3]])
    weights = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    layer = make_input(torch.zeros(2, 0), codes, (4,), weights)

    features = layer(torch.zeros(4, 0), torch.arange(4)[:, None]).argmax(-1)

    assert features.tolist() == [[MISSING, UNSEEN, 2, UNSEEN], [MISSING, UNSEEN, UNSEEN, 3]]


def test_input__many_levels__become_learned_vectors() -> None:
    codes = torch.tensor([[2], [3], [4]]).repeat(2, 1)
    layer = make_input(torch.zeros(6, 0), codes, (WIDE,))

    features = layer(torch.zeros(6, 0), torch.arange(6)[:, None])

    assert layer.d_out == EMBEDDING_SIZE
    assert torch.equal(features[2:5], layer.embedding[2:5])
    # Missing and unseen start as nothing, and a level that training does not have is unseen.
    assert not features[[MISSING, UNSEEN, 5]].any()
    assert features[2:5].any(1).all()


def test_input__level_of_one_row__is_unseen_among_many_levels_only() -> None:
    codes = torch.tensor([[2, 2], [2, 2], [3, 3]])
    layer = make_input(torch.zeros(3, 0), codes, (WIDE, WIDE - 1))

    vectors = layer(torch.zeros(3, 0), codes)[:, layer.d_hot :]
    hot = layer(torch.zeros(3, 0), codes)[:, : layer.d_hot]

    assert vectors[:2].any()
    assert not vectors[2].any()
    assert hot.argmax(1).tolist() == [2, 2, 3]


def test_input__one_level_fewer__takes_one_column_each() -> None:
    layer = make_input(torch.zeros(1, 0), torch.tensor([[2]]), (WIDE - 1,))

    assert layer.d_out == WIDE - 1
    assert not list(layer.parameters())


def test_input__whole_table__knows_its_rare_features() -> None:
    numbers, codes, cardinalities = table(20)
    layer = make_input(numbers, codes, cardinalities)

    features = layer(numbers, codes)

    # Two numbers, two flags, 5 and 4 columns of levels, one vector.
    assert features.shape == (20, layer.d_out) == (20, 2 + 2 + 5 + 4 + EMBEDDING_SIZE)
    assert layer.rare.nonzero().flatten().tolist() == [2, 3, 4, 5, 9, 10]


@given(members=st.integers(1, 4), seed=st.integers(0, 99), own_rows=st.booleans())
def test_input__stack__is_each_member_alone(members: int, seed: int, own_rows: bool) -> None:
    numbers, codes, cardinalities = table(30, seed)
    generator = torch.Generator().manual_seed(seed)
    weights = torch.randint(0, 2, (members, 30), generator=generator)
    weights[:, 0] = 1
    stack = make_input(numbers, codes, cardinalities, weights, smooth_clip=True)
    rows = torch.randint(0, 30, (members, 7) if own_rows else (7,), generator=generator)

    features = stack(numbers[rows], codes[rows])

    assert features.shape == (members, 7, stack.d_out)
    for i in range(members):
        alone = make_input(numbers, codes, cardinalities, weights[i], smooth_clip=True)
        with torch.no_grad():
            alone.embedding.copy_(stack.embedding[i])
        member_rows = rows[i] if own_rows else rows
        torch.testing.assert_close(features[i], alone(numbers[member_rows], codes[member_rows]))


@given(seed=st.integers(0, 99), cut=st.integers(1, 19))
def test_input__batch__does_not_change_a_row(seed: int, cut: int) -> None:
    numbers, codes, cardinalities = table(20, seed)
    layer = make_input(numbers, codes, cardinalities).eval()

    parts = [layer(numbers[part], codes[part]) for part in (slice(cut), slice(cut, None))]

    assert torch.equal(torch.cat(parts), layer(numbers, codes))


def test_input__evaluation__hides_nothing() -> None:
    numbers, codes, cardinalities = table(50)
    hiding = make_input(numbers, codes, cardinalities, hidden_share=0.5).eval()

    assert torch.equal(hiding(numbers, codes), make_input(numbers, codes, cardinalities)(numbers, codes))


def test_input__training__hides_about_the_share_and_spares_the_callers_tensors() -> None:
    numbers = torch.ones(1000, 4)
    codes = torch.full((1000, 3), 2)
    layer = make_input(numbers, codes, (3, 3, 3), hidden_share=0.02)
    layer.generator = torch.Generator().manual_seed(0)

    features = layer(numbers, codes)

    flags, levels = features[:, 4:8], features[:, 8:].view(1000, 3, 3)
    assert 70 <= flags.sum() <= 80  # 80 draws, some twice
    hidden = levels[..., MISSING] + levels[..., UNSEEN]
    assert 52 <= hidden.sum() <= 60
    assert levels[..., MISSING].any()
    assert levels[..., UNSEEN].any()
    assert not numbers.isnan().any()
    assert (codes == 2).all()


def test_input__training__hides_other_cells_for_each_member() -> None:
    numbers = torch.ones(2, 100, 4)
    layer = make_input(numbers[0], NO_CODES[:1].expand(100, 0), (), torch.ones(2, 100), hidden_share=0.1)

    flags = layer(numbers, torch.zeros(2, 100, 0, dtype=torch.int64))[..., 4:]

    assert not torch.equal(flags[0], flags[1])


def test_input__some_of_the_members__hide_the_cells_that_they_hide_among_all() -> None:
    numbers, no_codes = torch.ones(3, 100, 4), torch.zeros(3, 100, 0, dtype=torch.int64)
    hidden = []
    for members in ([0, 1, 2], [2, 0]):
        weights = torch.ones(len(members), 100)
        layer = make_input(numbers[0], NO_CODES[:1].expand(100, 0), (), weights, hidden_share=0.1)
        layer.generator, layer.share = torch.Generator().manual_seed(0), (3, members)
        hidden.append(layer(numbers[members], no_codes[members])[..., 4:])

    assert torch.equal(hidden[0][[2, 0]], hidden[1])


def test_input__own_generator__leaves_the_global_one_alone() -> None:
    numbers, codes, cardinalities = table(20)
    before = torch.get_rng_state()
    layer = make_input(numbers, codes, cardinalities, hidden_share=0.5)
    layer.generator = torch.Generator().manual_seed(0)
    layer(numbers, codes)

    assert torch.equal(torch.get_rng_state(), before)


def test_input__state__loads_into_a_layer_with_blank_statistics() -> None:
    numbers, codes, cardinalities = table(20)
    weights = torch.ones(3, 20)
    layer = make_input(numbers, codes, cardinalities, weights)
    statistics = learn_statistics(numbers, codes, weights.double(), cardinalities, robust=True)
    again = TableInput(
        statistics.blank(2, cardinalities, statistics.widths, (3,), torch.float32),
        smooth_clip=False,
        hidden_share=0.0,
    )
    again.load_state_dict(layer.state_dict())

    assert torch.equal(again(numbers, codes), layer(numbers, codes))


def test_input__rows_of_a_batch_in_parts__have_the_cells_of_the_whole_hidden() -> None:
    numbers, codes, cardinalities = table(30)
    numbers, codes = numbers.expand(2, -1, -1), codes.expand(2, -1, -1)
    weights = torch.ones(2, 30, dtype=torch.float64)
    layer = make_input(numbers[0], codes[0], cardinalities, weights, hidden_share=0.4)
    features = []
    for here in (slice(0, 30), slice(0, 11), slice(11, 30)):
        layer.generator, layer.batch = torch.Generator().manual_seed(0), (30, here)
        features.append([layer(numbers[:, here], codes[:, here]) for _ in range(2)])

    for whole, *parts in zip(*features, strict=True):
        assert torch.equal(torch.cat(parts, 1), whole)
    layer.generator, layer.batch = torch.Generator().manual_seed(0), None
    assert torch.equal(layer(numbers, codes), features[0][0])


@pytest.mark.parametrize("batch", [1, 4, 400])
def test_input__cells_hidden_in_training__are_one_in_a_hundred_in_any_batch(batch: int) -> None:
    numbers, codes = torch.randn(batch, 1), torch.zeros(batch, 0, dtype=torch.int64)
    statistics = learn_statistics(numbers, codes, torch.ones(batch, dtype=torch.float64), [], robust=True)
    inputs = TableInput(statistics, smooth_clip=True)
    inputs.generator = torch.Generator().manual_seed(0)

    hidden = torch.stack([inputs(numbers, codes)[:, 1].mean() for _ in range(4000 // batch)]).mean()

    assert 0.005 < hidden < 0.015


@pytest.mark.parametrize("members", [(), (3,)])
def test_input__bins_and_waves__stand_behind_the_other_features(members: tuple[int, ...]) -> None:
    numbers, codes, cardinalities = table(30)
    weights = torch.randint(1, 3, (*members, 30), generator=torch.Generator().manual_seed(1)).double()
    statistics = learn_statistics(numbers, codes, weights, cardinalities, robust=True, bins=True)
    plain, both = (
        TableInput(
            learned,
            smooth_clip=True,
            periodic=more,
            hidden_share=0,
            generator=torch.Generator().manual_seed(0),
        )
        for learned, more in ((statistics._replace(bins=()), False), (statistics, True))
    )

    features = both(numbers, codes)

    [bins] = both.bins
    assert both.waves is not None
    assert features.shape == (*members, 30, both.d_out)
    assert both.d_out == plain.d_out + bins.d_out + both.waves.d_out
    assert len(both.rare) == both.d_out
    assert not both.rare[plain.d_out :].any()
    assert torch.equal(features[..., : plain.d_out], plain(numbers, codes))
    # Bins see the numbers before their tails are bent, waves after; what is missing is in the middle.
    scaled = (numbers - both.center.unsqueeze(-2)) / both.scale.unsqueeze(-2)
    scaled = scaled.nan_to_num(0.0)
    places = features[..., plain.d_out : plain.d_out + bins.d_out]
    torch.testing.assert_close(places, bins(scaled))
    torch.testing.assert_close(features[..., -both.waves.d_out :], both.waves(features[..., :2]))


def test_input__bins__count_the_edges_below_a_number() -> None:
    numbers = torch.arange(9.0)[:, None]
    codes = torch.zeros(9, 0, dtype=torch.int64)
    statistics = learn_statistics(numbers, codes, torch.ones(9).double(), (), robust=True, bins=True)

    features = TableInput(statistics, smooth_clip=True, hidden_share=0)(numbers, codes)

    # An edge at each of nine values: eight bins, all of them full below the number.
    assert ((features[:, 2:] + 0.5).sum(1)).tolist() == pytest.approx(list(range(9)), abs=1e-5)


@pytest.mark.parametrize("smooth_clip", [True, False])
@pytest.mark.parametrize("members", [(), (2,)])
def test_input__gradients__are_those_of_differences(members: tuple[int, ...], smooth_clip: bool) -> None:
    numbers, codes, cardinalities = table(8)
    numbers = numbers.double()
    statistics = learn_statistics(
        numbers, codes, torch.ones(*members, 8).double(), cardinalities, robust=True, bins=True
    )
    layer = TableInput(
        statistics,
        smooth_clip=smooth_clip,
        periodic=True,
        hidden_share=0,
        generator=torch.Generator().manual_seed(0),
    )

    # At the rows from which they were learned, edges of bins are kinks: a little beside them.
    check_gradients(layer, numbers[:3].nan_to_num(0.3) + 0.001, codes[:3], second=not members)


@given(
    levels=st.lists(st.sampled_from("abcde"), min_size=1, max_size=20),
    new=st.lists(st.sampled_from("abcdexy"), min_size=1, max_size=9),
)
def test_input__few_levels__are_the_columns_of_scikit_learn_and_pandas(
    levels: list[str], new: list[str]
) -> None:
    known = sorted(set(levels))
    theirs = OneHotEncoder(handle_unknown="ignore", sparse_output=False).fit(np.array(levels)[:, None])
    code = torch.tensor([[known.index(level) + 2 if level in known else 1] for level in new])
    learned = torch.tensor([[known.index(level) + 2] for level in levels])
    layer = make_input(torch.zeros(len(levels), 0), learned, (len(known) + 2,)).eval()

    actual = layer(torch.zeros(len(new), 0), code).numpy()

    np.testing.assert_array_equal(actual[:, 2:], theirs.transform(np.array(new)[:, None]))
    dummies = pd.get_dummies(pd.Categorical([v if v in known else None for v in new], known)).to_numpy()
    np.testing.assert_array_equal(actual[:, 2:], dummies)
    np.testing.assert_array_equal(actual[:, 1], [v not in known for v in new])
    assert not actual[:, 0].any()
