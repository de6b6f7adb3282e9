"""The memory that a command may use."""

from __future__ import annotations

import re

from netable.errors import ConfigError, in_gigabytes
from netable.system.machine import usable_memory

_UNITS = {"": 1, "K": 1e3, "M": 1e6, "G": 1e9, "T": 1e12}
_SIZE = re.compile(r"([0-9]+(?:\.[0-9]+)?) ?([KMGT]?)B?", re.IGNORECASE)
# Python, torch and Arrow take half of it.
LEAST = 1e9


def memory_limit(typed: str | None) -> float:
    """Bytes, of a text such as 4GB; without one half of the memory of this process.

    Raises
    ------
    ConfigError
        If it is no size, or less than a run needs.
    """
    if typed is None:
        return max(LEAST, (usable_memory() or float("inf")) / 2)
    size = _SIZE.fullmatch(typed.strip())
    if not size:
        raise ConfigError(f"--memory must be a size such as 4GB or 1500MB; got {typed!r}.")
    limit = float(size[1]) * _UNITS[size[2].upper()]
    if limit < LEAST:
        raise ConfigError(
            f"--memory must be at least {in_gigabytes(LEAST)}, which every run needs; got {typed!r}."
        )
    return limit
