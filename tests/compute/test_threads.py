from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from functools import partial
from threading import Event
from typing import Any

import pytest
import torch

from netable.compute import threads as parallel
from netable.compute.threads import free_cores, in_order, run_side_by_side, side_by_side, torch_threads

CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def two_cores(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(parallel, "usable_cores", lambda: 2)
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


def in_a_new_thread(ask: Callable[[], int]) -> int:
    found: list[int] = []
    thread = threading.Thread(target=lambda: found.append(ask()))
    thread.start()
    thread.join()
    return found[0]


def raise_(error: BaseException, _: Event) -> None:
    raise error


@pytest.mark.parametrize("device", [CPU, torch.device("meta")])
@pytest.mark.parametrize("jobs", [1, 2, 5])
def test_run_side_by_side__results__come_in_the_order_of_the_jobs(jobs: int, device: torch.device) -> None:
    later = [Event() for _ in range(jobs)]

    def job(i: int, _: Event) -> int:
        if i == 0 and jobs > 1 and device == CPU:  # the first ends after the second
            later[1].wait(timeout=60)
        later[i].set()
        return 10 * i

    assert run_side_by_side([partial(job, i) for i in range(jobs)], device) == [10 * i for i in range(jobs)]


def test_run_side_by_side__cpu__every_job_has_its_share_of_the_cores() -> None:
    def threads(_: Event) -> int:
        return torch.get_num_threads()

    assert run_side_by_side([threads], CPU, heavy=True) == [2]
    assert run_side_by_side([threads], CPU, heavy=False) == [1]
    assert run_side_by_side([threads] * 3, CPU) == [1, 1, 1]
    assert run_side_by_side([threads] * 3, torch.device("meta")) == [2, 2, 2]


def test_side_by_side__jobs__are_no_more_than_cores_and_one_on_other_devices() -> None:
    assert [side_by_side(jobs, CPU) for jobs in (1, 2, 3)] == [1, 2, 2]
    assert side_by_side(3, torch.device("cuda")) == 1
    with torch_threads(1):
        assert side_by_side(3, CPU) == 1


@pytest.mark.parametrize("jobs", [1, 2, 3])
def test_run_side_by_side__afterwards__torch_has_as_many_threads_as_before(jobs: int) -> None:
    run_side_by_side([lambda _: None] * jobs, CPU)

    assert torch.get_num_threads() == 2
    assert in_a_new_thread(torch.get_num_threads) == 2


@pytest.mark.parametrize("jobs", [1, 2, 3])
def test_run_side_by_side__exception__is_passed_on_and_threads_are_restored(jobs: int) -> None:
    others: list[Callable[[Event], None]] = [lambda _: None] * (jobs - 1)

    with pytest.raises(ZeroDivisionError, match=r"^by zero$"):
        run_side_by_side([*others, partial(raise_, ZeroDivisionError("by zero"))], CPU)

    assert torch.get_num_threads() == 2
    assert in_a_new_thread(torch.get_num_threads) == 2


def test_run_side_by_side__jobs_that_were_interrupted__are_left_out() -> None:
    interrupted = partial(raise_, KeyboardInterrupt())

    assert run_side_by_side([lambda _: 0, interrupted, lambda _: 2], CPU) == [0, 2]


@pytest.mark.parametrize("jobs", [1, 2, 3])
def test_run_side_by_side__nothing_to_show__is_interrupted_itself(jobs: int) -> None:
    with pytest.raises(KeyboardInterrupt):
        run_side_by_side([partial(raise_, KeyboardInterrupt())] * jobs, CPU)


class InterruptedFuture(Future[Any]):
    """Ctrl-C comes to the main thread while it waits for the second job."""

    made = 0

    def __init__(self) -> None:
        super().__init__()
        InterruptedFuture.made += 1
        self.interrupts = iter([KeyboardInterrupt()] if InterruptedFuture.made == 2 else [])

    def exception(self, timeout: float | None = None) -> BaseException | None:
        for interrupt in self.interrupts:
            raise interrupt
        return super().exception(timeout)


def test_run_side_by_side__ctrl_c__tells_every_job_to_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "Future", InterruptedFuture)

    def job(i: int, stop: Event) -> int:
        if i and not stop.wait(timeout=60):
            return -1
        if i == 2:
            raise KeyboardInterrupt
        return i

    assert run_side_by_side([partial(job, i) for i in range(4)], CPU) == [0, 1, 3]
    assert torch.get_num_threads() == 2


def test_torch_threads__body_that_fails__gives_them_back() -> None:
    def fail() -> None:
        with torch_threads(1):
            assert torch.get_num_threads() == 1
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert torch.get_num_threads() == 2


def test_torch_threads__others_begin_meanwhile__have_what_they_would_have() -> None:
    with torch_threads(1):
        assert torch.get_num_threads() == 1
        assert in_a_new_thread(torch.get_num_threads) == 2
        assert in_a_new_thread(free_cores) == 2


def test_torch_threads__thread_with_a_number_of_its_own__keeps_it_and_nobody_else_has_it() -> None:
    def own_number() -> int:
        torch.set_num_threads(3)
        torch.set_num_threads(2)  # what new threads begin with is for all
        with torch_threads(3), torch_threads(1):
            pass
        return torch.get_num_threads()

    assert in_a_new_thread(own_number) == 2
    with torch_threads(3):
        assert in_a_new_thread(own_number) == 2
        with torch_threads(1):
            pass
        assert torch.get_num_threads() == 3
        assert in_a_new_thread(torch.get_num_threads) == 2


def test_torch_threads__many_at_once__all_have_their_own_and_leave_nothing_behind() -> None:
    found: list[bool] = []

    def enter_and_leave(count: int) -> None:
        for _ in range(30):
            with torch_threads(count):
                found.append(torch.get_num_threads() == count)
            found.append(torch.get_num_threads() == 2)

    threads = [threading.Thread(target=enter_and_leave, args=(1 + i % 3,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert all(found)
    assert len(found) == 8 * 60
    assert in_a_new_thread(torch.get_num_threads) == 2


def test_run_side_by_side__no_threads_to_be_had__computes_here(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)

    found = run_side_by_side([lambda _: (torch.get_num_threads(), threading.current_thread())] * 3, CPU)

    assert found == [(1, threading.current_thread())] * 3
    assert torch.get_num_threads() == 2


def test_run_side_by_side__afterwards__no_thread_is_left() -> None:
    before = threading.active_count()
    run_side_by_side([lambda _: None] * 5, CPU)

    assert threading.active_count() == before


def test_torch_threads__free_cores__are_fewer_than_threads_where_cores_are_few(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(parallel, "usable_cores", lambda: 1)

    with torch_threads(free_cores()):
        assert torch.get_num_threads() == 1
    assert torch.get_num_threads() == 2


def test_in_order__slow_first_item__comes_first_and_few_are_ahead() -> None:
    taken: list[int] = []
    second = Event()

    def items() -> Iterator[int]:
        for i in range(6):
            taken.append(i)
            yield i

    def make(i: int) -> int:
        if i == 0:
            assert second.wait(10)
        second.set()
        return 10 * i

    made = in_order(make, items(), 2)

    assert next(made) == 0
    assert taken == [0, 1, 2]
    assert list(made) == [10, 20, 30, 40, 50]


def test_in_order__item_that_fails__ends_after_those_before_it() -> None:
    made = in_order(lambda i: 1 // (2 - i), range(9), 2)

    assert [next(made), next(made)] == [0, 1]
    with pytest.raises(ZeroDivisionError):
        next(made)
