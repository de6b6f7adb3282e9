from __future__ import annotations

import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event, Thread, Timer
from time import sleep

import pytest
from torch.distributed import HashStore, Store

from netable.compute import meeting, workers
from netable.compute.executor import ALONE, rank, started_together
from netable.compute.meeting import meet
from netable.compute.workers import LOST, Workers, _key
from netable.errors import ConfigError, WorkerError


@pytest.fixture
def two(monkeypatch: pytest.MonkeyPatch) -> list[Workers]:
    """Two workers of a job with one store, without a process group."""
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setattr(workers, "BEAT", 0.01)
    store, made = HashStore(), []
    for number in range(2):
        monkeypatch.setenv("RANK", str(number))
        one = Workers()
        one._store, one._makes_group = store, False
        made.append(one)
    return made


def test_alone__exchange__gives_back_what_it_got() -> None:
    with ALONE as executor:
        assert executor.exchange(b"mine") == [b"mine"]
        assert (executor.rank, executor.size, executor.is_first) == (0, 1, True)


def test_alone__reading_of_another_process__is_an_error() -> None:
    ALONE.post("name/0", b"")
    with pytest.raises(LookupError, match=r"^There is no process 1 beside this one\.$"):
        ALONE.read(1, "name/0")


def test_started_together__environment__decides(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RANK", "3")
    monkeypatch.setenv("WORLD_SIZE", "4")
    assert (started_together(), rank()) == (True, 3)
    monkeypatch.setenv("WORLD_SIZE", "1")
    assert (started_together(), rank()) == (False, 0)


def test_read__posted_later__waits(two: list[Workers]) -> None:
    thread = Thread(target=lambda: (sleep(0.1), two[1].post("name/0", b"there")))
    thread.start()

    assert two[0].read(1, "name/0") == b"there"
    thread.join()


def test_read__stop__ends_the_wait(two: list[Workers]) -> None:
    stop = Event()
    stop.set()
    with pytest.raises(KeyboardInterrupt):
        two[0].read(1, "name/0", stop)


def test_read__other_process_ended__is_interrupted_unless_it_was_posted_before(two: list[Workers]) -> None:
    two[1].post("name/0", b"there")
    two[1].end("name", None)

    assert two[0].read(1, "name/0") == b"there"
    with pytest.raises(KeyboardInterrupt):
        two[0].read(1, "name/1")


@pytest.mark.parametrize(
    ("error", "raised", "text"),
    [
        (ConfigError("lr is wrong."), ConfigError, r"^lr is wrong\.$"),
        (ValueError("a bug"), RuntimeError, r"^ValueError: a bug \(in worker 1\)$"),
        (None, WorkerError, r"^Worker 1 has ended before the others\.$"),
    ],
)
def test_read__other_process_left__raises_its_error(
    two: list[Workers], error: Exception | None, raised: type[Exception], text: str
) -> None:
    two[1].__exit__(type(error) if error else None, error, None)

    with pytest.raises(raised, match=text):
        two[0].read(1, "exchange/1")


def test_exchange__nothing_to_give__is_a_meeting(two: list[Workers]) -> None:
    given: list[list[bytes]] = []
    thread = Thread(target=lambda: given.append(two[1].exchange()))
    thread.start()

    assert two[0].exchange() == [b"", b""]
    thread.join()
    assert given == [[b"", b""]]


@pytest.fixture
def codes(two: list[Workers], monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The exit codes with which the first of two workers would have ended its process."""
    given: list[int] = []

    def end(code: int) -> None:
        given.append(code)
        two[0]._left.set()

    monkeypatch.setattr(workers.os, "_exit", end)
    return given


def test_beat__other_process_hangs__ends_this_one(
    two: list[Workers], codes: list[int], capfd: pytest.CaptureFixture[str]
) -> None:
    two[0]._beating.start()
    two[0]._beating.join(10)

    assert codes == [LOST]
    assert capfd.readouterr().err.startswith("netable: worker 1 has not answered for ")


def test_beat__both_alive_then_one_leaves__goes_on(
    two: list[Workers], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers.os, "_exit", lambda code: pytest.fail(f"ended with {code}"))
    for one in two:
        one._beating.start()
    sleep(0.3)
    two[1].__exit__(None, None, None)
    sleep(0.3)
    two[0].__exit__(None, None, None)

    assert two[0]._store.check([_key("left", 0), _key("left", 1)])


@pytest.mark.bad_input(104)
def test_enter__port_of_another_job__is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        for name, value in {"RANK": 0, "WORLD_SIZE": 2, "MASTER_PORT": taken.getsockname()[1]}.items():
            monkeypatch.setenv(name, str(value))
        monkeypatch.setenv("MASTER_ADDR", "127.0.0.1")
        with pytest.raises(
            WorkerError,
            match=rf"^Another job has the port {taken.getsockname()[1]}\. Give this one a free port",
        ):
            Workers().__enter__()


def both(*meetings: Callable[[], Store]) -> list[Store]:
    with ThreadPoolExecutor() as threads:
        return [meeting.result() for meeting in [threads.submit(meeting) for meeting in meetings]]


def test_meet__store_in_which_others_have_met_before__is_empty_again() -> None:
    store = HashStore()
    before, _ = both(lambda: meet(store, 0, 2, "job"), lambda: meet(store, 1, 2, "job"))
    before.set("left/0", "")
    late = Event()

    def first() -> Store:
        late.wait(10)
        return meet(store, 0, 3, "job")

    def other(rank: int) -> Store:
        return meet(store, rank, 3, "job")

    Timer(0.2, late.set).start()  # so the others find what was left
    now = both(first, lambda: other(1), lambda: other(2))

    now[1].set("beat", "1")
    assert [one.check(["beat"]) for one in now] == [True] * 3
    assert not any(one.check(["left/0"]) for one in now)


def test_meet__worker_of_another_job__is_one_line() -> None:
    store = HashStore()
    store.set("netable/call", "0123456789abcdef first")
    with pytest.raises(
        WorkerError, match=r"^Another job has the port .*\. Give this one a free port, in MASTER_PORT"
    ):
        meet(store, 1, 2, "job")


def test_meet__worker_that_does_not_come__is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meeting, "START_SECONDS", 0.1)
    with pytest.raises(WorkerError, match=r"^Worker 1 has not come within 0 seconds\.$"):
        meet(HashStore(), 0, 2, "job")


def test_watch__store_does_not_answer__ends_the_process(
    two: list[Workers], codes: list[int], capfd: pytest.CaptureFixture[str]
) -> None:
    two[0]._watching.start()  # nothing beats
    two[0]._watching.join(10)

    assert codes == [LOST]
    assert capfd.readouterr().err.startswith("netable: the job has not answered for ")
