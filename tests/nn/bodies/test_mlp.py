from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from gradients import check_gradients
from netable.errors import ConfigError
from netable.nn import ACTIVATIONS, MLP


def randomize(net: nn.Module, generator: torch.Generator) -> None:
    """Every parameter counts: the head starts at zero, and would hide the rest."""
    for parameter in net.parameters():
        nn.init.normal_(parameter, generator=generator)


def member(stack: MLP, i: int) -> dict[str, torch.Tensor]:
    return {name: value[i] for name, value in stack.state_dict().items()}


def test_mlp__without_hidden_layers__is_a_linear_model() -> None:
    generator = torch.Generator().manual_seed(0)
    net = MLP(3, 2)
    randomize(net, generator)
    x = torch.randn(5, 3, generator=generator)

    torch.testing.assert_close(net(x), x @ net.head.weight + net.head.bias)
    assert net.linears[0] is net.head


def test_mlp__weights_of_a_plain_sequence__gives_the_same_output() -> None:
    plain = nn.Sequential(nn.Linear(3, 5), nn.Tanh(), nn.Linear(5, 4), nn.Tanh(), nn.Linear(4, 2))
    net = MLP(3, 2, hidden_layer_sizes=(5, 4), activation="tanh")
    with torch.no_grad():
        for ours, theirs in zip((*(block[0] for block in net.blocks), net.head), plain[::2], strict=True):
            ours.weight.copy_(theirs.weight.T)
            ours.bias.copy_(theirs.bias)
    x = torch.randn(7, 3, generator=torch.Generator().manual_seed(0))

    torch.testing.assert_close(net(x), plain(x))
    assert net.linears[0] is net.blocks[0][0]


def test_mlp__new__answers_zero() -> None:
    net = MLP(3, 2, hidden_layer_sizes=(4,), members=(3,))

    assert torch.equal(net(torch.ones(5, 3)), torch.zeros(3, 5, 2))


@given(
    widths=st.lists(st.integers(1, 6), max_size=3),
    activation=st.sampled_from(sorted(ACTIVATIONS)),
    members=st.integers(1, 4),
    seed=st.integers(0, 99),
)
def test_mlp__stack__is_each_member_alone(
    widths: list[int], activation: str, members: int, seed: int
) -> None:
    generator = torch.Generator().manual_seed(seed)
    stack = MLP(3, 2, hidden_layer_sizes=widths, activation=activation, members=(members,)).double()
    randomize(stack, generator)
    x = torch.randn(members, 5, 3, generator=generator, dtype=torch.float64)

    output = stack(x)

    for i in range(members):
        alone = MLP(3, 2, hidden_layer_sizes=widths, activation=activation).double()
        alone.load_state_dict(
            {name: v.view_as(alone.state_dict()[name]) for name, v in member(stack, i).items()}
        )
        torch.testing.assert_close(output[i], alone(x[i]))


def test_mlp__same_generator__gives_the_same_bits_and_leaves_the_global_one_alone() -> None:
    before = torch.get_rng_state()

    nets = [MLP(3, 1, hidden_layer_sizes=(8,), generator=torch.Generator().manual_seed(7)) for _ in range(2)]

    assert torch.equal(nets[0].linears[0].weight, nets[1].linears[0].weight)
    assert torch.equal(torch.get_rng_state(), before)


def test_mlp__unknown_activation__lists_what_there_is() -> None:
    with pytest.raises(ConfigError, match=r"^activation cannot be 'step'. There are: 'relu', 'leaky_relu'"):
        MLP(3, 1, hidden_layer_sizes=(4,), activation="step")


@pytest.mark.parametrize("members", [(), (2,)])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_mlp__gradients__are_those_of_differences(activation: str, members: tuple[int, ...]) -> None:
    generator = torch.Generator().manual_seed(0)
    net = MLP(3, 2, hidden_layer_sizes=(4, 3), activation=activation, members=members).double()
    randomize(net, generator)

    check_gradients(net, torch.randn(*members, 5, 3, generator=generator, dtype=torch.float64))
