from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.preprocessing import SplineTransformer
from torch import Tensor

from gradients import check_gradients
from netable.nn import Periodic, PiecewiseLinear


def places(x: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """`PiecewiseLinear`, computed a number at a time: x (rows, n), edges (n, bins + 1)."""
    out = np.zeros((*x.shape, edges.shape[1] - 1))
    for row, column, bin_ in np.ndindex(out.shape):
        low, high = edges[column, bin_ : bin_ + 2]
        if high > low:
            out[row, column, bin_] = np.clip((x[row, column] - low) / (high - low), 0, 1) - 0.5
    return out.reshape(len(x), -1)


def normal(*shape: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


# Places among bins


def test_piecewise_linear__worked_example__is_below_within_and_above() -> None:
    layer = PiecewiseLinear(torch.tensor([0]), torch.tensor([[0.0, 1.0, 3.0]]))

    actual = layer(torch.tensor([[-9.0], [0.0], [0.25], [1.0], [2.0], [3.0], [9.0]]))

    assert actual.tolist() == [
        [-0.5, -0.5],
        [-0.5, -0.5],
        [-0.25, -0.5],
        [0.5, -0.5],
        [0.5, 0.0],
        [0.5, 0.5],
        [0.5, 0.5],
    ]


@given(seed=st.integers(0, 999), n=st.integers(1, 3), bins=st.integers(1, 5), equal=st.booleans())
def test_piecewise_linear__any_edges__is_the_plain_formula(seed: int, n: int, bins: int, equal: bool) -> None:
    rng = np.random.default_rng(seed)
    x, edges = rng.normal(size=(7, 4)), np.sort(rng.normal(size=(n, bins + 1)), 1)
    if equal:
        edges[:, -2:] = edges[:, -2:-1]
    columns = rng.permutation(4)[:n]
    layer = PiecewiseLinear(torch.from_numpy(columns), torch.from_numpy(edges))

    actual = layer(torch.from_numpy(x))

    assert layer.d_out == n * bins
    np.testing.assert_allclose(actual.numpy(), places(x[:, columns], edges), atol=1e-9)


def test_piecewise_linear__stack__has_edges_for_each_member() -> None:
    x, edges = normal(3, 6, 2), normal(3, 2, 5).sort(-1).values
    layer = PiecewiseLinear(torch.arange(2), edges)

    actual = layer(x)

    assert actual.shape == (3, 6, 8)
    for member_x, member_edges, features in zip(x.numpy(), edges.numpy(), actual.numpy(), strict=True):
        np.testing.assert_allclose(features, places(member_x, member_edges), atol=1e-9)


def test_piecewise_linear__bins_of_no_width__are_zero() -> None:
    layer = PiecewiseLinear(torch.tensor([0]), torch.tensor([[0.0, 2.0, 2.0, 2.0]]))

    assert layer(torch.tensor([[-1.0], [2.0], [5.0]]))[:, 1:].tolist() == [[0.0, 0.0]] * 3


@pytest.mark.parametrize("width", [1e-45, 1e-40, 1e-38])
def test_piecewise_linear__bins_as_narrow_as_numbers_go__stay_finite(width: float) -> None:
    layer = PiecewiseLinear(torch.tensor([0]), torch.tensor([[0.0, width, 1.0]]))

    actual = layer(torch.tensor([[-1.0], [0.0], [width], [0.5], [1e6]]))

    assert actual.isfinite().all()
    assert actual.abs().max() <= 0.5
    assert actual[:, 0].diff().min() >= 0


def test_piecewise_linear__edges__are_saved_and_not_learned() -> None:
    layer = PiecewiseLinear(torch.tensor([1]), torch.tensor([[0.0, 1.0]]))
    x = torch.ones(2, 3)

    assert not list(layer.parameters())
    assert set(layer.state_dict()) == {"columns", "middle", "slope"}
    layer(x)
    assert torch.equal(x, torch.ones(2, 3))


# Waves


@pytest.mark.parametrize("members", [(), (3,)])
def test_periodic__numbers__become_the_waves_of_the_formula(members: tuple[int, ...]) -> None:
    layer = Periodic(2, members, generator=torch.Generator().manual_seed(1)).double()
    x = normal(*members, 5, 2)

    actual = layer(x)

    assert layer.d_out == 2 * Periodic.FREQUENCIES
    assert actual.shape == (*members, 5, layer.d_out)
    frequency, phase = (p.detach().numpy()[..., None, :, :] for p in (layer.frequency, layer.phase))
    expected = np.cos(2 * math.pi * (frequency * x.numpy()[..., None] + phase))
    np.testing.assert_allclose(actual.detach().numpy(), expected.reshape(actual.shape), atol=1e-12)


def test_periodic__first_values__have_the_spread_that_is_promised() -> None:
    layer = Periodic(5000, generator=torch.Generator().manual_seed(0))

    assert layer.frequency.std().item() == pytest.approx(Periodic.SPREAD, rel=0.02)
    assert layer.frequency.mean().item() == pytest.approx(0, abs=0.003)
    assert -0.5 <= layer.phase.min().item() < -0.49
    assert 0.49 < layer.phase.max().item() <= 0.5


def test_periodic__own_generator__decides_and_leaves_the_global_one_alone() -> None:
    before = torch.get_rng_state()
    first, again, other = (Periodic(3, generator=torch.Generator().manual_seed(seed)) for seed in (0, 0, 1))

    assert torch.equal(first.frequency, again.frequency)
    assert torch.equal(first.phase, again.phase)
    assert not torch.equal(first.frequency, other.frequency)
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("members", [(), (2,)])
def test_periodic__gradients__are_those_of_the_formula(members: tuple[int, ...]) -> None:
    layer = Periodic(2, members, generator=torch.Generator().manual_seed(2)).double()
    x = normal(*members, 3, 2).requires_grad_()

    def waves(x: Tensor, frequency: Tensor, phase: Tensor) -> Tensor:
        return torch.func.functional_call(layer, {"frequency": frequency, "phase": phase}, (x,))

    assert torch.autograd.gradcheck(waves, (x, layer.frequency, layer.phase))


@pytest.mark.parametrize("members", [(), (2,)])
def test_numeric__second_derivatives__are_those_of_differences(members: tuple[int, ...]) -> None:
    x = normal(*members, 4, 2) + 0.01  # the edges, drawn from the same stream, are kinks
    edges = normal(*members, 2, 4).sort(-1).values

    check_gradients(PiecewiseLinear(torch.arange(2), edges), x)
    check_gradients(Periodic(2, members, generator=torch.Generator().manual_seed(2)), x)


@given(seed=st.integers(0, 99), bins=st.integers(1, 5))
def test_piecewise_linear__any_edges__spans_scikit_learns_splines_of_degree_one(seed: int, bins: int) -> None:
    rng = np.random.default_rng(seed)
    knots, x = np.sort(rng.normal(size=(bins + 1, 1)), 0), 2 * rng.normal(size=(20, 1))
    theirs = SplineTransformer(degree=1, knots=knots, extrapolation="constant").fit_transform(x)

    places = PiecewiseLinear(torch.tensor([0]), torch.from_numpy(knots.T.copy()))(torch.from_numpy(x)).numpy()

    # How much of each bin lies below x; a hat is the difference of two neighbours.
    risen = np.hstack([np.ones((20, 1)), places + 0.5, np.zeros((20, 1))])
    np.testing.assert_allclose(-np.diff(risen, axis=1), theirs, atol=1e-9)
