"""How the workers of a job find each other in a store that others may use, or have used, too."""

from __future__ import annotations

import hashlib
import os
from time import monotonic, sleep
from uuid import uuid4

from torch.distributed.distributed_c10d import PrefixStore, Store

from netable.errors import WorkerError

# Seconds for all workers to start, and between two looks at the store.
START_SECONDS, LOOK_SECONDS = 120.0, 0.02
_CALL = "netable/call"


def meet(store: Store, rank: int, size: int, job: str) -> Store:
    """The part of the store that only the workers of this job use which have started this time.

    The store may be that of an agent that starts workers again and again: what those before have left in it must not
    be taken for an answer. So the first worker calls, every other one answers with a number of its own, and the first
    tells whose answers it has taken.

    Parameters
    ----------
    job : str
        What all workers of a job have in common, and other jobs have not.

    Raises
    ------
    WorkerError
        If the store belongs to another job, or not all workers come in time.
    RuntimeError
        If the store cannot be reached.
    """
    mine, digest = uuid4().hex, hashlib.blake2b(job.encode(), digest_size=8).hexdigest()
    until = monotonic() + START_SECONDS
    if rank == 0:
        store.set(_CALL, f"{digest} {mine}")
        answers = [_waited_for(store, f"netable/{mine}/{other}", other, until) for other in range(1, size)]
        store.set(f"netable/{mine}", " ".join(answers))
        return PrefixStore(f"netable/{mine}", store)
    while True:
        of_job, call = _waited_for(store, _CALL, 0, until).split()
        if of_job != digest:
            raise WorkerError(taken())
        store.set(f"netable/{call}/{rank}", mine)
        here = f"netable/{call}"
        if store.check([here]) and mine in store.get(here).decode().split():
            return PrefixStore(here, store)
        _sleep(until, 0)


def taken() -> str:
    """The message that another job has the port of this one."""
    port = os.environ.get("MASTER_PORT", "of the first worker")
    return f"Another job has the port {port}. Give this one a free port, in MASTER_PORT."


def _waited_for(store: Store, key: str, rank: int, until: float) -> str:
    while not store.check([key]):
        _sleep(until, rank)
    return bytes(store.get(key)).decode()


def _sleep(until: float, rank: int) -> None:
    if monotonic() > until:
        raise WorkerError(f"Worker {rank} has not come within {START_SECONDS:.0f} seconds.")
    sleep(LOOK_SECONDS)
