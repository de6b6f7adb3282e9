"""Losses while a fit runs: lines on standard error, or a table that a notebook redraws."""

from __future__ import annotations

import sys
from collections.abc import Callable
from math import inf
from time import monotonic

import numpy as np

from netable.doctor import Verdict
from netable.fit.members.watcher import RunningStack, Watcher
from netable.system.notebook import fragment, place_in_output, table
from netable.train import Epoch, Phase

# Seconds between two drawings.
_PAUSE = 0.25
_HEADER = ("stack", "epoch", "of at most", "training loss", "held-out loss", "lowest", "in epoch")


def loss_printer() -> Watcher:
    """A watcher that shows losses where this program runs."""
    show = place_in_output()
    return EpochPrinter() if show is None else LiveLosses(show)


class EpochPrinter(Watcher):
    """Prints one line for each epoch, on standard error."""

    def on_epoch(self, epoch: Epoch, stack: RunningStack) -> None:
        """Print the losses."""
        valid = "" if epoch.mean_valid_loss is None else f", valid {epoch.mean_valid_loss:.5g}"
        sys.stderr.write(
            f"epoch {epoch.epoch}, stack {epoch.stack}: train {np.mean(epoch.train_loss):.5g}{valid}\n"
        )


class LiveLosses(Watcher):
    """Shows the last losses of each stack, and early verdicts.

    Parameters
    ----------
    show : callable
        Takes HTML, and shows it in place of what it showed before.
    clock : callable
        Seconds from any moment.
    """

    def __init__(self, show: Callable[[str], None], clock: Callable[[], float] = monotonic) -> None:
        self._show, self._clock = show, clock
        self._title = ""
        self._epochs: dict[int, Epoch] = {}
        self._best: dict[int, tuple[float, int]] = {}
        self._verdicts: list[Verdict] = []
        self._drawn = -inf

    def on_phase(self, phase: Phase) -> None:
        """Begin with new stacks."""
        self._title = "Trying out" if phase.is_trial else "Training"
        self._epochs.clear()
        self._best.clear()

    def on_epoch(self, epoch: Epoch, stack: RunningStack) -> None:
        """Show the losses, if the last ones have been there for a moment."""
        self._epochs[epoch.stack] = epoch
        loss = epoch.mean_valid_loss
        if loss is not None and loss < self._best.get(epoch.stack, (inf, 0))[0]:
            self._best[epoch.stack] = (loss, epoch.epoch)
        if self._clock() >= self._drawn + _PAUSE:
            self._draw()

    def on_stack_end(self, stack: int) -> None:
        """Show the last losses of a stack."""
        self._draw()

    def on_verdict(self, verdict: Verdict) -> None:
        """Show what goes wrong."""
        self._verdicts.append(verdict)
        self._draw()

    def _draw(self) -> None:
        verdicts = (verdict._repr_html_() for verdict in self._verdicts)
        rows = [self._row(stack) for stack in sorted(self._epochs)]
        self._show(fragment(self._title, table(_HEADER, rows), *verdicts))
        self._drawn = self._clock()

    def _row(self, stack: int) -> tuple[int | float | None, ...]:
        epoch, best = self._epochs[stack], self._best.get(stack, (None, None))
        losses = (float(np.mean(epoch.train_loss)), epoch.mean_valid_loss)
        return (stack + 1, epoch.epoch, epoch.max_epochs, *losses, *best)
