"""What a person watches while networks are trained: a bar, the losses, the time that is left.

Everything is on standard error, and only if that is a terminal that can redraw a line.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING, Protocol

import typer

from netable.cli.output import plain

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderResult
    from rich.table import Table

    from netable.comparison import Turn
    from netable.train import Epoch, Phase

# Stacks that are shown; what is beyond has waited longest for its next epoch.
_LINES = 4
# Seconds before a guess at the time that is left is worth showing, and redrawings in one of them.
_FIRST_GUESS = 1.0
_REDRAWINGS = 8
# Below these widths there is no room for the spread of losses, and for training losses.
_FOR_SPREAD, _FOR_TRAIN = 88, 64


class Progress(Protocol):
    """What is told of a run while it goes on."""

    def phase(self, phase: Phase) -> None:
        """Stacks are about to begin."""

    def epoch(self, epoch: Epoch) -> None:
        """An epoch of a stack is over."""

    def turn(self, turn: Turn) -> None:
        """A method of a comparison is about to be fitted."""

    def say(self, text: str) -> None:
        """Show a line that stays."""


@contextmanager
def progress(time_limit: float | None = None) -> Iterator[Progress]:
    """A bar on standard error while the work goes on; only `say` shows anything if that is no terminal.

    Parameters
    ----------
    time_limit : float, optional
        Seconds after which training ends.
    """
    if not sys.stderr.isatty():
        yield _Silent()
        return
    from rich.console import Console

    console = Console(stderr=True, highlight=False)
    if console.is_dumb_terminal:
        yield _Silent()
        return
    from rich.live import Live

    bar = _Bar(console, time_limit)
    # Whatever else is written meanwhile, by notes for instance, appears above the bar.
    with Live(bar, console=console, transient=True, refresh_per_second=_REDRAWINGS, redirect_stdout=False):
        yield bar


class _Silent:
    """Where nobody watches."""

    def phase(self, phase: Phase) -> None:
        """Nothing is shown."""

    def epoch(self, epoch: Epoch) -> None:
        """Nothing is shown."""

    def turn(self, turn: Turn) -> None:
        """Nothing is shown."""

    def say(self, text: str) -> None:
        """A line on standard error."""
        typer.echo(plain(text), err=True)


class _Bar:
    """A line with the bar, and one for each stack that is being trained."""

    def __init__(self, console: Console, time_limit: float | None) -> None:
        self._console, self._time_limit = console, time_limit
        self._began = monotonic()
        self._lock = Lock()
        self._what, self._phase = "preparing", None
        self._done, self._guess_from = 0.0, (monotonic(), 0.0)
        self._epochs: dict[int, Epoch] = {}  # the last of each stack, in the order in which they came
        self._best: dict[int, tuple[float, int]] = {}

    _phase: Phase | None

    def phase(self, phase: Phase) -> None:
        """Begin with new stacks."""
        with self._lock:
            if self._phase is None:
                self._guess_from = (monotonic(), phase.before)
            self._what = "trying out" if phase.is_trial else "training"
            self._phase, self._done = phase, phase.before
            self._epochs.clear()
            self._best.clear()

    def epoch(self, epoch: Epoch) -> None:
        """Take down how far a stack is."""
        with self._lock:
            self._epochs.pop(epoch.stack, None)
            self._epochs[epoch.stack] = epoch
            loss = epoch.mean_valid_loss
            if loss is not None and loss < self._best.get(epoch.stack, (float("inf"), 0))[0]:
                self._best[epoch.stack] = (loss, epoch.epoch)
            if self._phase:
                over = sum(e.epoch / e.max_epochs for e in self._epochs.values()) / self._phase.stacks
                self._done = self._phase.before + self._phase.share * over

    def turn(self, turn: Turn) -> None:
        """Go on to a method."""
        with self._lock:
            self._what = f"fold {turn.fold + 1}: {turn.method}"
            self._done = turn.done / turn.turns

    def say(self, text: str) -> None:
        """A line above the bar."""
        self._console.print(plain(text), markup=False, highlight=False, soft_wrap=True)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """The lines as they are now."""
        with self._lock:
            yield self._head(options.max_width)
            if self._epochs:
                yield self._stacks(options.max_width)

    def _head(self, width: int) -> Table:
        from rich.progress_bar import ProgressBar
        from rich.table import Table
        from rich.text import Text

        is_known = self._done > 0
        bar = ProgressBar(total=1.0 if is_known else None, completed=self._done, pulse=not is_known)
        line = Table.grid(padding=(0, 1), expand=width < _FOR_TRAIN)
        line.add_column(no_wrap=True)
        line.add_column(ratio=1) if width < _FOR_TRAIN else line.add_column(width=32)
        line.add_column(no_wrap=True)
        share = f"{self._done:4.0%}" if is_known else ""
        line.add_row(self._what, bar, Text(f"{share}  {self._time()}", style="dim"))
        return line

    def _time(self) -> str:
        passed = monotonic() - self._began
        left = self._seconds_left()
        return f"{clock(passed)}" if left is None else f"{clock(passed)}, up to {clock(left)} left"

    def _seconds_left(self) -> float | None:
        """At the pace so far, if no stack stops early."""
        since, before = self._guess_from
        passed, gained = monotonic() - since, self._done - before
        limit = self._time_limit and max(0.0, self._time_limit - passed)
        if passed < _FIRST_GUESS or gained <= 0:
            return limit
        guess = passed * (1 - self._done) / gained
        return guess if limit is None else min(guess, limit)

    def _stacks(self, width: int) -> Table:
        from rich.table import Table

        latest = list(self._epochs.values())[-_LINES:]
        lines = Table.grid(padding=(0, 3, 0, 0))
        for epoch in sorted(latest, key=lambda epoch: epoch.stack):
            lines.add_row(*self._cells(epoch, width))
        return lines

    def _cells(self, epoch: Epoch, width: int) -> list[str]:
        stacks = self._phase.stacks if self._phase else 1
        cells = [f"  stack {epoch.stack + 1} of {stacks}"] if stacks > 1 else [" "]
        digits = len(str(epoch.max_epochs))
        cells.append(f"epoch {epoch.epoch:{digits}}/{epoch.max_epochs}")
        if width >= _FOR_TRAIN or epoch.mean_valid_loss is None:
            cells.append(f"train {_mean_and_spread(epoch.train_loss, width)}")
        if epoch.mean_valid_loss is not None:
            losses = [loss for loss in epoch.valid_loss if loss is not None]
            cells.append(f"valid {_mean_and_spread(losses, width)}")
        if epoch.stack in self._best and width >= _FOR_TRAIN:
            loss, when = self._best[epoch.stack]
            cells.append(f"best {loss:.4f} at {when}")
        return cells


def _mean_and_spread(losses: list[float], width: int) -> str:
    """The mean, and the least and the greatest of several members."""
    mean = f"{sum(losses) / len(losses):.4f}"
    if len(losses) < 2 or width < _FOR_SPREAD:
        return mean
    return f"{mean} ({min(losses):.3f}–{max(losses):.3f})"


def clock(seconds: float) -> str:
    """Seconds as a clock shows them.

    >>> clock(75), clock(3675)
    ('1:15', '1:01:15')
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
