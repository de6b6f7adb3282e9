"""The training loop. It knows neither tables nor any particular network."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from threading import Event
from time import perf_counter
from typing import Any, Protocol

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from netable.compute.memory import RowsAtOnce
from netable.compute.threads import threads_for
from netable.errors import TrainingError, TrainingWarning, warn
from netable.train.batches import Batches
from netable.train.checkpoint import Checkpoint, Run
from netable.train.history import Epoch, History
from netable.train.optim import Schedule
from netable.train.probe import Probe
from netable.train.step import Criterion, Part, train_step
from netable.train.stopping import EarlyStopping

# With more steps, an epoch is also judged where a wave of the schedule ends within it: the best points to stop.
LONG_EPOCH = 256


class BatchSource(Protocol):
    """`Batches`, a `DataLoader`, or anything that yields `(inputs, *targets)` and has a length."""

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
    judgings_to_follow: float = 0.0,
    early_stopping: EarlyStopping | None = None,
    on_epoch: Callable[[Epoch], bool | None] | None = None,
    stop: Event | None = None,
    probed: bool = True,
    checkpoint: Checkpoint | str | os.PathLike[str] | None = None,
    history: History | None = None,
) -> History:
    """Train any network in place; with `early_stopping`, the caller restores the best weights from it.

    The run also ends with a loss that is not finite, with Ctrl-C, and at the time limit; the best weights so far
    remain available.

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
        Of matrix products; weights and their updates keep their own.
    time_limit : float, optional
        Seconds until the run ends, its schedule shortened to fit. The last evaluation of held-out rows counts, too.
    judgings_to_follow : float
        Work to follow within the time limit, such as predictions, in evaluations of held-out rows.
    on_epoch : callable, optional
        Called at the end of each epoch; return True to end the run as if stopped early.
    stop : threading.Event, optional
        Once set, ends the run as Ctrl-C does; for a run in a thread, which Ctrl-C does not reach.
    probed : bool
        Read gradients and units in a few of the steps.
    checkpoint : path or Checkpoint, optional
        A file to which the state is saved every few seconds. If it exists, the run resumes from it and ends with the
        same bits as one that was never stopped; if it holds a finished run, nothing is trained. Other settings,
        another criterion's name, or other data of `Batches` are refused. The data of other sources, and the
        criterion's code, are not compared.
        Batches that cannot be resumed within an epoch, such as a `DataLoader`'s, are saved at the end of epochs.
    history : History, optional
        An empty one to fill and return, so that it can be read during the run.

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
    run = Run(net, optimizer, batches, pace, probe, early_stopping, history)
    history, part = run.history, Part.of(batches, stop)
    saved = _resumed(checkpoint, run, criterion, max_epochs, clip_norm, precision)
    try:
        with threads_for(net):
            while not run.ended and run.epoch <= max_epochs:
                net.train()
                for batch in batches:
                    if stop and stop.is_set() and not part:
                        raise KeyboardInterrupt
                    pace.step()
                    loss = train_step(
                        net, criterion, optimizer, batch, clip_norm, precision, probe, run.rows, part
                    )
                    run.losses.append(loss)
                    if pace.t >= 1:
                        break
                    is_long = len(batches) > LONG_EPOCH or pace.is_hurried
                    if early_stopping and is_long and pace.ends_wave():
                        run.wave_ended = True
                        _judge(run, judgings_to_follow)
                        net.train()
                    if saved and run.can_stop_within_epochs:
                        saved.write_if_due(run)
                if _end_epoch(run, max_epochs, judgings_to_follow, on_epoch, part):
                    break
                run.next_epoch()
                if saved:
                    saved.write_if_due(run)
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
    if saved and history.ending != "interrupted":
        saved.write_end(run)
    return history


def _judge(run: Run, judgings_to_follow: float) -> list[float | None]:
    """The losses of held-out rows; the schedule leaves time for the last such evaluation and what follows it."""
    if not run.early_stopping:
        return []
    began = perf_counter()
    losses = run.early_stopping.update(run.epoch)
    run.pace.kept = (1 + judgings_to_follow) * (perf_counter() - began)
    return losses


def _end_epoch(
    run: Run,
    max_epochs: int,
    judgings_to_follow: float,
    on_epoch: Callable[[Epoch], bool | None] | None,
    part: Part | None,
) -> bool:
    """Measure an epoch and report it; True if it is the last one, with the reason in the history's ending."""
    history, pace, early_stopping, epoch = run.history, run.pace, run.early_stopping, run.epoch
    losses = torch.stack(run.losses)  # (steps, *members)
    history.readings += run.probe.take(epoch) if run.probe else []
    bad_steps = _first_bad_steps(losses)
    if early_stopping:
        bad_steps = early_stopping.of_all_members(bad_steps)
    if any(bad_steps):
        history.ending = "diverged"
        _explain_divergence(bad_steps, epoch, pace.lr, early_stopping)
        return True
    valid = _judge(run, judgings_to_follow)
    mean_losses = losses.mean(0).reshape(-1).tolist()
    history.epochs.append(Epoch(epoch, mean_losses, valid, pace.lr, run.epoch_seconds, max_epochs))
    run.wave_ended |= pace.ends_wave()
    asked_to_stop = bool(on_epoch and on_epoch(history.epochs[-1]))
    if part:
        asked_to_stop = part.team.any(asked_to_stop)
    if early_stopping:
        asked_to_stop = early_stopping.agree(wants_to_stop=asked_to_stop)
    if asked_to_stop or (early_stopping and early_stopping.exhausted(wave_ended=run.wave_ended)):
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


def _resumed(
    checkpoint: Checkpoint | str | os.PathLike[str] | None,
    run: Run,
    criterion: Criterion,
    max_epochs: int,
    clip_norm: float | None,
    precision: str,
) -> Checkpoint | None:
    """The checkpoint of a run, after loading the saved state, if there is one."""
    if checkpoint is None:
        return None
    if not isinstance(checkpoint, Checkpoint):
        settings = {
            "optimizer": type(run.optimizer).__name__,
            **_optimizer_settings(run.optimizer),
            "criterion": getattr(criterion, "__qualname__", type(criterion).__qualname__),
            "max_epochs": max_epochs,
            "steps": len(run.batches),
            "schedule": run.pace.name,
            "time_limit": run.pace.time_limit,
            "clip_norm": clip_norm,
            "precision": precision,
            "data": run.batches.fingerprint() if isinstance(run.batches, Batches) else None,
        }
        checkpoint = Checkpoint(checkpoint, settings)
    checkpoint.resume(run)
    return checkpoint


def _optimizer_settings(optimizer: Optimizer) -> dict[str, list[Any]]:
    """The options of an optimizer, in plain values, for each group of parameters."""
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


def _first_bad_steps(losses: Tensor) -> list[float]:
    """The first step, from 1, at which the loss of each member is not finite; 0 where it always is."""
    bad = ~losses.reshape(len(losses), -1).isfinite()
    return torch.where(bad.any(0), bad.int().argmax(0) + 1, 0).tolist()


def _explain_divergence(
    bad_steps: list[float], epoch: int, lr: float, early_stopping: EarlyStopping | None
) -> None:
    step = min(filter(None, bad_steps))
    members = [member for member, bad_step in enumerate(bad_steps) if bad_step == step]
    what = (
        f"The loss of member {', '.join(map(str, members))} is not finite at step {step:.0f} of epoch {epoch}, "
        f"at a learning rate of {lr:.3g}: the steps are too large."
    )
    if early_stopping is None or not early_stopping.has_best:
        raise TrainingError(f"{what} Try a lower lr, or clip_norm=1.")
    warn(f"{what} The best weights before it are kept.", TrainingWarning)
