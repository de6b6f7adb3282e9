from __future__ import annotations

import math

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from gradients import check_gradients
from netable.errors import ConfigError
from netable.nn.layers import ACTIVATIONS, Dropout, Linear, activation_gain, make_activation


@pytest.fixture
def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def test_linear__weights_of_a_torch_layer__gives_the_same_output(generator: torch.Generator) -> None:
    ours, theirs = Linear(3, 2), nn.Linear(3, 2)
    with torch.no_grad():
        ours.weight.copy_(theirs.weight.T)
        ours.bias.copy_(theirs.bias)
    x = torch.randn(5, 3, generator=generator)

    torch.testing.assert_close(ours(x), theirs(x))


@pytest.mark.parametrize("shape", [(5, 3), (4, 5, 3)], ids=["shared input", "an input each"])
def test_linear__stack__is_each_member_alone(shape: tuple[int, ...], generator: torch.Generator) -> None:
    stack = Linear(3, 2, (4,), generator=generator)
    nn.init.normal_(stack.bias, generator=generator)
    x = torch.randn(shape, generator=generator)

    output = stack(x)

    assert output.shape == (4, 5, 2)
    for i, member_x in enumerate(x.expand(4, 5, 3)):
        torch.testing.assert_close(output[i], member_x @ stack.weight[i] + stack.bias[i])


def test_linear__first_weights__have_the_deviation_that_was_asked_for(generator: torch.Generator) -> None:
    layer = Linear(400, 500, gain=3.0, generator=generator)

    assert layer.weight.std().item() == pytest.approx(3 / math.sqrt(400), rel=0.01)
    assert not layer.bias.any()


@pytest.mark.parametrize(("sizes", "name"), [((0, 1), "d_in"), ((1, 0), "d_out")])
def test_linear__no_features__names_the_argument(sizes: tuple[int, int], name: str) -> None:
    with pytest.raises(ConfigError, match=rf"^{name} must be an integer of at least 1; got 0\.$"):
        Linear(*sizes)


def test_linear__printed__shows_its_sizes() -> None:
    assert str(Linear(3, 2)) == "Linear(3, 2)"
    assert str(Linear(3, 2, (4,))) == "Linear(3, 2, members=(4,))"


@pytest.mark.parametrize(
    ("name", "at_minus_two", "at_two"),
    [
        ("relu", 0.0, 2.0),
        ("leaky_relu", -0.02, 2.0),
        ("sigmoid", 1 / (1 + math.e**2), 1 / (1 + math.e**-2)),
        ("tanh", math.tanh(-2), math.tanh(2)),
        ("selu", 1.0507009873554805 * 1.6732632423543772 * (math.e**-2 - 1), 1.0507009873554805 * 2),
        ("silu", -2 / (1 + math.e**2), 2 / (1 + math.e**-2)),
        ("gelu", -2 * math.erfc(math.sqrt(2)) / 2, 2 - math.erfc(math.sqrt(2))),
        ("mish", -2 * math.tanh(math.log1p(math.e**-2)), 2 * math.tanh(math.log1p(math.e**2))),
    ],
)
def test_activation__two_points__is_the_function_of_its_name(
    name: str, at_minus_two: float, at_two: float
) -> None:
    x = torch.tensor([-2.0, 2.0], dtype=torch.float64)

    torch.testing.assert_close(
        make_activation(name)(x), torch.tensor([at_minus_two, at_two], dtype=torch.float64)
    )


def test_activation__slip_of_the_finger__names_the_nearest() -> None:
    with pytest.raises(ConfigError, match=r"^activation cannot be 'rellu'. Did you mean 'relu'\?$"):
        make_activation("rellu")


@pytest.mark.parametrize("name", sorted(set(ACTIVATIONS) - {"sigmoid"}))
def test_activation_gain__ten_layers__keep_a_signal_alive(name: str, generator: torch.Generator) -> None:
    x = torch.randn(256, 256, generator=generator)
    for _ in range(10):
        x = make_activation(name)(Linear(256, 256, gain=activation_gain(name), generator=generator)(x))

    assert 0.1 < x.std().item() < 10


def test_dropout__training__silences_the_share_and_scales_up_the_rest(generator: torch.Generator) -> None:
    dropout = Dropout(0.25)
    dropout.generator = generator

    dropped = dropout(torch.ones(400, 1000))

    assert dropped.unique().tolist() == pytest.approx([0, 4 / 3])
    assert (dropped == 0).float().mean().item() == pytest.approx(
        0.25, abs=4 * math.sqrt(0.25 * 0.75 / 400_000)
    )


def test_dropout__mask__differs_between_units_and_rows(generator: torch.Generator) -> None:
    dropout = Dropout(0.5)
    dropout.generator = generator

    dropped = dropout(torch.ones(64, 64))

    assert len(dropped.unique(dim=0)) == 64
    assert len(dropped.unique(dim=1).T) == 64


def test_dropout__stack__silences_the_same_units_of_all_members(generator: torch.Generator) -> None:
    dropout = Dropout(0.5)
    dropout.generator = generator
    x = torch.randn(4, 64, 64, generator=generator)

    dropped = dropout(x)

    kept = dropped != 0
    assert torch.equal(kept, kept[:1].expand(4, 64, 64))
    torch.testing.assert_close(dropped[kept], 2 * x[kept])
    assert len(kept[0].unique(dim=0)) == 64


@pytest.mark.parametrize("p", [0.1, 0.25, 0.7])
def test_dropout__stack__keeps_every_members_mean(p: float, generator: torch.Generator) -> None:
    dropout = Dropout(p)
    dropout.generator = generator

    means = dropout(torch.ones(3, 400, 1000)).mean((1, 2))

    assert means.unique().numel() == 1
    assert means[0].item() == pytest.approx(1, abs=5 * math.sqrt(p / (1 - p) / 400_000))


def test_dropout__gradient__passes_where_the_unit_was_kept(generator: torch.Generator) -> None:
    dropout = Dropout(0.5)
    dropout.generator = generator
    x = torch.ones(3, 5, requires_grad=True)

    dropped = dropout(x)
    dropped.sum().backward()

    assert torch.equal(x.grad, dropped.detach())


@pytest.mark.parametrize("p", [0.0, 0.001])
def test_dropout__share_below_half_a_byte_step__does_nothing(p: float) -> None:
    x = torch.ones(7)

    assert Dropout(p)(x) is x


def test_dropout__evaluation__hands_on_its_input() -> None:
    x = torch.ones(7)

    assert Dropout(0.5).eval()(x) is x


def test_dropout__share_of_almost_one__stays_finite(generator: torch.Generator) -> None:
    dropout = Dropout(0.999)
    dropout.generator = generator

    dropped = dropout(torch.ones(1000, 100))

    assert dropped.isfinite().all()
    assert dropped.mean().item() == pytest.approx(1, abs=0.2)


def test_dropout__own_generator__leaves_the_global_one_alone(generator: torch.Generator) -> None:
    dropout = Dropout(0.5)
    dropout.generator = generator
    before = torch.get_rng_state()

    first = dropout(torch.ones(20))
    generator.manual_seed(0)

    assert torch.equal(dropout(torch.ones(20)), first)
    assert torch.equal(torch.get_rng_state(), before)


def test_dropout__printed__shows_its_share() -> None:
    assert str(Dropout(0.1)) == "Dropout(p=0.1016)"


def test_relu_and_sigmoid__slope__are_one_and_at_most_a_quarter() -> None:
    x = torch.linspace(-9, 9, 1801, requires_grad=True)
    (sigmoid,) = torch.autograd.grad(make_activation("sigmoid")(x).sum(), x)
    (relu,) = torch.autograd.grad(F.relu(x).sum(), x)

    assert sigmoid.max().item() == pytest.approx(0.25)
    assert torch.equal(relu, (x > 0).float())


@pytest.mark.parametrize("members", [(), (2,)])
@pytest.mark.parametrize("own_rows", [True, False])
def test_linear__gradients__are_those_of_differences(
    members: tuple[int, ...], own_rows: bool, generator: torch.Generator
) -> None:
    rows = members if own_rows else ()
    x = torch.randn(*rows, 4, 3, generator=generator, dtype=torch.float64)

    check_gradients(Linear(3, 2, members, generator=generator), x)
