"""netable's engine and plain PyTorch on the same problem, and the difference of their losses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from benchmarks.speed.problem import BETAS, EPSILON, LEARNING_RATE, Problem, Run
from netable.nn import MLP
from netable.train import Batches, make_optimizer, train

SEED = 0


def netable_run(members: int) -> Callable[[Problem], Run]:
    """netable's own loop, for one network or a stack of them."""

    def make(problem: Problem) -> Run:
        net = netable_net(problem, members)
        batches = netable_batches(problem, members, *tensors(problem))
        optimizer = make_optimizer("adam", net.named_parameters(), lr=LEARNING_RATE)

        def run() -> float:
            history = train(net, member_losses, optimizer, batches, max_epochs=problem.setting.epochs)
            losses = history.epochs[-1].train_loss
            return sum(losses) / len(losses)

        return run

    return make


def dataloader_run(problem: Problem) -> Run:
    """The loop of the tutorials: a DataLoader over rows, Adam as it comes, the loss read every step."""
    net = plain_net(problem)
    optimizer = torch.optim.Adam(net.parameters(), lr=LEARNING_RATE, betas=BETAS, eps=EPSILON)
    rows = TensorDataset(*tensors(problem))
    loader = DataLoader(rows, problem.setting.batch_size, shuffle=True, generator=seeded())

    def run() -> float:
        for _ in range(problem.setting.epochs):
            total = 0.0
            for X, y in loader:
                total += plain_step(net, optimizer, X, y).item()
        return total / len(loader)

    return run


def slices_run(problem: Problem) -> Run:
    """Rows put in a new order every epoch and cut into slices, with the fused Adam."""
    net = plain_net(problem)
    optimizer = torch.optim.Adam(net.parameters(), lr=LEARNING_RATE, betas=BETAS, eps=EPSILON, fused=True)
    X, y = tensors(problem)
    size, generator = problem.setting.batch_size, seeded()

    def run() -> float:
        for _ in range(problem.setting.epochs):
            order = torch.randperm(len(X), generator=generator)
            slices = zip(torch.split(X[order], size), torch.split(y[order], size), strict=True)
            losses = [plain_step(net, optimizer, *batch) for batch in slices]
        return float(torch.stack(losses).mean())

    return run


def trace_difference(problem: Problem, members: int) -> float:
    """The largest relative difference between a step's loss in netable and in plain PyTorch, over one epoch.

    Both start from the same weights and take the same batches; plain PyTorch trains the members one by one.
    """
    net = netable_net(problem, members)
    optimizer = make_optimizer("adam", net.named_parameters(), lr=LEARNING_RATE)
    found: list[Tensor] = []

    def criterion(output: Tensor, y: Tensor) -> Tensor:
        loss = member_losses(output, y)
        found.append(loss.detach().reshape(-1))
        return loss

    X, y = tensors(problem)
    train(net, criterion, optimizer, netable_batches(problem, members, X, y), max_epochs=1)
    numbers = torch.arange(len(X))
    order: list[Any] = [batch[0] for batch in netable_batches(problem, members, numbers, numbers)]
    expected = torch.stack([plain_trace(problem, order, member) for member in range(members)], dim=1)
    return float(((torch.stack(found[: len(order)]) - expected).abs() / expected).max())


def plain_trace(problem: Problem, order: list[Tensor], member: int) -> Tensor:
    """The loss of every step of plain PyTorch on the batches of one member."""
    net = plain_net(problem)
    optimizer = torch.optim.Adam(net.parameters(), lr=LEARNING_RATE, betas=BETAS, eps=EPSILON)
    X, y = tensors(problem)
    own = [index if index.dim() == 1 else index[member] for index in order]
    return torch.stack([plain_step(net, optimizer, X[index], y[index]) for index in own])


def plain_step(net: nn.Module, optimizer: torch.optim.Optimizer, X: Tensor, y: Tensor) -> Tensor:
    """Forward, backward, step; the loss before it."""
    optimizer.zero_grad()
    loss = F.binary_cross_entropy_with_logits(net(X), y)
    loss.backward()
    optimizer.step()
    return loss.detach()


def member_losses(output: Tensor, y: Tensor) -> Tensor:
    """The mean over rows, one for each member."""
    return F.binary_cross_entropy_with_logits(output, y, reduction="none").mean((-2, -1))


def seeded() -> torch.Generator:
    """The stream that decides the order of rows."""
    return torch.Generator().manual_seed(SEED)


def tensors(problem: Problem) -> tuple[Tensor, Tensor]:
    """Features, and classes as a column."""
    return torch.from_numpy(problem.X), torch.from_numpy(problem.y).unsqueeze(1)


def netable_batches(problem: Problem, members: int, inputs: Tensor, y: Tensor) -> Batches:
    """netable's batches: every member takes all rows in an order of its own."""
    return Batches(
        inputs,
        y,
        batch_size=problem.setting.batch_size,
        rows=None if members == 1 else [torch.arange(len(inputs))] * members,
        generator=seeded(),
    )


@torch.no_grad()
def netable_net(problem: Problem, members: int) -> MLP:
    """netable's network with the first weights of the problem, in every member."""
    setting = problem.setting
    shape = () if members == 1 else (members,)
    net = MLP(setting.columns, 1, hidden_layer_sizes=setting.hidden, activation="relu", members=shape)
    for linear, (weight, bias) in zip(net.linears, problem.weights, strict=True):
        linear.weight.copy_(torch.from_numpy(weight))
        linear.bias.copy_(torch.from_numpy(bias))
    return net


@torch.no_grad()
def plain_net(problem: Problem) -> nn.Sequential:
    """PyTorch's own layers with the first weights of the problem."""
    layers: list[nn.Module] = []
    for weight, bias in problem.weights:
        linear = nn.Linear(*weight.shape)
        linear.weight.copy_(torch.from_numpy(weight.T.copy()))
        linear.bias.copy_(torch.from_numpy(bias))
        layers += [linear, nn.ReLU()]
    return nn.Sequential(*layers[:-1])
