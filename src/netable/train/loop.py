"""The training loop. It knows neither tables nor any particular network."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from threading import Event
from time import perf_counter
from typing import Any, Protocol

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from netable.errors import TrainingError, TrainingWarning, warn
from netable.train.history import Epoch, History
from netable.train.optim import Schedule
from netable.train.probe import Probe
from netable.train.shortage import RowsAtOnce
from netable.train.step import Criterion, train_step
from netable.train.stopping import EarlyStopping

# Steps above which an epoch is also judged where a wave of the schedule ends within it: the best places to stop.
LONG_EPOCH = 256


class BatchSource(Protocol):
    """`Batches`, a `DataLoader`, or anything that hands out `(inputs, *targets)` and knows how many a pass has."""

    def __iter__(self) -> Iterator[Any]:
        """One epoch."""

    def __len__(self) -> int:
        """Batches in an epoch."""


def train(
    net: nn.Module,
    criterion: Criterion,
    optimizer: Optimizer,
    batches: BatchSource,
    *,
    max_epochs: int,
    schedule: str = "constant",
    clip_norm: float | None = None,
    precision: str = "float32",
    time_limit: float | None = None,
    early_stopping: EarlyStopping | None = None,
    on_epoch: Callable[[Epoch], bool | None] | None = None,
    stop: Event | None = None,
    probed: bool = True,
) -> History:
    """Train any network in place; with `early_stopping`, the caller restores the best weights from it.

    A loss that is not finite ends the run, and so do Ctrl-C and the end of the time; the best weights so far stay
    available.

    Parameters
    ----------
    net : nn.Module
        Called with each batch's inputs.
    criterion : callable
        `criterion(output, *targets)`: a scalar, or one loss for each member of a stack. Where memory is too short for
        a batch, it is taken to be a mean over rows, unless its `reduction` is "sum"; see `netable.train.step`.
    optimizer : torch.optim.Optimizer
        Its learning rates are the highest of the schedule.
    batches : iterable
        Yields `(inputs, *targets)`; inputs a tensor or a tuple of them.
    max_epochs : int
    schedule : {"constant", "cosine", "coslog4", "coslog5"}
    clip_norm : float, optional
        The greatest length of a member's gradient.
    precision : {"float32", "bfloat16"}
        Of matrix products; weights and their steps stay in their own.
    time_limit : float, optional
        Seconds until the run ends, its schedule shortened to fit.
    on_epoch : callable, optional
        Told of every epoch when it ends; if it returns true, the run ends as if stopped early.
    stop : threading.Event, optional
        Once set, ends the run as Ctrl-C does; for a run in a thread, which Ctrl-C does not reach.
    probed : bool
        Read gradients and units in a few of the steps.

    Raises
    ------
    TrainingError
        If the loss is not finite before there are weights worth keeping.
    KeyboardInterrupt
        If it comes before there are weights worth keeping.
    """
    history = History()
    probe = Probe(net, len(batches), max_epochs) if probed else None
    rows = RowsAtOnce.of(batches)
    pace = Schedule(optimizer, schedule, max_epochs * len(batches), time_limit)
    try:
        for epoch in range(1, max_epochs + 1):
            started = perf_counter()
            net.train()
            step_losses, wave_ended = [], False
            for batch in batches:
                if stop and stop.is_set():
                    raise KeyboardInterrupt
                pace.step()
                step = train_step(net, criterion, optimizer, batch, clip_norm, precision, probe, rows)
                step_losses.append(step)
                if pace.t >= 1:
                    break
                if early_stopping and len(batches) > LONG_EPOCH and pace.ends_wave():
                    wave_ended = True
                    early_stopping.update(epoch)
                    net.train()
            losses = torch.stack(step_losses)  # (steps, *members)
            history.readings += probe.take(epoch) if probe else []
            if not bool(losses.isfinite().all()):
                history.ending = "diverged"
                _explain_divergence(losses, epoch, pace.lr, early_stopping)
                break
            valid = early_stopping.update(epoch) if early_stopping else []
            mean_losses = losses.mean(0).reshape(-1).tolist()
            history.epochs.append(
                Epoch(epoch, mean_losses, valid, pace.lr, perf_counter() - started, max_epochs)
            )
            wave_ended |= pace.ends_wave()
            was_told_to_end = on_epoch and on_epoch(history.epochs[-1])
            if was_told_to_end or (early_stopping and early_stopping.exhausted(wave_ended=wave_ended)):
                history.ending = "stopped early"
                break
            if pace.t >= 1 and epoch < max_epochs:
                history.ending = "out of time"
                break
    except KeyboardInterrupt:
        if not history.epochs:
            raise
        history.ending = "interrupted"
    if probe:
        probe.report(history, criterion)
    if early_stopping:
        history.best_epochs = early_stopping.best_epochs
        history.judged_members = early_stopping.judged_members
    return history


def train_epoch(net: nn.Module, criterion: Criterion, optimizer: Optimizer, batches: Iterable[Any]) -> float:
    """One pass over the batches; the plain mean of their losses."""
    net.train()
    rows = RowsAtOnce.of(batches)
    losses = [train_step(net, criterion, optimizer, batch, rows=rows) for batch in batches]
    return float(torch.stack(losses).mean())


def _explain_divergence(losses: Tensor, epoch: int, lr: float, early_stopping: EarlyStopping | None) -> None:
    bad = ~losses.reshape(len(losses), -1).isfinite()
    step = int(bad.any(1).nonzero()[0])
    members = bad[step].nonzero().flatten().tolist()
    what = (
        f"The loss of member {', '.join(map(str, members))} is not finite at step {step + 1} of epoch {epoch}, "
        f"at a learning rate of {lr:.3g}: the steps are too large."
    )
    if early_stopping is None or not early_stopping.has_best:
        raise TrainingError(f"{what} Try a lower lr, or clip_norm=1.")
    warn(f"{what} The best weights before it are kept.", TrainingWarning)
