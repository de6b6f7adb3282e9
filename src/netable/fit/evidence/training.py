"""The evidence of a training run: its losses, and what probes read."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from netable.config.settings import Settings
from netable.doctor import Verdict
from netable.doctor.training import Run, diagnose_early
from netable.fit.preparation.resolve import usual_lr
from netable.train import Epoch, History

# Readings from which on it can be told that a unit never does anything.
FEWEST_READINGS = 4
# Up to this one, early signs are looked for after every epoch.
EVERY_EPOCH = 16


def gather_training(history: History, configs: Sequence[Settings] = (), *, tiny: bool = False) -> list[Run]:
    """A run for each stack.

    Parameters
    ----------
    configs : sequence of Settings
        The settings of each stack, resolved; none for a network that was trained without a configuration.
    tiny : bool
        Whether the table is one of few rows, which have other defaults.
    """
    stacks = sorted({epoch.stack for epoch in history.epochs} | {r.stack for r in history.readings})
    return [_run(history, stack, configs[stack] if configs else None, tiny=tiny) for stack in stacks]


def _run(history: History, stack: int, config: Settings | None, *, tiny: bool) -> Run:
    epochs = [epoch for epoch in history.epochs if epoch.stack == stack]
    readings = [reading for reading in history.readings if reading.stack == stack]
    hidden = tuple(readings[0].gradient_norms)[:-1] if readings else ()  # the last one is the output layer
    # Where the loss is not finite, units are neither alive nor dead; and one reading alone sees too few rows.
    finite = [reading for reading in readings if np.isfinite(_table([reading.loss])).all()]
    last = finite[-1] if len(finite) >= FEWEST_READINGS else None
    max_epochs = epochs[0].max_epochs if epochs else 1
    first_loss = float(np.mean(readings[0].loss)) if readings else np.nan
    ending = history.endings[stack] if history.endings else history.ending
    constant_loss = _or_nan(history.constant_loss)
    return Run(
        train_loss=_losses(epochs),
        valid_loss=np.array([_or_nan(epoch.mean_valid_loss) for epoch in epochs]),
        # Of losses that may be negative no multiples can be told.
        constant_loss=constant_loss if constant_loss >= 0 else np.nan,
        first_loss=first_loss,
        first_ratio=_or_nan(history.first_ratio),
        ending="finished" if ending == "stopped early" and len(epochs) == max_epochs else ending,
        max_epochs=max_epochs,
        keeps_best=history.keeps_best,
        lr=float(config.lr) if config else max((epoch.lr for epoch in epochs), default=np.nan),
        usual_lr=usual_lr(config, config.task, tiny) if config else np.nan,
        activation=config.activation if config else history.activation,
        layers=hidden,
        gradient_norms=_table([[r.gradient_norms.get(name) for name in hidden] for r in readings]),
        lengths=_table([reading.lengths for reading in readings]),
        dead=last.dead if last else {},
        saturated=last.saturated if last else {},
    )


class EarlySigns:
    """Listens to the epochs of a run, and tells what can be told before it is over.

    Parameters
    ----------
    config : Settings
        Of the stack, resolved.
    constant_loss : float
        What the best constant loses.
    on_verdict : callable
        Told of each verdict, whenever an epoch confirms it.
    tiny : bool
        Whether the table is one of few rows.
    """

    def __init__(
        self,
        config: Settings,
        constant_loss: float,
        on_verdict: Callable[[Verdict], None],
        *,
        tiny: bool = False,
    ) -> None:
        self.config = config
        self.tiny = tiny
        self.history = History(constant_loss=constant_loss)
        self.on_verdict = on_verdict

    def see(self, epoch: Epoch, past: Sequence[Epoch] = ()) -> None:
        """An epoch has ended; `past` are those before the run was resumed, if it was."""
        if not self.history.epochs:
            self.history.epochs += past
        self.history.epochs.append(epoch)
        if epoch.epoch > EVERY_EPOCH and epoch.epoch & (epoch.epoch - 1):
            return  # of long runs the epochs 32, 64, 128 and so on are enough
        for verdict in diagnose_early(_run(self.history, epoch.stack, self.config, tiny=self.tiny)):
            self.on_verdict(verdict)


def _losses(epochs: Sequence[Epoch]) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    return _table([epoch.train_loss for epoch in epochs])


def _table(rows: Sequence[Sequence[float | None]]) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    return np.array([[_or_nan(value) for value in row] for row in rows]).reshape(
        len(rows), len(rows[0]) if rows else 0
    )


def _or_nan(value: float | None) -> float:
    return np.nan if value is None else float(value)
