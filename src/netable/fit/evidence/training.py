"""The evidence of a training run: its losses and the readings of probes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from netable.config.bodies import body_spec
from netable.config.recipe import Recipe
from netable.doctor.training import Run, diagnose_early
from netable.fit.members.watcher import RunningStack, Watcher
from netable.fit.preparation.resolve import usual_lr
from netable.nn.build import body_settings
from netable.train import Epoch, History

# Fewer readings cannot show that a unit is dead.
FEWEST_READINGS = 4
# Up to this one, every epoch is diagnosed.
EVERY_EPOCH = 16


def gather_training(history: History, recipes: Sequence[Recipe] = (), *, tiny: bool = False) -> list[Run]:
    """A run for each stack that takes an optimizer's steps; trees do not.

    Parameters
    ----------
    recipes : sequence of Recipe
        Of each stack; none for a network that was trained without.
    tiny : bool
        True for a table of few rows, which has other defaults.
    """
    stacks = sorted({epoch.stack for epoch in history.epochs} | {r.stack for r in history.readings})
    by_stack = {stack: recipes[stack] if recipes else None for stack in stacks}
    return [
        _run(history, stack, recipe, tiny=tiny)
        for stack, recipe in by_stack.items()
        if not (recipe and body_spec(recipe.model).is_grown)
    ]


def _run(history: History, stack: int, recipe: Recipe | None, *, tiny: bool) -> Run:
    epochs = [epoch for epoch in history.epochs if epoch.stack == stack]
    readings = [reading for reading in history.readings if reading.stack == stack]
    hidden = tuple(readings[0].gradient_norms)[:-1] if readings else ()  # the last one is the output layer
    # Where the loss is not finite, units are neither alive nor dead; and a single reading covers too few rows.
    finite = [reading for reading in readings if np.isfinite(reading.loss).all()]
    last = finite[-1] if len(finite) >= FEWEST_READINGS else None
    max_epochs = epochs[0].max_epochs if epochs else 1
    ending = history.endings[stack] if history.endings else history.ending
    constant_loss = _or_nan(history.constant_loss)
    settings = body_settings(recipe) if recipe else {}
    return Run(
        train_loss=_table([epoch.train_loss for epoch in epochs]),
        valid_loss=np.array([epoch.mean_valid_loss for epoch in epochs], dtype=np.float64),
        # Losses that may be negative have no meaningful multiples.
        constant_loss=constant_loss if constant_loss >= 0 else np.nan,
        first_loss=float(np.mean(readings[0].loss)) if readings else np.nan,
        first_ratio=_or_nan(history.first_ratio),
        ending="finished" if ending == "stopped early" and len(epochs) == max_epochs else ending,
        max_epochs=max_epochs,
        keeps_best=history.keeps_best,
        lr=recipe.lr if recipe else max((epoch.lr for epoch in epochs), default=np.nan),
        usual_lr=usual_lr(recipe, recipe.task, tiny) if recipe else np.nan,
        activation=settings.get("activation", history.activation),
        gradient_norms=_table([[r.gradient_norms.get(name) for name in hidden] for r in readings]),
        lengths=_table([reading.lengths for reading in readings]),
        dead=last.dead if last else {},
        saturated=last.saturated if last else {},
    )


class EarlySigns(Watcher):
    """Looks for problems at the end of an epoch, and reports each kind once.

    Parameters
    ----------
    listener : Watcher
        Receives the verdicts.
    tiny : bool
        True for a table of few rows, which has other defaults.
    """

    def __init__(self, listener: Watcher, *, tiny: bool = False) -> None:
        self._listener = listener
        self._tiny = tiny
        self._reported: set[str] = set()

    def on_epoch(self, epoch: Epoch, stack: RunningStack) -> None:
        """Diagnose what the losses show so far."""
        if epoch.epoch > EVERY_EPOCH and epoch.epoch & (epoch.epoch - 1):
            return  # of long runs the epochs 32, 64, 128 and so on are enough
        if body_spec(stack.recipe.model).is_grown:
            return
        losses = History(epochs=stack.history.epochs, constant_loss=stack.constant_loss)
        for verdict in diagnose_early(_run(losses, 0, stack.recipe, tiny=self._tiny)):
            if verdict.id not in self._reported:
                self._reported.add(verdict.id)
                self._listener.on_verdict(verdict)


def _table(rows: Sequence[Sequence[float | None]]) -> NDArray[np.float64]:
    """The rows as an array, None as NaN; (0, 0) without rows."""
    return np.array(rows, dtype=np.float64).reshape(len(rows), len(rows[0]) if rows else 0)


def _or_nan(value: float | None) -> float:
    return np.nan if value is None else float(value)
