from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from gradients import check_gradients
from netable.errors import ConfigError
from netable.nn.layers.linear import Linear


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


@pytest.mark.parametrize("members", [(), (2,)])
@pytest.mark.parametrize("own_rows", [True, False])
def test_linear__gradients__are_those_of_differences(
    members: tuple[int, ...], own_rows: bool, generator: torch.Generator
) -> None:
    rows = members if own_rows else ()
    x = torch.randn(*rows, 4, 3, generator=generator, dtype=torch.float64)

    check_gradients(Linear(3, 2, members, generator=generator), x)
