"""Who is told of a run while it goes on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock

from netable.config.settings import Settings
from netable.doctor import Verdict
from netable.fit.preparation.resolve import KEPT, TRIAL_EPOCHS, TRIAL_SHARE
from netable.nn import TableNet
from netable.train import Epoch, Objective, Phase

# A stack's members as they are at the moment, on the CPU.
Members = Callable[[], tuple[TableNet, Objective]]


@dataclass
class Watch:
    """Calls that are made of one thing at a time, whatever runs side by side.

    Attributes
    ----------
    on_phase : callable, optional
        Told of every phase before its first epoch.
    on_epoch : callable, optional
        Told of every epoch when it ends; if it returns true, the run of that stack ends too, as if stopped early.
    on_members : callable, optional
        As `on_epoch`, and given a call that copies the stack's members.
    on_stack_end : callable, optional
        Told which stack of a phase has ended.
    on_verdict : callable, optional
        Told of what shows early that a run goes wrong, once of each.
    """

    on_phase: Callable[[Phase], None] | None = None
    on_epoch: Callable[[Epoch], bool | None] | None = None
    on_members: Callable[[Epoch, Members], bool | None] | None = None
    on_stack_end: Callable[[int], None] | None = None
    on_verdict: Callable[[Verdict], None] | None = None
    _lock: Lock = field(default_factory=Lock)
    _seen: set[str] = field(default_factory=set)
    _runs: int = 0
    _epochs: int = 0
    _before: int = 0

    def plan(self, config: Settings, *, warm: bool) -> None:
        """Take down what a run may take, so that each phase can be told as a part of it.

        Parameters
        ----------
        config : Settings
            Resolved.
        warm : bool
            Whether the members begin with trained weights: then nothing is tried out.
        """
        stacks = len(config.stacks)
        trials = 0 if warm else 2 * (config.target_transform == "auto") + stacks * (stacks > KEPT)
        in_full = stacks if warm else min(stacks, KEPT)
        self._runs = trials + in_full
        self._epochs = trials * trial_epochs(config) + in_full * int(config.max_epochs)
        self._before = 0

    def begin(self, config: Settings, *, is_trial: bool) -> None:
        """Say that the stacks of a configuration are about to begin."""
        stacks, epochs = len(config.stacks), int(config.max_epochs)
        own = stacks * epochs
        if self.on_phase:
            before, share = self._before / self._epochs, own / self._epochs
            self.on_phase(Phase(is_trial, stacks, epochs, self._runs, before, share))
        self._before += own

    def tell(self, stack: int, epoch: Epoch, members: Members) -> bool:
        """Say that an epoch of a stack is over; whether the stack is to end."""
        epoch = epoch._replace(stack=stack)
        with self._lock:
            answers = [
                self.on_epoch(epoch) if self.on_epoch else None,
                self.on_members(epoch, members) if self.on_members else None,
            ]
        return any(answers)

    def see(self, verdict: Verdict) -> None:
        """Say what shows early, if it has not been said."""
        with self._lock:
            if self.on_verdict and verdict.id not in self._seen:
                self._seen.add(verdict.id)
                self.on_verdict(verdict)

    def end(self, stack: int) -> None:
        """Say that a stack has ended."""
        with self._lock:
            if self.on_stack_end:
                self.on_stack_end(stack)


def trial_epochs(config: Settings) -> int:
    """Epochs of a short run at most."""
    most = int(config.max_epochs)
    return min(most, max(TRIAL_EPOCHS, round(TRIAL_SHARE * most)))
