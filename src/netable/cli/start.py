"""The command as it was typed, and when it began, from which its time limit counts."""

from __future__ import annotations

from collections.abc import Sequence
from contextvars import ContextVar
from time import perf_counter

# The arguments of the command as they were typed.
_arguments: ContextVar[tuple[str, ...]] = ContextVar("arguments", default=())
# The moment, of `perf_counter`, of the process's start; not set where a program calls a verb as a function.
_began: ContextVar[float | None] = ContextVar("began", default=None)


def mark_began(moment: float) -> None:
    """Note when the command started; of several notes the first one counts."""
    if _began.get() is None:
        _began.set(moment)


def began() -> float:
    """The moment, of `perf_counter`, at which the command began; now, where it is a part of another program."""
    moment = _began.get()
    return perf_counter() if moment is None else moment


def mark_arguments(typed: Sequence[str]) -> None:
    """Note the arguments of the command."""
    _arguments.set(tuple(typed))


def arguments() -> list[str]:
    """The arguments of the command, as they were typed."""
    return list(_arguments.get())
