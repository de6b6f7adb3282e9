"""One step of training: forward, backward, and the optimizer's step."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from netable.compute.memory import RowsAtOnce, free
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
    rows: RowsAtOnce | None = None,
) -> Tensor:
    """Forward, backward, step. Members' losses are added up, so that each gets the gradient of its own loss.

    Where memory is too short for a batch, it is computed in parts whose gradients are added up, which gives the
    gradients of the batch if the criterion is a mean over rows, or says `reduction="sum"`.

    Parameters
    ----------
    rows : RowsAtOnce, optional
        Remembers how many rows fit into memory.

    Raises
    ------
    MemoryShortage
        If memory is too short for a single row.
    """
    rows = rows or RowsAtOnce()
    known = rows.most
    while True:
        optimizer.zero_grad()
        try:
            loss, output, targets = _gradients(net, criterion, rows.parts(batch), precision, probe)
            break
        except (MemoryError, RuntimeError) as error:
            rows.halve(batch, error)
        # Not before the error, which refers to what was computed, is gone.
        optimizer.zero_grad()
        if probe:
            probe.begin_again()
        free(next(net.parameters()).device)
    if rows.most != known:
        rows.warn_of_parts(batch)
    if probe:
        probe.read(loss, output, targets)
    if clip_norm is not None:
        clip_gradients(net, clip_norm, members=loss.shape)
    with _products_in(precision, loss.device):
        optimizer.step()
    return loss


def _gradients(
    net: nn.Module,
    criterion: Criterion,
    parts: list[tuple[float, Any]],
    precision: str,
    probe: Probe | None,
) -> tuple[Tensor, Tensor, list[Tensor]]:
    """Add up the gradients of all parts; their loss, outputs and targets."""
    is_mean = getattr(criterion, "reduction", "mean") != "sum"
    total: Tensor | None = None
    done: list[tuple[Tensor, ...]] = []  # each part's output and targets
    for share, (inputs, *targets) in parts:
        device = targets[0].device if targets else torch.device("cpu")
        with probe.watch(begins=not done) if probe else nullcontext(), _products_in(precision, device):
            output = net(*inputs) if isinstance(inputs, (tuple, list)) else net(inputs)
        if precision == "bfloat16":
            output = output.float()
        _check_shapes(output, targets)
        loss = criterion(output, *targets)
        if len(parts) > 1 and is_mean:
            loss = loss * share
        (loss.sum() if loss.dim() else loss).backward()
        if probe:
            probe.look(share, members=loss.dim())
        total = loss.detach() if total is None else total + loss.detach()
        done.append((output.detach(), *targets))
    assert total is not None
    output, *targets = (
        done[0] if len(done) == 1 else (torch.cat(same, total.dim()) for same in zip(*done, strict=True))
    )
    return total, output, targets


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
    # (n, 1) against (n,) broadcasts to (n, n), a wrong loss without an error.
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
