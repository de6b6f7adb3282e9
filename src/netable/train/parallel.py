"""Independent runs side by side, each on its own share of the cores."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event
from typing import TypeVar

import torch

from netable.train.device import usable_cores

T = TypeVar("T")


def run_side_by_side(
    jobs: Sequence[Callable[[Event], T]], device: torch.device, *, heavy: bool = False
) -> list[T]:
    """What the jobs return, in their order.

    On a CPU each runs in a thread of its own with its share of the cores: small networks spend much of their time
    outside matrix products, and threads of one product wait on each other whenever something else uses a core. On
    other devices they run one after the other. How many threads torch uses elsewhere stays as it was.

    A job that is alone has all cores if it is `heavy`, else one, which is then the quicker.

    Ctrl-C sets the event that every job is given; jobs that then raise KeyboardInterrupt are left out.

    Raises
    ------
    KeyboardInterrupt
        If no job has anything to show for it.
    """
    stop = Event()
    if len(jobs) == 1:  # here, where Ctrl-C arrives
        with torch_threads(free_cores() if heavy else 1):
            return [jobs[0](stop)]
    workers = side_by_side(len(jobs), device)
    cores = free_cores()
    # What a thread of the pool sets is also what threads that begin later start with, hence the outer context.
    own_share = ThreadPoolExecutor(workers, "netable", torch.set_num_threads, (cores // workers,))
    with torch_threads(cores), own_share as pool:
        futures = [pool.submit(job, stop) for job in jobs]
        try:
            for future in futures:
                future.exception()
        except KeyboardInterrupt:
            stop.set()
        finished = [f for f in futures if not isinstance(f.exception(), KeyboardInterrupt)]
        if not finished:
            raise KeyboardInterrupt
        return [future.result() for future in finished]


def side_by_side(jobs: int, device: torch.device) -> int:
    """How many of the jobs run at once."""
    return min(jobs, free_cores()) if device.type == "cpu" else 1


def free_cores() -> int:
    """Cores that runs share: those that this process may use, and torch has not been denied."""
    return min(usable_cores(), torch.get_num_threads())


@contextmanager
def torch_threads(count: int) -> Iterator[None]:
    """Let torch use so many threads, for the time being."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
