"""When the command began, from which its time limit counts."""

from __future__ import annotations

from contextvars import ContextVar
from time import perf_counter

# The moment, of `perf_counter`, of the process's start; not set where a program calls a verb as a function.
_began: ContextVar[float | None] = ContextVar("began", default=None)


def mark_began(moment: float) -> None:
    """Note when this process started."""
    _began.set(moment)


def began() -> float:
    """The moment, of `perf_counter`, at which the command began; now, where it is a part of another program."""
    moment = _began.get()
    return perf_counter() if moment is None else moment
