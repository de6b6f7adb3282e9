"""The remaining time of a fit, by its pace and by where stacks of members usually stop."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING

from netable.fit.usual_end import usual_end
from netable.system.agenda import NEVER, Deadline

if TYPE_CHECKING:
    from netable.train import Epoch, Phase

# The share of the work after which the remaining time is known.
_FIRST_GUESS = 0.02


class TimeLeft:
    """The work of a fit: what is done and what usually follows, in shares of the epochs that it may take at most."""

    def __init__(self, clock: Callable[[], float] = monotonic, deadline: Deadline = NEVER) -> None:
        self._clock, self._began, self._deadline = clock, clock(), deadline
        self._phase: Phase | None = None
        self._schedule = ""
        self._before = 0.0  # the work of earlier phases
        self._shares: dict[int, float] = {}  # of its epochs that each stack has done
        self._usual: dict[int, float] = {}  # and that it usually does in all
        self._best: dict[int, tuple[float, float]] = {}  # the lowest loss of each stack, and its share then
        self._turns: tuple[float, float] | None = None
        self._since: tuple[float, float] | None = (
            None  # when the pace began to count, and what was done by then
        )

    def begin(self, phase: Phase) -> None:
        """Go on to a phase."""
        self._before = self._done
        self._phase = phase
        for of_stacks in (self._shares, self._usual, self._best):
            of_stacks.clear()
        self._since = None

    def epoch(self, epoch: Epoch, schedule: str) -> None:
        """Count an epoch of a stack."""
        if epoch.stack in self._quick:
            return
        stack, share, loss = epoch.stack, epoch.epoch / epoch.max_epochs, epoch.mean_valid_loss
        resumed = epoch.epoch > 1 and stack not in self._shares
        self._schedule = (
            schedule if loss is not None else ""
        )  # without a loss to judge by, no stack stops early
        if loss is not None and loss < self._best.get(stack, (float("inf"), 0.0))[0]:
            self._best[stack] = loss, share
        self._shares[stack] = share
        waited = share - self._best.get(stack, (0.0, share))[1]
        is_trial = self._phase is not None and self._phase.is_trial
        self._usual[stack] = 1.0 if is_trial else usual_end(self._schedule, share, waited)
        # The first epoch is slower than others, and those of an earlier run took no time in this one.
        if self._since is None or resumed:
            self._since = self._clock(), self._done

    def end(self, stack: int) -> None:
        """Count a stack as complete."""
        if stack not in self._quick:
            self._usual[stack] = self._shares.setdefault(stack, 0.0)

    def turn(self, done: float, *, known: bool) -> None:
        """Count a share of a comparison as done; its pace is known once every method had a turn."""
        self._turns = done, 1.0 - done
        self._since = (self._began, 0.0) if known else None

    @property
    def share(self) -> float:
        """The share of the usual work that is done."""
        total = self._done + self._left
        return self._done / total if total else 0.0

    def seconds(self) -> float | None:
        """The remaining time at the pace so far, but no more than until the deadline; None if it is not known yet."""
        guess = self._at_this_pace()
        if not self._deadline.is_limited:
            return guess
        limit = max(0.0, self._deadline.left())
        return limit if guess is None else min(guess, limit)

    def _at_this_pace(self) -> float | None:
        if self._since is None:
            return None
        since, before = self._since
        gained = self._done - before
        if gained < _FIRST_GUESS * (self._done + self._left):
            return None
        return (self._clock() - since) * self._left / gained

    @property
    def _quick(self) -> tuple[int, ...]:
        return self._phase.quick if self._phase else ()

    @property
    def _stacks(self) -> int:
        return self._phase.stacks - len(self._quick) if self._phase else 0

    @property
    def _per_stack(self) -> float:
        return self._phase.share / self._stacks if self._phase else 0.0

    @property
    def _done(self) -> float:
        return self._turns[0] if self._turns else self._before + self._per_stack * sum(self._shares.values())

    @property
    def _left(self) -> float:
        if self._turns:
            return self._turns[1]
        if self._phase is None:
            return 1.0
        usual = usual_end(self._schedule, 0.0)
        of_stacks = sum(self._usual.values()) + usual * (self._stacks - len(self._usual))
        later = usual * (1.0 - self._phase.before - self._phase.share)
        return self._per_stack * (of_stacks - sum(self._shares.values())) + later
