"""Callbacks that observe a fit.

This module imports no torch, so that the terminal can define its progress bar before any is loaded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from threading import RLock
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from netable.config.recipe import Recipe
    from netable.doctor import Verdict
    from netable.model.model import Model
    from netable.train import Epoch, History, Phase


@dataclass(frozen=True)
class RunningStack:
    """A stack of members between two of its epochs.

    Attributes
    ----------
    recipe : Recipe
        Of this stack alone.
    history : History
        Its epochs so far, including those before it was resumed.
    constant_loss : float
        The training loss of the best constant.
    model : callable
        Copies the stack as it is now into a model that can predict, but has no results.
    """

    recipe: Recipe
    history: History
    constant_loss: float
    model: Callable[[], Model]


class Watcher:
    """An observer of a fit; override the methods that you need.

    The calls to one fit's watchers never overlap, though stacks are trained side by side, each in its own thread.
    """

    def on_phase(self, phase: Phase) -> None:
        """Called before the first epoch of each phase: short runs that decide something, then the runs in full."""

    def on_epoch(self, epoch: Epoch, stack: RunningStack) -> bool | None:
        """Called at the end of each epoch; return True to stop this stack."""

    def on_stack_end(self, stack: int) -> None:
        """Called when a stack of the phase has ended, with its number."""

    def on_verdict(self, verdict: Verdict) -> None:
        """Called with each early verdict on a run that goes wrong, once for each kind."""


class Watchers(Watcher):
    """Several watchers as one: every call goes to all of them, one call at a time."""

    def __init__(self, watchers: Iterable[Watcher]) -> None:
        self._watchers = list(watchers)
        self._lock = RLock()  # a watcher may cause a call to others, as `EarlySigns` does

    def _call(self, method: str, *arguments: Any) -> list[Any]:
        with self._lock:
            return [getattr(watcher, method)(*arguments) for watcher in self._watchers]

    def on_phase(self, phase: Phase) -> None:
        """Pass it on."""
        self._call("on_phase", phase)

    def on_epoch(self, epoch: Epoch, stack: RunningStack) -> bool:
        """Pass it on; True if any watcher wants to stop the stack."""
        return any(self._call("on_epoch", epoch, stack))

    def on_stack_end(self, stack: int) -> None:
        """Pass it on."""
        self._call("on_stack_end", stack)

    def on_verdict(self, verdict: Verdict) -> None:
        """Pass it on."""
        self._call("on_verdict", verdict)
