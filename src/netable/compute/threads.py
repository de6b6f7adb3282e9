"""Independent jobs side by side, each with its own share of the cores."""

from __future__ import annotations

import atexit
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from contextvars import copy_context
from functools import partial
from queue import Empty, SimpleQueue
from threading import Event, Lock, Thread, current_thread
from time import monotonic
from typing import TypeVar

import torch
from torch import nn

from netable.system.machine import usable_cores

S = TypeVar("S")
T = TypeVar("T")


def run_side_by_side(
    jobs: Sequence[Callable[[Event], T]],
    device: torch.device,
    *,
    heavy: bool = False,
    in_threads: bool = False,
) -> list[T]:
    """Run independent jobs, and return their results in order.

    On a CPU each runs in a thread of its own with its share of the cores: small networks spend much of their time
    outside matrix products, and threads of one product wait on each other whenever something else uses a core. On
    other devices they run one after the other. torch's number of threads does not change elsewhere.

    A single job has all cores if it is `heavy`, else one, which is then faster; it runs here, where Ctrl-C arrives,
    unless it is to run `in_threads`.

    Ctrl-C sets the event that every job is given; jobs that then raise KeyboardInterrupt are left out.

    Raises
    ------
    KeyboardInterrupt
        If no job returns a result.
    """
    stop = Event()
    if not jobs:
        return []
    if len(jobs) == 1 and not in_threads:
        with _running(stop, []), torch_threads(free_cores() if heavy else 1):
            return [jobs[0](stop)]
    workers = side_by_side(len(jobs), device)
    cores = free_cores() // workers if heavy or len(jobs) > 1 else 1
    futures: list[Future[T]] = [Future() for _ in jobs]
    waiting: SimpleQueue[Callable[[], None]] = SimpleQueue()
    for future, job in zip(futures, jobs, strict=True):
        waiting.put(partial(copy_context().run, _settle, future, partial(job, stop)))
    threads: list[Thread] = []
    with _running(stop, threads):
        try:
            _start(threads, workers, partial(_work, waiting, cores))
            if not threads:
                _work(waiting, cores)
            for future in futures:
                future.exception()
        except KeyboardInterrupt:
            stop.set()
            if not threads:
                raise
        finished = [f for f in futures if not isinstance(f.exception(), KeyboardInterrupt)]
    if not finished:
        raise KeyboardInterrupt
    return [future.result() for future in finished]


def in_order(make: Callable[[S], T], items: Iterable[S], workers: int) -> Iterator[T]:
    """What a function makes of each item, in their order, by threads that are so many items ahead."""
    with ThreadPoolExecutor(workers) as pool:
        ahead: deque[Future[T]] = deque()
        try:
            for item in items:
                ahead.append(pool.submit(copy_context().run, make, item))
                if len(ahead) > workers:
                    yield ahead.popleft().result()
            while ahead:
                yield ahead.popleft().result()
        finally:
            for future in ahead:
                future.cancel()


def side_by_side(jobs: int, device: torch.device) -> int:
    """The number of jobs that run at once."""
    return min(jobs, free_cores()) if device.type == "cpu" else 1


def free_cores() -> int:
    """Cores that runs share: those that this process may use, at most torch's number of threads."""
    with _changing:
        return min(usable_cores(), torch.get_num_threads())


@contextmanager
def torch_threads(count: int) -> Iterator[None]:
    """Let torch use so many threads for this thread's operations within the block; other threads keep theirs."""
    with _changing:
        before = torch.get_num_threads()
    if before == count:
        yield
        return
    default = before
    try:
        default = _use(count)
        yield
    finally:
        torch.set_num_threads(before)  # at once, as Ctrl-C may come again
        if before != default:
            _use(before, default)


# Steps of smaller networks are no faster in several threads, and far slower while something else uses a core: threads
# of one operation wait for each other.
SMALL_NET = 2**17


def threads_for(net: nn.Module) -> AbstractContextManager[None]:
    """Within the block, torch uses one thread for a network with fewer than `SMALL_NET` weights."""
    is_small = sum(parameter.numel() for parameter in net.parameters()) < SMALL_NET
    return torch_threads(1) if is_small else nullcontext()


# Taken by whoever reads or changes torch's number of threads, as `_use` changes that of new threads for a moment.
_changing = Lock()


def _use(count: int, default: int | None = None) -> int:
    """Let this thread use so many of torch's threads; returns the number for new threads, which stays as it was.

    torch has a number for each thread, and a default for new ones. Setting the first sets the default too, and only a
    new thread can read it. So one starts here, reads the default, and sets it again afterwards.
    """
    number_before, is_set = Future[int](), Event()

    def restore() -> None:
        number_before.set_result(default or torch.get_num_threads())
        is_set.wait()
        torch.set_num_threads(number_before.result())

    restorers: list[Thread] = []
    with _changing:
        try:
            _start(restorers, 1, restore)
            number = number_before.result() if restorers else count
            torch.set_num_threads(count)
        finally:
            is_set.set()
            for restorer in restorers:
                restorer.join()
    return number


def _start(threads: list[Thread], count: int, run: Callable[[], None]) -> None:
    """Start so many threads, or as many as possible: none while Python is ending.

    They are daemons, so Python can end; `_end` ends those that compute.
    """
    with suppress(RuntimeError):
        for i in range(count):
            thread = Thread(target=run, name=f"netable_{i}", daemon=True)
            thread.start()
            threads.append(thread)


def _work(waiting: SimpleQueue[Callable[[], None]], share: int) -> None:
    with torch_threads(share):
        while True:
            try:
                settle = waiting.get_nowait()
            except Empty:
                return
            settle()


def _settle(future: Future[T], job: Callable[[], T]) -> None:
    try:
        future.set_result(job())
    except BaseException as error:
        future.set_exception(error)


# Seconds that the end of Python waits for the last step.
LAST_SECONDS = 10.0
# The current runs: the event that stops each, and the one that it sets when it has ended.
_runs: dict[Event, Event] = {}
_python_ends = Event()


@contextmanager
def _running(stop: Event, threads: list[Thread]) -> Iterator[None]:
    ended = _runs[stop] = Event()
    try:
        yield
    finally:
        try:
            for thread in threads:
                thread.join()
        finally:  # Ctrl-C may come while they are waited for
            _runs.pop(stop, None)
            ended.set()
        if _python_ends.is_set() and current_thread().daemon:
            Event().wait()  # a daemon thread that is in torch while Python shuts down crashes the process


def _end() -> None:
    """Stop all runs after their current step, as Python ends."""
    _python_ends.set()
    until = monotonic() + LAST_SECONDS
    for stop, ended in list(_runs.items()):
        stop.set()
        ended.wait(max(0.0, until - monotonic()))


def _begin_in_fork() -> None:
    """Forget the parent's threads and locks in a forked process: OpenMP would wait for its threads forever."""
    global _changing
    _changing = Lock()
    _runs.clear()
    torch.set_num_threads(1)


atexit.register(_end)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_in_fork)
