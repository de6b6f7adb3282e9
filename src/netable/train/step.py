"""One step of training: forward, backward, and the optimizer's step."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from threading import Event
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from netable.compute.executor import Team
from netable.compute.memory import RowsAtOnce, free
from netable.errors import DataError
from netable.train.batches import Epochs
from netable.train.probe import Probe

Criterion = Callable[..., Tensor]


class Part(NamedTuple):
    """A part of every batch; other processes have the other parts.

    Attributes
    ----------
    share : float
        The share of a batch's rows that is here.
    stop : threading.Event or None
        Once set in one of the processes, all of them stop before the same step.
    """

    team: Team
    share: float
    stop: Event | None

    @classmethod
    def of(cls, batches: object, stop: Event | None = None) -> Part | None:
        """For the batches of a source; None if whole batches are here."""
        if not isinstance(batches, Epochs) or batches.team.size == 1:
            return None
        return cls(batches.team, (batches.here.stop - batches.here.start) / batches.size, stop)

    @torch.no_grad()
    def add_up(self, net: nn.Module, loss: Tensor) -> Tensor:
        """Make the gradients of this part those of the batch, in one transfer; returns the loss of the batch.

        Raises
        ------
        KeyboardInterrupt
            If one of the processes is to stop.
        """
        stops = loss.new_full((1,), float(bool(self.stop and self.stop.is_set())))
        parts = [*(p.grad for p in net.parameters() if p.grad is not None), loss, stops]
        flat = torch.cat([part.reshape(-1) for part in parts])
        self.team.add_up(flat)
        sums = flat.split([part.numel() for part in parts])
        if sums[-1]:
            raise KeyboardInterrupt
        for part, total in zip(parts[:-2], sums, strict=False):
            part.copy_(total.view_as(part))
        whole: Tensor = sums[-2]
        return whole.view_as(loss)


def train_step(
    net: nn.Module,
    criterion: Criterion,
    optimizer: Optimizer,
    batch: Any,
    clip_norm: float | None = None,
    precision: str = "float32",
    probe: Probe | None = None,
    rows: RowsAtOnce | None = None,
    part: Part | None = None,
) -> Tensor:
    """Forward, backward, step. Members' losses are added up, so that each gets the gradient of its own loss.

    Where memory is too short for a batch, it is computed in parts whose gradients are added up, which gives the
    gradients of the batch if the criterion is a mean over rows, or says `reduction="sum"`.

    Parameters
    ----------
    rows : RowsAtOnce, optional
        Remembers how many rows fit into memory.
    part : Part, optional
        The batch is a part of one, whose other parts other processes have: all take the same step.

    Raises
    ------
    MemoryShortage
        If memory is too short for a single row.
    KeyboardInterrupt
        If one of these processes is to stop.
    """
    rows = rows or RowsAtOnce()
    known = rows.most
    while True:
        optimizer.zero_grad()
        try:
            loss, output, targets = _gradients(net, criterion, rows.parts(batch), precision, probe, part)
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
    if part:
        loss = part.add_up(net, loss)
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
    part: Part | None,
) -> tuple[Tensor, Tensor, list[Tensor]]:
    """Add up the gradients of all parts; their loss, outputs and targets."""
    is_mean = getattr(criterion, "reduction", "mean") != "sum"
    is_whole = len(parts) == 1 and part is None
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
        if is_mean and not is_whole:
            loss = loss * (share * part.share if part else share)
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
