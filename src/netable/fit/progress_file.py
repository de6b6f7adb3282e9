"""The course of a run as a file that others can read while it goes on.

Its lines are objects of JSON, each with its `event`:

- start: `pid` of the process, and `at`, seconds since 1970
- phase: `is_trial`, `stacks`, `max_epochs` as of `netable.train.Phase`
- epoch: `stack`, `epoch`, `train_loss` and `valid_loss` (means over members; null if unknown), the `share` of the
  usual work that is done and the `seconds_left` (null if unknown)
- stack_end: `stack`
- verdict: as in metrics.json, of the doctor while training goes on
- end: training is over; the files of the run follow
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import time
from types import TracebackType
from typing import TYPE_CHECKING, Any, NamedTuple, Self, TextIO

from netable.doctor import Verdict
from netable.fit.members.watcher import RunningStack, Watcher
from netable.fit.time_left import TimeLeft
from netable.system.agenda import NEVER, Deadline
from netable.system.json import without_nan

if TYPE_CHECKING:  # it loads torch
    from netable.train import Epoch, Phase


class ProgressFile(Watcher):
    """Writes the file; if that fails, as on a full disk, training goes on without it.

    Parameters
    ----------
    path : Path
        Of a file that is replaced; its folder exists by the time that the block begins.
    deadline : Deadline
        The end of the training.
    """

    def __init__(self, path: Path, deadline: Deadline = NEVER) -> None:
        self._path, self._deadline = path, deadline
        self._file: TextIO | None = None
        self._time_left = TimeLeft(deadline=deadline)
        self._seen: set[int] = set()

    def __enter__(self) -> Self:
        with suppress(OSError):
            self._file = self._path.open("w", encoding="utf-8", buffering=1)
        self._write("start", pid=os.getpid(), at=time())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._write("end")
        if self._file:
            with suppress(OSError):
                self._file.close()

    def on_phase(self, phase: Phase) -> None:
        """Begin with new stacks."""
        self._time_left.begin(phase)
        self._seen.clear()
        self._write("phase", is_trial=phase.is_trial, stacks=phase.stacks, max_epochs=phase.max_epochs)

    def on_epoch(self, epoch: Epoch, stack: RunningStack) -> None:
        """Write an epoch; for a stack that was resumed, also those before."""
        if epoch.stack not in self._seen:
            self._seen.add(epoch.stack)
            for earlier in stack.history.epochs:
                if earlier.epoch < epoch.epoch:
                    self._write_epoch(earlier._replace(stack=epoch.stack))
        self._time_left.epoch(epoch, stack.recipe.schedule)
        self._write_epoch(epoch)

    def on_stack_end(self, stack: int) -> None:
        """Write that a stack is complete."""
        self._time_left.end(stack)
        self._write("stack_end", stack=stack)

    def on_verdict(self, verdict: Verdict) -> None:
        """Write an early verdict."""
        self._write("verdict", **verdict.to_dict())

    def _write_epoch(self, epoch: Epoch) -> None:
        self._write(
            "epoch",
            stack=epoch.stack,
            epoch=epoch.epoch,
            train_loss=sum(epoch.train_loss) / len(epoch.train_loss),
            valid_loss=epoch.mean_valid_loss,
            share=self._time_left.share,
            seconds_left=self._time_left.seconds(),
        )

    def _write(self, event: str, **values: Any) -> None:
        if self._file is None:
            return
        try:
            self._file.write(f"{json.dumps({'event': event, **without_nan(values)}, ensure_ascii=False)}\n")
        except OSError:
            self._file = None


class Point(NamedTuple):
    """The losses of a stack in an epoch; None if unknown."""

    epoch: int
    train_loss: float | None
    valid_loss: float | None


@dataclass
class Course:
    """The course of a run so far, of its present phase.

    Attributes
    ----------
    pid : int or None
        The process; None before it has started.
    began : float or None
        Seconds since 1970.
    is_trial : bool
        True for short runs that decide something.
    n_stacks, max_epochs : int
    stacks : dict of int to list of Point
        In order of epochs.
    ended : set of int
        Stacks that are complete.
    share : float
        Of the usual work.
    seconds_left : float or None
    verdicts : list of Verdict
    is_over : bool
        Training is over; the files of the run follow.
    """

    pid: int | None = None
    began: float | None = None
    is_trial: bool = False
    n_stacks: int = 0
    max_epochs: int = 0
    stacks: dict[int, list[Point]] = field(default_factory=dict)
    ended: set[int] = field(default_factory=set)
    share: float = 0.0
    seconds_left: float | None = None
    verdicts: list[Verdict] = field(default_factory=list)
    is_over: bool = False

    def _start(self, pid: int, at: float) -> None:
        self.pid, self.began = pid, at

    def _phase(self, is_trial: bool, stacks: int, max_epochs: int) -> None:
        self.is_trial, self.n_stacks, self.max_epochs = is_trial, stacks, max_epochs
        self.stacks, self.ended = {}, set()

    def _epoch(self, stack: int, share: float, seconds_left: float | None, **point: Any) -> None:
        self.stacks.setdefault(stack, []).append(Point(**point))
        self.share, self.seconds_left = share, seconds_left

    def _stack_end(self, stack: int) -> None:
        self.ended.add(stack)

    def _verdict(self, **values: Any) -> None:
        self.verdicts.append(Verdict.from_dict(values))

    def _end(self) -> None:
        self.is_over = True


def read_course(path: Path) -> Course:
    """The course of a run by its file; an empty one if there is none. A last line that is half written is left out."""
    course = Course()
    with suppress(OSError, ValueError, TypeError, KeyError, AttributeError):
        for line in path.read_text(encoding="utf-8").splitlines():
            values = json.loads(line)
            takes: dict[str, Callable[..., None]] = {
                "start": course._start,
                "phase": course._phase,
                "epoch": course._epoch,
                "stack_end": course._stack_end,
                "verdict": course._verdict,
                "end": course._end,
            }
            takes[values.pop("event")](**values)
    return course
