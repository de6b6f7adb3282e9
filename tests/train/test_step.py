from __future__ import annotations

import math
from collections.abc import Callable
from threading import Event
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from netable.config.choices import OPTIMIZERS
from netable.errors import DataError
from netable.nn import MLP
from netable.nn.layers.dropout import Dropout
from netable.train import (
    Batches,
    Objective,
    make_optimizer,
    train_epoch,
)
from netable.train.step import Part, clip_gradients, train_step
from small import line
from together import Player, together


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_train_step__precision__is_that_of_products_and_never_of_the_loss(precision: str) -> None:
    products: list[torch.dtype] = []
    losses: list[torch.dtype] = []

    def criterion(output: Tensor, y: Tensor) -> Tensor:
        losses.append(output.dtype)
        return (output - y).square().mean()

    x, y = (t.float() for t in line())
    net = nn.Linear(3, 1)
    net.register_forward_hook(lambda *args: products.append(args[-1].dtype))
    train_step(net, criterion, torch.optim.SGD(net.parameters(), lr=0.1), (x, y), precision=precision)

    assert products == [getattr(torch, precision)]
    assert losses == [net.weight.dtype] == [torch.float32]


@pytest.mark.parametrize("clip_norm", [0.01, 1e6])
def test_clip_gradients__one_network__is_pytorchs(clip_norm: float) -> None:
    nets = [nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 1)).double() for _ in range(2)]
    nets[1].load_state_dict(nets[0].state_dict())
    for net in nets:
        net(line()[0]).square().sum().backward()

    clip_gradients(nets[0], clip_norm)
    nn.utils.clip_grad_norm_(nets[1].parameters(), clip_norm)

    for ours, theirs in zip(nets[0].parameters(), nets[1].parameters(), strict=True):
        torch.testing.assert_close(ours.grad, theirs.grad, rtol=1e-4, atol=0)


@pytest.mark.bad_input(94)
def test_clip_gradients__stack__clips_each_member_by_its_own_length() -> None:
    net = MLP(1, 1, members=(3,))
    for parameter in net.parameters():
        parameter.grad = torch.tensor([0.3, 3.0, 30.0]).view(3, 1, 1).expand_as(parameter).clone()

    clip_gradients(net, 1.0, members=(3,))

    lengths = torch.stack([p.grad.flatten() for p in net.parameters()]).norm(dim=0)
    assert lengths.tolist() == pytest.approx([0.3 * math.sqrt(2), 1.0, 1.0])


@pytest.mark.parametrize(
    ("output", "target", "hint"),
    [
        ((8, 1), (8,), r"give the target a last dimension with y\.unsqueeze\(-1\)"),
        ((8,), (8, 1), r"take the target's last dimension away with y\.squeeze\(-1\)"),
    ],
)
def test_train_epoch__target_of_another_shape__is_caught_before_a_step(
    output: tuple[int, ...], target: tuple[int, ...], hint: str
) -> None:
    class Shaped(nn.Linear):
        def forward(self, x: Tensor) -> Tensor:
            return super().forward(x).view(output)

    net = Shaped(3, 1)
    before = net.weight.detach().clone()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    message = rf"^The network returns {output} but the target is {target}; ".replace("(", r"\(").replace(
        ")", r"\)"
    )

    with pytest.raises(DataError, match=message + hint + r"\.$"):
        train_epoch(net, nn.MSELoss(), optimizer, [(torch.ones(8, 3), torch.ones(target))])

    assert torch.equal(net.weight, before)


def test_train_epoch__class_codes__need_no_second_dimension() -> None:
    net = nn.Linear(3, 4)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)

    assert train_epoch(net, nn.CrossEntropyLoss(), optimizer, [(torch.ones(8, 3), torch.arange(8) % 4)]) > 0


def test_backward__two_layers__are_the_derivatives_worked_by_hand() -> None:
    # One row: x = 2, hidden ReLU(0.5·2 + 1, -1·2 + 1) = (2, 0), logit 1·2 + 3·0 - 1 = 1, target 0.
    net = MLP(1, 1, hidden_layer_sizes=(2,))
    with torch.no_grad():
        net.linears[0].weight.copy_(torch.tensor([[0.5, -1.0]]))
        net.linears[0].bias.copy_(torch.tensor([[1.0, 1.0]]))
        net.head.weight.copy_(torch.tensor([[1.0], [3.0]]))
        net.head.bias.fill_(-1.0)

    Objective("binary")(net(torch.tensor([[2.0]])), torch.tensor([0]), torch.ones(1)).backward()

    slope = 1 / (1 + math.exp(-1))  # p - y, the derivative of the loss by the logit
    gradients = {name: p.grad.flatten().tolist() for name, p in net.named_parameters()}
    assert gradients == {
        "blocks.0.0.weight": pytest.approx(
            [slope * 1 * 2, 0]
        ),  # times the head's weight, 1 where active, times x
        "blocks.0.0.bias": pytest.approx([slope, 0]),
        "head.weight": pytest.approx([slope * 2, 0]),  # times the hidden values
        "head.bias": pytest.approx([slope]),
    }


# Every optimizer, as members of a stack and each alone, beside plain PyTorch

PLAIN: dict[str, Callable[[list[dict[str, Any]]], torch.optim.Optimizer]] = {
    "sgd": lambda groups: torch.optim.SGD(groups, lr=0.02),
    "momentum": lambda groups: torch.optim.SGD(groups, lr=0.02, momentum=0.7),
    "rmsprop": lambda groups: torch.optim.RMSprop(groups, lr=0.02),
    "adam": lambda groups: torch.optim.Adam(groups, lr=0.02, betas=(0.9, 0.95)),
    "adamw": lambda groups: torch.optim.AdamW(groups, lr=0.02, betas=(0.9, 0.95)),
}


def test_plain__optimizers__are_all_of_the_configuration() -> None:
    assert {*PLAIN, "muon"} == set(OPTIMIZERS)  # tests/train/test_optim.py has muon, which steps by matrices


@pytest.mark.parametrize("clip_norm", [None, 0.5])
@pytest.mark.parametrize("decay", [0.0, 0.3])
@pytest.mark.parametrize("optimizer", PLAIN)
def test_train_step__stack__takes_the_steps_of_plain_networks(
    optimizer: str, decay: float, clip_norm: float | None
) -> None:
    generator = torch.Generator().manual_seed(0)
    stack = MLP(3, 1, hidden_layer_sizes=(4,), activation="tanh", members=(3,), generator=generator).double()
    with torch.no_grad():  # a head of zeros would keep the first gradients from the layers below
        stack.head.weight.copy_(torch.randn(3, 4, 1, generator=generator, dtype=torch.float64))
    alone = [nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1)).double() for _ in range(3)]
    copy_members(stack, alone)
    x = torch.randn(20, 3, 8, 3, generator=generator, dtype=torch.float64)
    y = (10 * x).sin().sum(-1, keepdim=True)  # hard enough that gradients stay large
    weight = torch.rand(20, 3, 8, generator=generator, dtype=torch.float64)
    ours = make_optimizer(optimizer, stack.named_parameters(), lr=0.02, momentum=0.7, weight_decay=decay)
    theirs = [
        PLAIN[optimizer](
            [
                {
                    "params": [p for n, p in net.named_parameters() if n.endswith("weight")],
                    "weight_decay": decay,
                },
                {"params": [p for n, p in net.named_parameters() if n.endswith("bias")], "weight_decay": 0.0},
            ]
        )
        for net in alone
    ]
    clipped = 0

    for step in range(len(x)):
        losses = train_step(stack, Objective("regression"), ours, (x[step], y[step], weight[step]), clip_norm)
        for i, (net, plain) in enumerate(zip(alone, theirs, strict=True)):
            plain.zero_grad()
            loss = (weight[step, i] * (net(x[step, i]) - y[step, i]).square().squeeze(-1)).mean()
            loss.backward()
            if clip_norm:
                clipped += int(nn.utils.clip_grad_norm_(net.parameters(), clip_norm) > clip_norm)
            plain.step()
            torch.testing.assert_close(losses[i], loss.detach(), rtol=1e-6, atol=1e-9)

    assert clipped > 6 or clip_norm is None
    expected = MLP(3, 1, hidden_layer_sizes=(4,), activation="tanh", members=(3,)).double()
    copy_members(expected, alone, back=True)
    for found, plain_weights in zip(stack.parameters(), expected.parameters(), strict=True):
        # PyTorch divides by the length and 1e-6 where ours divides by the length alone.
        torch.testing.assert_close(found, plain_weights, rtol=0, atol=1e-9 if clip_norm is None else 1e-5)


def copy_members(stack: MLP, alone: list[nn.Sequential], *, back: bool = False) -> None:
    """Each member's weights into a plain network, or back; PyTorch keeps them the other way round."""
    with torch.no_grad():
        for i, net in enumerate(alone):
            for ours, theirs in zip(stack.linears, (net[0], net[2]), strict=True):
                for mine, plain in ((ours.weight[i].T, theirs.weight), (ours.bias[i, 0], theirs.bias)):
                    mine.copy_(plain) if back else plain.copy_(mine)


def _stack(members: int = 2) -> nn.Module:
    """A stack with dropout, of which each call makes the same."""
    generator = torch.Generator().manual_seed(0)
    return MLP(3, 1, members=(members,), dropout=0.5, generator=generator, hidden_layer_sizes=(8,))


def _one_step(batches: Batches, stop: Event | None = None) -> tuple[nn.Module, Tensor]:
    """A network after its first step, which still has the gradient, and the loss."""
    net, objective = _stack(), Objective("regression")
    for part in net.modules():
        if isinstance(part, Dropout):
            part.generator, part.batch = torch.Generator().manual_seed(1), (batches.size, batches.here)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    loss = train_step(
        net, objective, optimizer, next(iter(batches)), clip_norm=0.01, part=Part.of(batches, stop)
    )
    return net, loss


def _batches(**options: Any) -> Batches:
    x, y = (tensor.float() for tensor in line())
    rows = [torch.arange(len(x)), torch.arange(len(x) - 3)]
    generator = torch.Generator().manual_seed(2)
    weight = 1 + torch.rand(len(x), generator=generator)
    return Batches(x, y, weight, batch_size=7, rows=rows, generator=generator, **options)


@pytest.mark.parametrize("size", [2, 3])
def test_train_step__parts_of_a_batch__have_the_gradient_of_one_process(size: int) -> None:
    net, loss = _one_step(_batches())

    parts = together(size, lambda executor: _one_step(_batches(team=executor.team([range(size)]))))
    for other, other_loss in parts:
        torch.testing.assert_close(other_loss, loss)
        for ours, theirs in zip(net.parameters(), other.parameters(), strict=True):
            torch.testing.assert_close(theirs.grad, ours.grad)
            torch.testing.assert_close(theirs, ours)
    for parameters in zip(*(other.parameters() for other, _ in parts), strict=True):
        assert all(torch.equal(parameters[0], same) for same in parameters)


def test_train_step__one_process_is_to_stop__none_takes_the_step() -> None:
    def run(executor: Player) -> bool:
        stop = Event()
        if executor.rank == 1:
            stop.set()
        with pytest.raises(KeyboardInterrupt):
            _one_step(_batches(team=executor.team([[0, 1]])), stop)
        return True

    assert together(2, run) == [True, True]
