from __future__ import annotations

import torch

from netable.nn import MLP, LinearModel


def test_linear_model__same_generator__is_an_mlp_without_hidden_layers() -> None:
    nets = [
        kind(3, 2, members=(4,), generator=torch.Generator().manual_seed(0)) for kind in (LinearModel, MLP)
    ]

    assert list(nets[0].state_dict()) == ["head.weight", "head.bias"]
    for ours, theirs in zip(*(net.state_dict().values() for net in nets), strict=True):
        assert torch.equal(ours, theirs)


def test_linear_model__weights__give_the_weighted_sum() -> None:
    net = LinearModel(2, 1)
    with torch.no_grad():
        net.head.weight.copy_(torch.tensor([[2.0], [-1.0]]))
        net.head.bias.fill_(0.5)

    assert torch.equal(net(torch.tensor([[1.0, 2.0], [3.0, -1.0]])), torch.tensor([[0.5], [7.5]]))
