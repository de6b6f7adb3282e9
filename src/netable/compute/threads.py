"""Independent jobs side by side, each with its own share of the cores."""

from __future__ import annotations

import atexit
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from contextvars import copy_context
from functools import partial
from queue import Empty, SimpleQueue
from threading import Event, Lock, Thread, current_thread
from time import monotonic
from typing import TypeVar

import torch

from netable.system.machine import usable_cores

T = TypeVar("T")


def run_side_by_side(
    jobs: Sequence[Callable[[Event], T]], device: torch.device, *, heavy: bool = False
) -> list[T]:
    """Run independent jobs, and return their results in order.

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
        with _running(stop, []), torch_threads(free_cores() if heavy else 1):
            return [jobs[0](stop)]
    workers = side_by_side(len(jobs), device)
    futures: list[Future[T]] = [Future() for _ in jobs]
    waiting: SimpleQueue[Callable[[], None]] = SimpleQueue()
    for future, job in zip(futures, jobs, strict=True):
        waiting.put(partial(copy_context().run, _settle, future, partial(job, stop)))
    threads: list[Thread] = []
    with _running(stop, threads):
        try:
            _start(threads, workers, partial(_work, waiting, free_cores() // workers))
            if not threads:
                _work(waiting, free_cores() // workers)
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


def side_by_side(jobs: int, device: torch.device) -> int:
    """The number of jobs that run at once."""
    return min(jobs, free_cores()) if device.type == "cpu" else 1


def free_cores() -> int:
    """Cores that runs share: those that this process may use, and torch has not been denied."""
    with _changing:
        return min(usable_cores(), torch.get_num_threads())


@contextmanager
def torch_threads(count: int) -> Iterator[None]:
    """Let torch use so many threads in what this thread asks for, for the time being; other threads keep theirs."""
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


# Held while what new threads begin with is not what it was, by whoever reads or changes it.
_changing = Lock()


def _use(count: int, default: int | None = None) -> int:
    """Let this thread have so many of torch's threads; what new threads begin with is returned, and stays as it was.

    torch keeps a number for each thread, and one for threads that have not asked yet. Setting the first sets the
    second too, which only such a thread can tell. So one that begins now takes it down, and puts it back.
    """
    found, changed = Future[int](), Event()

    def keep() -> None:
        found.set_result(default or torch.get_num_threads())
        changed.wait()
        torch.set_num_threads(found.result())

    keepers: list[Thread] = []
    with _changing:
        try:
            _start(keepers, 1, keep)
            kept = found.result() if keepers else count
            torch.set_num_threads(count)
        finally:
            changed.set()
            for keeper in keepers:
                keeper.join()
    return kept


def _start(threads: list[Thread], count: int, run: Callable[[], None]) -> None:
    """Add so many threads, or as many as can be had: while Python is ending, none.

    They never keep Python from ending; those that compute are ended by `_end`.
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


# Seconds that the end of Python waits for a step and what follows from it.
LAST_SECONDS = 10.0
# What runs at the moment: how each is told to end, and how it tells that it has.
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
            Event().wait()  # a daemon that is in torch when Python takes itself apart ends the process with a crash


def _end() -> None:
    """Python ends, and with it what daemon threads compute: after the step that they are at."""
    _python_ends.set()
    until = monotonic() + LAST_SECONDS
    for stop, ended in list(_runs.items()):
        stop.set()
        ended.wait(max(0.0, until - monotonic()))


def _begin_in_fork() -> None:
    """In a forked process there are none of the parent's threads, which those of OpenMP would wait for in vain.

    Nor is there anybody to release its locks.
    """
    global _changing
    _changing = Lock()
    _runs.clear()
    torch.set_num_threads(1)


atexit.register(_end)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_in_fork)
