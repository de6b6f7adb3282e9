"""The training loop. It knows neither tables nor any particular network."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from threading import Event
from typing import Any, Protocol

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from netable.compute.memory import RowsAtOnce
from netable.errors import TrainingError, TrainingWarning, warn
from netable.train.batches import Batches
from netable.train.checkpoint import Checkpoint, Run
from netable.train.history import Epoch, History
from netable.train.optim import Schedule
from netable.train.probe import Probe
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
    checkpoint: Checkpoint | str | os.PathLike[str] | None = None,
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
    checkpoint : path or Checkpoint, optional
        A file that keeps, every few seconds, where the run is. If it is there, the run goes on from it and ends
        with the same bits as one that was never stopped; if it keeps one that has ended, nothing is trained.
        What is not as it was is refused: settings, the criterion's name, and the data of `Batches`. The data of
        other sources, and what a criterion does, are not looked at.
        Batches that cannot be gone on with within an epoch, such as a `DataLoader`'s, are kept where epochs end.

    Raises
    ------
    CheckpointError
        If the checkpoint is damaged, or of another run.
    TrainingError
        If the loss is not finite before there are weights worth keeping.
    KeyboardInterrupt
        If it comes before there are weights worth keeping.
    """
    probe = Probe(net, len(batches), max_epochs) if probed else None
    pace = Schedule(optimizer, schedule, max_epochs * len(batches), time_limit)
    run = Run(net, optimizer, batches, pace, probe, early_stopping)
    keeper = _keeper(checkpoint, run, criterion, max_epochs, clip_norm, precision)
    history = run.history
    try:
        while not run.ended and run.epoch <= max_epochs:
            _step_through(run, criterion, clip_norm, precision, stop, keeper)
            if _end_epoch(run, max_epochs, on_epoch):
                break
            run.next_epoch()
            if keeper and keeper.is_due:
                keeper.write(run)
    except KeyboardInterrupt:
        if not history.epochs:
            raise
        history.ending = "interrupted"
    if run.ended:
        return history
    if probe:
        probe.report(history, criterion)
    if early_stopping:
        history.best_epochs = early_stopping.best_epochs
        history.judged_members = early_stopping.judged_members
    if keeper and history.ending != "interrupted":
        keeper.write_end(run)
    return history


def _step_through(
    run: Run,
    criterion: Criterion,
    clip_norm: float | None,
    precision: str,
    stop: Event | None,
    keeper: Checkpoint | None,
) -> None:
    """Take the steps of an epoch, or those that are left of it."""
    run.net.train()
    long = len(run.batches) > LONG_EPOCH
    within = run.can_stop_within_epochs
    for batch in run.batches:
        if stop and stop.is_set():
            raise KeyboardInterrupt
        run.pace.step()
        run.losses.append(
            train_step(run.net, criterion, run.optimizer, batch, clip_norm, precision, run.probe, run.rows)
        )
        if run.pace.t >= 1:
            break
        if run.early_stopping and long and run.pace.ends_wave():
            run.wave_ended = True
            run.early_stopping.update(run.epoch)
            run.net.train()
        if keeper and within and keeper.is_due:
            keeper.write(run)


def _end_epoch(run: Run, max_epochs: int, on_epoch: Callable[[Epoch], bool | None] | None) -> bool:
    """Measure and tell an epoch; whether it is the last one, and why."""
    history, pace, early_stopping, epoch = run.history, run.pace, run.early_stopping, run.epoch
    losses = torch.stack(run.losses)  # (steps, *members)
    history.readings += run.probe.take(epoch) if run.probe else []
    if not bool(losses.isfinite().all()):
        history.ending = "diverged"
        _explain_divergence(losses, epoch, pace.lr, early_stopping)
        return True
    valid = early_stopping.update(epoch) if early_stopping else []
    mean_losses = losses.mean(0).reshape(-1).tolist()
    history.epochs.append(Epoch(epoch, mean_losses, valid, pace.lr, run.epoch_seconds, max_epochs))
    run.wave_ended |= pace.ends_wave()
    was_told_to_end = on_epoch and on_epoch(history.epochs[-1])
    if was_told_to_end or (early_stopping and early_stopping.exhausted(wave_ended=run.wave_ended)):
        history.ending = "stopped early"
        return True
    if pace.t >= 1 and epoch < max_epochs:
        history.ending = "out of time"
        return True
    return False


def train_epoch(net: nn.Module, criterion: Criterion, optimizer: Optimizer, batches: Iterable[Any]) -> float:
    """One pass over the batches; the plain mean of their losses."""
    net.train()
    rows = RowsAtOnce.of(batches)
    losses = [train_step(net, criterion, optimizer, batch, rows=rows) for batch in batches]
    return float(torch.stack(losses).mean())


def _keeper(
    checkpoint: Checkpoint | str | os.PathLike[str] | None,
    run: Run,
    criterion: Criterion,
    max_epochs: int,
    clip_norm: float | None,
    precision: str,
) -> Checkpoint | None:
    """What keeps the run, which is brought to where it was."""
    if checkpoint is None:
        return None
    if not isinstance(checkpoint, Checkpoint):
        begun_with = {
            "optimizer": type(run.optimizer).__name__,
            **_settings(run.optimizer),
            "criterion": getattr(criterion, "__qualname__", type(criterion).__qualname__),
            "max_epochs": max_epochs,
            "steps": len(run.batches),
            "schedule": run.pace.name,
            "time_limit": run.pace.time_limit,
            "clip_norm": clip_norm,
            "precision": precision,
            "data": run.batches.fingerprint() if isinstance(run.batches, Batches) else None,
        }
        checkpoint = Checkpoint(checkpoint, begun_with)
    checkpoint.resume(run)
    return checkpoint


def _settings(optimizer: Optimizer) -> dict[str, list[Any]]:
    """What an optimizer was told, in plain values, of each group of parameters."""
    groups = [
        {name: float(value) if name == "lr" else value for name, value in group.items()}
        for group in optimizer.param_groups
    ]
    names = sorted({name for group in groups for name, value in group.items() if _is_plain(value)})
    return {
        name: [group.get(name) if _is_plain(group.get(name)) else None for group in groups]
        for name in names
        if name != "params"
    }


def _is_plain(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return all(_is_plain(part) for part in value)
    return value is None or isinstance(value, bool | int | float | str)


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
