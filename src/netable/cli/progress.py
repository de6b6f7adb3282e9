"""A progress bar for training: losses and remaining time.

Everything is on standard error, and only if that is a terminal that can redraw a line.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from math import inf
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING

from netable.cli.output import write_note
from netable.config.typed import as_options
from netable.fit.members.watcher import Watcher
from netable.fit.time_left import TimeLeft
from netable.system.agenda import NEVER, Deadline
from netable.system.safe_text import plain
from netable.system.wording import clock

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderResult
    from rich.table import Table

    from netable.comparison import Turn
    from netable.doctor import Verdict
    from netable.fit.members.watcher import RunningStack
    from netable.train import Epoch, Phase

# Stacks to show: those that run, then those that have ended.
_LINES = 4
# Refreshes per second.
_REDRAWINGS = 8
# Width of a bar, and width of a terminal below which the bar shrinks.
_BAR, _NARROW = 32, 72
_GAP = 2
# Greatest number of cells to leave out of lines that are too long.
_LEAST = 4


class Progress(Watcher):
    """An observer of a run that shows only lines that stay, on standard error."""

    def on_verdict(self, verdict: Verdict) -> None:
        """Show an early verdict."""
        self.say(f"note: {as_options(f'{verdict.seen} Try {verdict.try_}')}")

    def turn(self, turn: Turn) -> None:
        """Called before a method of a comparison is fitted."""

    def say(self, text: str) -> None:
        """Show a line that stays."""
        write_note(text)


@contextmanager
def progress(deadline: Deadline = NEVER) -> Iterator[Progress]:
    """A bar on standard error; if that is no terminal, only `say` shows anything."""
    if not sys.stderr.isatty():
        yield Progress()
        return
    from rich.console import Console

    console = Console(stderr=True, highlight=False)
    if console.is_dumb_terminal:
        yield Progress()
        return
    from rich.live import Live

    bar = _Bar(console, deadline)
    # Other output, such as notes, appears above the bar.
    with Live(bar, console=console, transient=True, refresh_per_second=_REDRAWINGS, redirect_stdout=False):
        yield bar


class _Bar(Progress):
    """A line with the bar, and one for each stack that is being trained."""

    def __init__(self, console: Console, deadline: Deadline) -> None:
        self._console = console
        self._lock = Lock()
        self._began = monotonic()
        self._what = "preparing"
        self._phase: Phase | None = None
        self._time_left = TimeLeft(deadline=deadline)
        self._epochs: dict[int, Epoch] = {}  # the last of each stack
        self._best: dict[int, tuple[float, int]] = {}
        self._ended: set[int] = set()

    def on_phase(self, phase: Phase) -> None:
        """Begin with new stacks."""
        with self._lock:
            self._what = "trying out" if phase.is_trial else "training"
            self._phase = phase
            self._time_left.begin(phase)
            for of_stacks in (self._epochs, self._best, self._ended):
                of_stacks.clear()

    def on_epoch(self, epoch: Epoch, stack: RunningStack) -> None:
        """Update the epoch and the best loss of a stack."""
        with self._lock:
            self._epochs[epoch.stack] = epoch
            loss = epoch.mean_valid_loss
            if loss is not None and loss < self._best.get(epoch.stack, (inf, 0))[0]:
                self._best[epoch.stack] = (loss, epoch.epoch)
            self._time_left.epoch(epoch, stack.recipe.schedule)

    def on_stack_end(self, stack: int) -> None:
        """Count a stack as complete."""
        with self._lock:
            self._ended.add(stack)
            self._time_left.end(stack)

    def turn(self, turn: Turn) -> None:
        """Go on to a method."""
        with self._lock:
            self._what = f"fold {turn.fold + 1}: {turn.method}"
            # Methods differ too much in speed for an estimate in the first fold.
            self._time_left.turn(turn.done / turn.turns, known=turn.fold > 0)

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

        done, narrow = self._time_left.share, width < _NARROW
        known = done > 0
        bar = ProgressBar(total=1.0 if known else None, completed=done, pulse=not known)
        line = Table.grid(padding=(0, 1), expand=narrow)
        line.add_column(no_wrap=True)
        line.add_column(width=None if narrow else _BAR, ratio=1 if narrow else None)
        line.add_column(no_wrap=True)
        share = f"{done:4.0%}  " if known else ""
        line.add_row(self._what, bar, Text(f"{share}{self._time(narrow=narrow)}", style="dim"))
        return line

    def _time(self, *, narrow: bool) -> str:
        left = self._time_left.seconds()
        if left is None:
            return clock(monotonic() - self._began)
        guess = f"about {clock(left)} left"
        return guess if narrow else f"{clock(monotonic() - self._began)}, {guess}"

    def _stacks(self, width: int) -> Table:
        from rich.table import Table

        shown = sorted(self._epochs, key=lambda stack: (stack in self._ended, stack))[:_LINES]
        for leave_out in range(_LEAST + 1):
            rows = [self._cells(self._epochs[stack], leave_out) for stack in sorted(shown)]
            widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
            if sum(widths) + _GAP * len(widths) <= width:
                break
        lines = Table.grid(padding=(0, _GAP, 0, 0))
        for _ in widths:
            lines.add_column(no_wrap=True, overflow="crop")
        for stack, row in zip(sorted(shown), rows, strict=True):
            lines.add_row(*row, style="dim" if stack in self._ended else "")
        return lines

    def _cells(self, epoch: Epoch, leave_out: int) -> list[str]:
        """The cells of a stack, without the least important ones."""
        number, digits = epoch.stack + 1, len(str(epoch.max_epochs))
        place = f"{epoch.epoch:{digits}}/{epoch.max_epochs}"
        cells = [" ", f"epoch {place}"]
        if leave_out == _LEAST:
            cells = [str(number), place]
        elif self._phase and self._phase.stacks > 1:
            cells[0] = f"  stack {number} of {self._phase.stacks}"
        losses = [loss for loss in epoch.valid_loss if loss is not None]
        if leave_out < 3 or not losses:
            cells.append(f"train {_mean(epoch.train_loss)}")
        if losses:
            cells.append(f"valid {_mean(losses)}" + ("" if leave_out else _spread(losses)))
        if epoch.stack in self._best and leave_out < 2:
            loss, when = self._best[epoch.stack]
            cells.append(f"best {loss:.4f} at {when}")
        return cells


def _mean(losses: list[float]) -> str:
    return f"{sum(losses) / len(losses):.4f}"


def _spread(losses: list[float]) -> str:
    """The least and the greatest of several members."""
    return f" ({min(losses):.3f} to {max(losses):.3f})" if len(losses) > 1 else ""
