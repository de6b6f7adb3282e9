from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from grown import plant
from netable.nn import ACTIVATIONS, MLP, Ensemble, FewRows, TableInput, TableNet, learn_statistics
from netable.nn.bodies.resnet import ResNet
from netable.nn.bodies.trees import ObliviousTrees
from netable.nn.level_means import learn_level_means
from netable.nn.target_encoding import TargetEncoding


def make_columns(seed: int) -> Tensor:
    """Many values with gaps, few values, mostly one value, a flag, and one value alone."""
    generator = torch.Generator().manual_seed(seed)
    many = torch.randn(200, generator=generator)
    many[:20] = torch.nan
    few = torch.randint(0, 9, (200,), generator=generator).float()
    mostly = torch.where(torch.rand(200, generator=generator) < 0.9, 3.0, many)
    flag = (torch.rand(200, generator=generator) < 0.5).float()
    return torch.stack([many, few, mostly, flag, torch.ones(200)], 1)


NO_CODES = np.zeros((200, 0), np.int64)
# Levels of two narrow categories and of a wide one, with those of missing and unseen cells, and pieces of two texts.
LEVELS, WIDTHS = (4, 30, 9, 11, 20), (1, 1, 3, 1, 5)


def make_codes(seed: int, rows: int) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    columns = [
        torch.randint(0, n, (rows, width), generator=generator)
        for n, width in zip(LEVELS, WIDTHS, strict=True)
    ]
    columns[-1][::3] = 0  # texts without a known piece
    return torch.cat(columns, 1)


def make_stack(
    numbers: Tensor,
    seed: int,
    *,
    embedding: str,
    layers: list[int],
    activation: str,
    smooth_clip: bool,
    codes: Tensor | None = None,
    means: bool = False,
) -> TableNet:
    generator = torch.Generator().manual_seed(seed)
    weights = torch.randint(0, 2, (3, len(numbers)), generator=generator).double()
    levels, widths = ((), ()) if codes is None else (LEVELS, WIDTHS)
    codes = torch.zeros(len(numbers), 0, dtype=torch.int64) if codes is None else codes
    statistics = learn_statistics(
        numbers, codes, weights, levels, widths, robust=True, bins=embedding == "bins"
    )
    encoding = None
    if means:
        parts = torch.arange(len(numbers)) % 3 + 1
        y = torch.rand(len(numbers), 2, generator=generator).double()
        of_levels = learn_level_means(numbers, codes, y, weights, parts, levels, widths)
        encoding = TargetEncoding(of_levels.take([0, 1, 2]), levels, widths)
        statistics = statistics.encoded(of_levels)
    inputs = TableInput(
        statistics, smooth_clip=smooth_clip, periodic=embedding == "periodic", generator=generator
    )
    body = MLP(
        inputs.d_out,
        2,
        hidden_layer_sizes=layers,
        activation=activation,
        members=(3,),
        generator=generator,
    )
    for linear in body.linears:
        torch.nn.init.normal_(linear.weight, std=linear.weight.shape[-2] ** -0.5, generator=generator)
        torch.nn.init.normal_(linear.bias, generator=generator)
    return TableNet(inputs, body, encoding).to(numbers.dtype).eval()


@given(
    seed=st.integers(0, 9),
    embeddings=st.lists(st.sampled_from(["none", "bins", "periodic"]), min_size=1, max_size=2),
    layers=st.lists(st.integers(1, 12), max_size=2),
    activation=st.sampled_from(sorted(ACTIVATIONS)),
    smooth_clip=st.booleans(),
    categories=st.sampled_from(["none", "levels", "means"]),
    cells=st.lists(
        st.one_of(st.floats(-4, 12, width=32), st.floats(width=32, allow_infinity=False)),
        min_size=10,
        max_size=10,
    ),
)
def test_few_rows__any_network_and_rows__say_what_the_ensemble_says(
    seed: int,
    embeddings: list[str],
    layers: list[int],
    activation: str,
    smooth_clip: bool,
    categories: str,
    cells: list[float],
) -> None:
    columns, codes = make_columns(seed).double(), None if categories == "none" else make_codes(seed, 200)
    stacks = [
        make_stack(
            columns,
            i,
            embedding=one,
            layers=layers,
            activation=activation,
            smooth_clip=smooth_clip,
            codes=codes,
            means=categories == "means" and i == 0,
        )
        for i, one in enumerate(embeddings)
    ]
    net = Ensemble(stacks).eval()
    # Cells of the table as well: the edges of bins are among them.
    rows = torch.cat([torch.tensor(cells, dtype=torch.float64).view(2, 5), columns[:4]])

    with torch.no_grad():
        codes = torch.zeros(6, 0, dtype=torch.int64) if codes is None else make_codes(seed + 1, 6)
        expected = net(rows, codes)
        actual = FewRows(net)(rows.numpy(), codes.numpy())

    np.testing.assert_allclose(actual, expected.numpy(), rtol=1e-9, atol=1e-9)


def test_few_rows__float32__differ_by_no_more_than_rounding() -> None:
    columns = make_columns(0)
    net = Ensemble(
        [
            make_stack(columns, 0, embedding="bins", layers=[16], activation="relu", smooth_clip=True),
            make_stack(
                columns, 1, embedding="periodic", layers=[16, 16], activation="gelu", smooth_clip=True
            ),
        ]
    )

    with torch.no_grad():
        expected = net(columns, torch.zeros(200, 0, dtype=torch.int64))

    np.testing.assert_allclose(FewRows(net)(columns.numpy(), NO_CODES), expected.numpy(), rtol=0, atol=3e-6)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("categories", ["none", "levels", "means"])
def test_few_rows__trees_cut_at_the_rows_themselves__take_the_leaves_of_the_modules(
    dtype: torch.dtype, categories: str
) -> None:
    columns = make_columns(0).to(dtype)
    codes = None if categories == "none" else make_codes(0, 200)
    given = {"embedding": "none", "layers": [4], "activation": "relu", "smooth_clip": True, "codes": codes}
    network, other = (make_stack(columns, i, means=categories == "means" and i == 1, **given) for i in (0, 1))
    codes = torch.zeros(200, 0, dtype=torch.int64) if codes is None else codes
    trees = ObliviousTrees(other.inputs.d_out, 2, members=(3,)).to(dtype)
    with torch.no_grad():
        features = other.features(columns, other.look_up(columns, codes))
        # Vectors of texts are sums, which have other bits in another order.
        texts = other.inputs.bags.d_out if other.inputs.bags else 0
        plant(trees, features[..., : other.inputs.d_out - texts])
        net = Ensemble([network, TableNet(other.inputs, trees, other.encoding)]).eval()
        expected = net(columns, codes)

    found = FewRows(net)(columns.numpy(), codes.numpy())
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-4)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("activation", sorted(ACTIVATIONS))
def test_few_rows__activation__is_that_of_torch(activation: str) -> None:
    columns = make_columns(0).double()
    net = Ensemble(
        [make_stack(columns, 0, embedding="none", layers=[800], activation=activation, smooth_clip=True)]
    ).eval()

    with torch.no_grad():
        expected = net(columns[:2], torch.zeros(2, 0, dtype=torch.int64))
    actual = FewRows(net)(columns[:2].numpy(), NO_CODES[:2])
    np.testing.assert_allclose(actual, expected.numpy(), rtol=1e-7, atol=1e-7)


def test_few_rows__values_that_overflow__are_cut_in_silence() -> None:
    columns = make_columns(0)
    net = Ensemble(
        [make_stack(columns, 0, embedding="bins", layers=[4], activation="relu", smooth_clip=True)]
    )
    row = np.full((1, 5), 3e38, np.float32)

    assert np.isfinite(FewRows(net)(row, NO_CODES[:1])).all()


def test_few_rows__weights_changed_later__do_not_count() -> None:
    columns = make_columns(0)
    net = Ensemble(
        [make_stack(columns, 0, embedding="bins", layers=[4], activation="relu", smooth_clip=True)]
    )
    few = FewRows(net)
    before = few(columns[:1].numpy(), NO_CODES[:1])
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.zero_()

    np.testing.assert_array_equal(few(columns[:1].numpy(), NO_CODES[:1]), before)


def test_suits__other_networks__are_left_to_the_modules() -> None:
    stack = make_stack(make_columns(0), 0, embedding="none", layers=[], activation="relu", smooth_clip=True)
    resnet = TableNet(stack.inputs, ResNet(stack.inputs.d_out, 1, hidden_layer_sizes=(4, 4), members=(3,)))

    assert FewRows.suits(Ensemble([stack]))
    assert not FewRows.suits(Ensemble([stack, resnet]))
