from __future__ import annotations

import json
import random
import sys
import threading
from collections import Counter
from pathlib import Path

import pytest

from benchmarks.kill import child
from benchmarks.kill import run as kill
from benchmarks.kill.child import Fault

CALLS = Counter({("write", "state"): 3, ("fsync", "checkpoint"): 2})
REFERENCE = kill.Reference({}, 40, CALLS, 2.0)


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("run/checkpoint/0-1.checkpoint", "state"),
        ("run/checkpoint/.0-1.checkpoint.0123abcd.part", "state"),
        ("run/.model.netable.0123abcd.part", "model.netable"),
        ("run/checkpoint", "checkpoint"),
        ("/dev/null", "other"),
    ],
)
def test_kind_of__path__is_without_numbers_and_random_letters(path: str, kind: str) -> None:
    assert child.kind_of(path) == kind


def test_difference__of_results__is_the_first_part_and_knows_nan() -> None:
    assert child.difference({"a": float("nan"), "b": 1}, {"a": float("nan"), "b": 1}) == ""
    assert child.difference({"a": float("nan"), "b": 1}, {"a": float("nan"), "b": 2}) == "b"


def test_draw_fault__calls__are_all_drawn_before_within_and_after() -> None:
    draw = random.Random(0)
    faults = {kill.draw_fault("call", REFERENCE, draw) for _ in range(200)}

    assert {(f.call, f.at) for f in faults} == {
        (call, i) for call in CALLS for i in range(1, CALLS[call] + 1)
    }
    assert {f.when for f in faults if f.call[0] == "write"} == {"before", "within", "after"}
    assert {f.when for f in faults if f.call[0] == "fsync"} == {"before", "after"}


def test_draw_fault__steps_and_seconds__are_within_the_run() -> None:
    draw = random.Random(0)

    assert all(1 <= kill.draw_fault("step", REFERENCE, draw).at <= 40 for _ in range(50))
    assert all(0 <= kill.draw_fault("time", REFERENCE, draw).at <= 2.0 for _ in range(50))
    assert kill.draw_fault("call", REFERENCE, draw, first=True).at == 1


def test_summary__counts__are_of_those_that_are_the_same() -> None:
    same = kill.Trial("numbers", "call", ("write", "state"), 2, "")

    found = kill.summary([same, same._replace(kills=1, differs="tensors")])

    assert (found["runs"], found["killed"], found["same"], found["killed_twice"]) == (2, 2, 1, 1)
    assert found["by_call"] == {"write state": 1}


def test_fault__none__kills_nothing() -> None:
    watch = child._Watch(Fault())

    assert not watch._is_meant("write", "run/model.netable")
    assert watch.calls == [("write", "model.netable")]


@pytest.mark.filterwarnings(
    "ignore:.*fork:DeprecationWarning"
)  # since Python 3.12, in processes with threads
@pytest.mark.skipif(sys.platform != "linux", reason="names files by /proc")
def test_main__one_kill__ends_with_the_same_bits(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        kill.main(["--kills", "1", "--settings", "momentum", "--out", str(tmp_path / "kill.jsonl")])

    told = capfd.readouterr()
    assert not ended.value.code, told.err
    assert (
        "\n1 of 1 runs ended with the same bits;\n1 of them were killed" in told.out
    )  # after what the children said
    assert json.loads((tmp_path / "kill.jsonl").read_text())["same"] == 1


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
@pytest.mark.skipif(sys.platform != "linux", reason="names files by /proc")
def test_run_in_child__end_before_its_kill__leaves_no_timer(tmp_path: Path) -> None:
    ended = child.run_in_child(["--version"], tmp_path / "log", Fault("time", 600))

    assert ended.code == 0
    timers = [thread for thread in threading.enumerate() if isinstance(thread, threading.Timer)]
    for timer in timers:
        timer.join(10)
    assert not any(timer.is_alive() for timer in timers)
