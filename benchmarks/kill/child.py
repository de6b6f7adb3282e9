"""One run of `netable train` in a child process that is killed at a given point, and what the run has left."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import safetensors.torch

from netable.cli.app import run
from netable.train import checkpoint, loop

# So short that a run of seconds is kept many times.
INTERVAL, SHARE = 0.02, 1.0
Call = tuple[str, str]


class Fault(NamedTuple):
    """A point at which a process is killed.

    Attributes
    ----------
    kind : {"none", "step", "call", "time"}
        Never; after a step of training; at a system call that changes the disk; whenever its parent thinks so.
    at : float
        Which step, which of the calls of this name, or after how many seconds.
    call : (str, str)
        The name of the call, and what it is on.
    when : {"before", "within", "after"}
        The call; within is halfway through a write.
    """

    kind: str = "none"
    at: float = 0
    call: Call = ("", "")
    when: str = "before"


class Ended(NamedTuple):
    """A child's exit code, and its counts of steps and calls."""

    code: int
    steps: int
    calls: list[Call]


def run_in_child(arguments: list[str], log: Path, fault: Fault) -> Ended:
    """Fork, run the command, and wait; a code of -9 is a kill."""
    import torch._dynamo  # noqa: F401  # this takes its time: before the forks, not in each of them

    told = log.with_suffix(".json")
    told.unlink(missing_ok=True)
    child = os.fork()
    if child == 0:
        _be_the_child(arguments, log, told, fault)
    timer = threading.Timer(fault.at if fault.kind == "time" else 0.0, _kill, [child])
    if fault.kind == "time":
        timer.start()
    _, status = os.waitpid(child, 0)
    timer.cancel()  # the number may be another process's by then
    counted: dict[str, Any] = json.loads(told.read_text()) if told.exists() else {"steps": 0, "calls": []}
    code = os.waitstatus_to_exitcode(status)
    return Ended(code, counted["steps"], [(call, on) for call, on in counted["calls"]])


def _kill(process: int) -> None:
    # Not reaped before its parent has waited, so that the number is still its own; afterwards the timer is cancelled.
    try:
        os.kill(process, signal.SIGKILL)
    except ProcessLookupError:
        return


def _be_the_child(arguments: list[str], log: Path, told: Path, fault: Fault) -> None:
    code = 70
    try:
        with log.open("ab") as file:
            os.dup2(file.fileno(), 1)
            os.dup2(file.fileno(), 2)
        checkpoint.INTERVAL, checkpoint.SHARE = INTERVAL, SHARE
        watch = _Watch(fault)
        watch.install()
        code = run(arguments)
        told.write_text(json.dumps({"steps": watch.steps, "calls": watch.calls}))
    finally:
        os._exit(code)


class _Watch:
    """Counts steps and system calls, and kills its own process at the one that is meant."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        self.steps = 0
        self.calls: list[Call] = []
        self._matching = 0
        self._lock = threading.Lock()

    def install(self) -> None:
        """Stand in for the functions that are counted."""
        step = getattr(loop, "train_step")  # noqa: B009

        def train_step(*arguments: Any, **named: Any) -> Any:
            result = step(*arguments, **named)
            with self._lock:
                self.steps += 1
                if self.fault.kind == "step" and self.steps >= self.fault.at:
                    _die()
            return result

        setattr(loop, "train_step", train_step)  # noqa: B010
        for name in ("open", "fsync", "replace", "unlink", "mkdir", "rmdir"):
            setattr(os, name, self._counted(name, getattr(os, name)))
        setattr(os, "fdopen", self._fdopen)  # noqa: B010

    def _counted(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def counted(place: Any, *arguments: Any, **named: Any) -> Any:
            meant = self._is_meant(name, place)
            if meant and self.fault.when != "after":
                _die()
            result = call(place, *arguments, **named)
            if meant:
                _die()
            return result

        return counted

    def _fdopen(self, descriptor: int, mode: str) -> io.BufferedWriter:
        watch = self

        class Written(io.BufferedWriter):
            def write(self, content: Any) -> int:
                if watch._is_meant("write", descriptor):
                    part = memoryview(content)
                    super().write(
                        part[: {"before": 0, "within": len(part) // 2}.get(watch.fault.when, len(part))]
                    )
                    self.flush()
                    _die()
                return super().write(content)

        return Written(io.FileIO(descriptor, mode))

    def _is_meant(self, name: str, place: Any) -> bool:
        path = os.readlink(f"/proc/self/fd/{place}") if isinstance(place, int) else os.fspath(place)
        call = (name, kind_of(str(path)))
        with self._lock:
            self.calls.append(call)
            self._matching += call == self.fault.call
            return self.fault.kind == "call" and call == self.fault.call and self._matching == self.fault.at


def kind_of(path: str) -> str:
    """The kind of a file in a run folder, without numbers and random letters."""
    name = re.sub(r"^\.(.*)\.[0-9a-f]{8}\.part$", r"\1", Path(path).name)
    name = "state" if name.endswith(".checkpoint") else name
    known = {
        "state",
        "manifest.json",
        "identity.json",
        "model.netable",
        "checkpoint",
        "config.yaml",
        "history.csv",
    }
    return name if name in known | {"metrics.json", "predictions.parquet"} else "other"


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(60)  # until it arrives


def results_of(folder: Path) -> dict[str, Any]:
    """Everything that a run has left, but for seconds."""
    tensors = safetensors.torch.load((folder / "model.netable").read_bytes())
    about = json.loads(tensors.pop("about").numpy().tobytes())
    tensors.pop("~sha256")
    about["results"].pop("fit_seconds")
    for epoch in about["history"]["epochs"]:
        epoch.pop(4)  # seconds
    metrics = json.loads((folder / "metrics.json").read_bytes())
    metrics.pop("fit_seconds")
    history = pa.csv.read_csv(folder / "history.csv").drop_columns(["seconds"])
    return {
        "tensors": {
            name: (str(t.dtype), tuple(t.shape), t.numpy().tobytes()) for name, t in sorted(tensors.items())
        },
        "about": about,
        "metrics": metrics,
        "history": history.to_pylist(),
        "config": (folder / "config.yaml").read_bytes(),
        "predictions": pa.parquet.read_table(folder / "predictions.parquet").to_pylist(),
        "files": sorted(str(path.relative_to(folder)) for path in folder.rglob("*")),
    }


def difference(found: dict[str, Any], expected: dict[str, Any]) -> str:
    """The first part in which results differ; "" if they are the same bits."""
    for name, value in expected.items():
        if repr(found[name]) != repr(value):  # NaN is NaN
            return name
    return ""
