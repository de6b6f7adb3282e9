"""One step of training: forward, backward, and the optimizer's step."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from netable.errors import DataError
from netable.train.probe import Probe

Criterion = Callable[..., Tensor]


def train_step(
    net: nn.Module,
    criterion: Criterion,
    optimizer: Optimizer,
    batch: Any,
    clip_norm: float | None = None,
    precision: str = "float32",
    probe: Probe | None = None,
) -> Tensor:
    """Forward, backward, step. Members' losses are added up, so that each gets the gradient of its own."""
    inputs, *targets = batch
    device = targets[0].device if targets else torch.device("cpu")
    with probe.watch() if probe else nullcontext(), _products_in(precision, device):
        output = net(*inputs) if isinstance(inputs, (tuple, list)) else net(inputs)
    if precision == "bfloat16":
        output = output.float()
    _check_shapes(output, targets)
    loss = criterion(output, *targets)
    optimizer.zero_grad()
    loss.sum().backward()
    if probe:
        probe.read(loss, output, targets)
    if clip_norm is not None:
        clip_gradients(net, clip_norm, members=loss.shape)
    optimizer.step()
    return loss.detach()


@torch.no_grad()
def clip_gradients(net: nn.Module, clip_norm: float, members: tuple[int, ...] = ()) -> None:
    """Scale each member's gradient, over all its parameters, down to a length of at most `clip_norm`."""
    gradients = [p.grad for p in net.parameters() if p.grad is not None]
    squares = sum(g.reshape(*members, -1).square().sum(-1) for g in gradients)
    assert isinstance(squares, Tensor)
    factor = (clip_norm / (squares.sqrt() + 1e-12)).clamp(max=1.0)
    for gradient in gradients:
        gradient.mul_(factor.view(*members, *[1] * (gradient.dim() - len(members))))


def _products_in(precision: str, device: torch.device) -> AbstractContextManager[object]:
    if precision == "float32":
        return nullcontext()
    return torch.autocast(device.type, torch.bfloat16)


def _check_shapes(output: Tensor, targets: list[Tensor]) -> None:
    # (n, 1) against (n,) broadcasts to (n, n) and trains the wrong thing without a word.
    if not targets or not targets[0].is_floating_point():
        return
    y = targets[0]
    if output.shape == (*y.shape, 1):
        hint = "give the target a last dimension with y.unsqueeze(-1)"
    elif y.shape == (*output.shape, 1):
        hint = "take the target's last dimension away with y.squeeze(-1)"
    else:
        return
    raise DataError(f"The network returns {tuple(output.shape)} but the target is {tuple(y.shape)}; {hint}.")
