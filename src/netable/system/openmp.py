"""How threads of OpenMP, in which torch computes, wait for work: a setting that its library reads when it is loaded."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

POLICY = "OMP_WAIT_POLICY"
# Any of these is a choice of the user.
_CHOICES = (POLICY, "GOMP_SPINCOUNT", "KMP_BLOCKTIME")


def let_threads_sleep() -> None:
    """Let threads sleep while they wait, unless the user has set something else or torch is loaded already.

    By default they spin for milliseconds. Where other processes use the cores, too, the one that is waited for then has
    no core: a step of eight small networks in two threads took 170 ms, and 23 ms with threads that sleep.
    """
    if "torch" not in sys.modules and not any(name in os.environ for name in _CHOICES):
        os.environ[POLICY] = "PASSIVE"


@contextmanager
def sleeping_threads() -> Iterator[None]:
    """Within the block, a torch that is imported gets threads that sleep; the environment stays as it was."""
    was_set = POLICY in os.environ
    let_threads_sleep()
    try:
        yield
    finally:
        if not was_set:
            os.environ.pop(POLICY, None)
