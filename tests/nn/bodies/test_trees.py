from __future__ import annotations

import pytest
import torch

from netable.nn import ObliviousTrees
from netable.nn.bodies.trees import DEPTH, N_TREES

N_LEAVES = 1 << DEPTH


def planted(members: int = 2) -> ObliviousTrees:
    """Member m asks in its second tree whether feature m is above .5, 1.5, …; each leaf is its own number."""
    body = ObliviousTrees(3, 1, members=(members,)).eval()
    picks = torch.zeros(members, 3, DEPTH)
    picks[torch.arange(members), torch.arange(members)] = 1
    leaves = torch.arange(N_LEAVES, dtype=torch.float32)[:, None]
    body.plant(1, picks, torch.arange(DEPTH) + 0.5, leaves)
    return body


def test_trees__first_split__is_the_highest_bit_of_the_leaf() -> None:
    x = torch.tensor([[0.0, 9.0, 0.0], [1.0, 0.0, 0.0], [2.0, 1.0, 0.0]])

    output = planted()(x)

    half = N_LEAVES // 2
    assert output[..., 0].tolist() == [[0, half, half + half // 2], [N_LEAVES - 1, 0, half]]


def test_trees__those_that_are_not_planted__are_not_counted() -> None:
    body = planted()
    body.planted = 1
    assert not body(torch.full((1, 3), 9.0)).any()
    body.planted = N_TREES
    assert body(torch.full((1, 3), 9.0)).all()


def test_trees__one_member__equals_it_within_the_stack() -> None:
    body, alone = planted(), ObliviousTrees(3, 1).eval()
    alone.load_state_dict({name: tensor[1] for name, tensor in body.state_dict().items()})
    x = torch.randn(7, 3)

    assert torch.equal(alone(x), body(x)[1])


def test_trees__autocast__does_not_round_features() -> None:
    body, x = planted(), torch.tensor([[0.5001, 0.5001, 0.0]])
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(body(x), planted()(x).float())
        assert body(x)[0, 0, 0] == N_LEAVES // 2


def test_summary__trees__are_counted() -> None:
    assert ObliviousTrees(3, 1).summary() == f"ObliviousTrees({N_TREES} of depth {DEPTH})"


@pytest.mark.parametrize("d_out", [1, 4])
def test_trees__nothing_planted__is_the_bias(d_out: int) -> None:
    body = ObliviousTrees(3, d_out, members=(2,))
    body.begin_at(torch.ones(2, 1, d_out))

    assert torch.equal(body(torch.randn(5, 3)), torch.ones(2, 5, d_out))


def test_trees__no_rows__have_no_outputs() -> None:
    assert planted()(torch.empty(0, 3)).shape == (2, 0, 1)


def test_uproot__trees_that_are_not_in_use__add_nothing_later() -> None:
    body = planted()
    body.planted = 1
    body.uproot()
    body.planted = N_TREES
    assert not body(torch.full((1, 3), 9.0)).any()
