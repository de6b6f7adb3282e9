"""A time limit for a piece of work, and which parts of the work it leaves room for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import inf
from time import perf_counter
from typing import TypeVar

T = TypeVar("T")

# Seconds for which work is taken to have gone at its usual pace, so that a single short part does not decide.
PRIOR = 0.5
# The share of the remaining time that parts may take which are not needed.
OPTIONAL_SHARE = 0.5


@dataclass(frozen=True)
class Deadline:
    """A moment, of `time.perf_counter`; without a limit it never comes."""

    at: float = inf

    @property
    def is_limited(self) -> bool:
        """True if it comes."""
        return self.at < inf

    def left(self) -> float:
        """Seconds until then, negative after it."""
        return self.at - perf_counter()

    def share(self, share: float) -> Deadline:
        """The moment when a share of the time until then is over."""
        return self if share == 1 or not self.is_limited else Deadline(self.at - (1 - share) * self.left())


NEVER = Deadline()


@dataclass(frozen=True)
class Part:
    """A part of some work, with the seconds that it usually takes; one that is not needed may be left out."""

    name: str
    seconds: float
    is_needed: bool = False


class Agenda:
    """Parts of a piece of work, one after the other, that follow its main part, and have to end at a deadline.

    Parameters
    ----------
    seconds : float, optional
        The time limit; without one, every part has room.
    began : float, optional
        The moment, of `time.perf_counter`, from which it counts; now if left out.

    Attributes
    ----------
    deadline : Deadline
        For everything.
    left_out : list of str
        Parts for which there was no time.
    """

    def __init__(self, seconds: float | None = None, began: float | None = None) -> None:
        self._began = perf_counter() if began is None else began
        self.deadline = NEVER if seconds is None else Deadline(self._began + seconds)
        self.left_out: list[str] = []
        self._ahead: list[Part] = []
        self._usual = self._taken = PRIOR

    def add(self, parts: Sequence[Part], *, first: bool = False) -> None:
        """Parts that follow those that are known, or, with `first`, come before them."""
        self._ahead = [*parts, *self._ahead] if first else [*self._ahead, *parts]

    def reserve(self) -> Deadline:
        """The moment at which the parts should begin, so that needed ones, and the shortest others, have room."""
        if not self.deadline.is_limited:
            return self.deadline
        reserved = self.needed_seconds()
        most = reserved + OPTIONAL_SHARE * max(0.0, self.deadline.left() - reserved)
        for seconds in sorted(self._expected(part.seconds) for part in self._ahead if not part.is_needed):
            if reserved + seconds <= most:
                reserved += seconds
        return Deadline(self.deadline.at - reserved)

    def needed_seconds(self) -> float:
        """Seconds that the needed parts ahead will take."""
        return self._expected(sum(part.seconds for part in self._ahead if part.is_needed))

    def spent(self) -> float:
        """Seconds since the beginning."""
        return perf_counter() - self._began

    def has_room(self, name: str) -> bool:
        """True if the time suffices for a part, which is then needed, and for others that are; else it is left out."""
        place = [part.name for part in self._ahead].index(name)
        part = self._ahead.pop(place)
        if not part.is_needed and self.deadline.left() < self._expected(part.seconds) + self.needed_seconds():
            self.left_out.append(name)
            return False
        self._ahead.insert(place, replace(part, is_needed=True))
        return True

    def do(self, name: str, work: Callable[[], T]) -> T | None:
        """The result of a part, None if it is left out; its time tells how much longer than usually others take."""
        if not self.has_room(name):
            return None
        part = next(part for part in self._ahead if part.name == name)
        self._ahead.remove(part)
        began = perf_counter()
        result = work()
        self.took(part.seconds, perf_counter() - began)
        return result

    def took(self, usual: float, seconds: float) -> None:
        """Learn from work that was done, in seconds, beside those that it usually takes."""
        self._usual += usual
        self._taken += seconds

    def _expected(self, usual: float) -> float:
        return usual * max(1.0, self._taken / self._usual)  # what went fast may not go on so
