"""The memory that a command may use."""

from __future__ import annotations

import re

from netable.compute.executor import Executor, beside
from netable.errors import ConfigError, in_gigabytes
from netable.system.machine import usable_memory

_UNITS = {"": 1, "K": 1e3, "M": 1e6, "G": 1e9, "T": 1e12}
_SIZE = re.compile(r"([0-9]+(?:\.[0-9]+)?) ?([KMGT]?)B?", re.IGNORECASE)
# Python, torch and Arrow take half of it.
LEAST = 1e9


def memory_limit(typed: str | None, workers: int = 1) -> float:
    """Bytes for each of so many workers, of a text such as 4GB for all; without one half of what there is.

    Raises
    ------
    ConfigError
        If it is no size, or less than a run needs.
    """
    if typed is None:
        return max(LEAST, (usable_memory() or float("inf")) / 2 / workers)
    size = _SIZE.fullmatch(typed.strip())
    if not size:
        raise ConfigError(f"--memory must be a size such as 4GB or 1500MB; got {typed!r}.")
    limit = float(size[1]) * _UNITS[size[2].upper()]
    if limit < LEAST * workers:
        who = "every run needs" if workers == 1 else f"{workers} workers of one machine need"
        raise ConfigError(
            f"--memory must be at least {in_gigabytes(LEAST * workers)}, which {who}; got {typed!r}."
        )
    return limit / workers


def memory_of_each(typed: str | None, group: Executor) -> float:
    """Bytes for each worker of a job: the same for all, as they decide what a table's sample is."""
    return min(float(given) for given in group.exchange(str(memory_limit(typed, beside())).encode()))
