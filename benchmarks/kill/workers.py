"""A job of several workers that is disturbed: does it end with the bits of an undisturbed one?

    python -m benchmarks.kill.workers --kills 100

A random worker is killed (SIGKILL) or stopped (SIGSTOP) at a random moment: while it starts, trains, saves or judges.
The job has to go on by itself, and to leave what an undisturbed job leaves. In some of the trials the job itself is
ended instead (Ctrl-C, SIGTERM, SIGKILL); it is then resumed. After each trial no process of the job may be left.
Linux only.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import random
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from time import monotonic, sleep
from typing import Any, NamedTuple
from uuid import uuid4

import pyarrow.parquet as pq

from benchmarks.kill.child import difference, results_of
from benchmarks.kill.run import RESULTS, command, make_table
from benchmarks.measurements import append_row, child_environment, circumstances, make_parser

NETABLE = (sys.executable, "-m", "netable")
# Marks all processes of a job.
MARK = "NETABLE_TRIAL"
# What happens to a worker, or to the job.
TO_WORKER = {"kill": signal.SIGKILL, "stop": signal.SIGSTOP}
TO_JOB = {"ctrl-c": signal.SIGINT, "term": signal.SIGTERM, "agent": signal.SIGKILL}
# A job that is disturbed has to end within three times the seconds of an undisturbed one, which grow with the machine's
# load, and these; and so many seconds later no process may be left.
TIMES, LIMIT, GONE = 3, 240.0, 45.0


class Job:
    """A command that has been started, and its processes.

    Parameters
    ----------
    arguments : list of str
        Of `netable`.
    log : Path
        For what it prints.
    start : sequence of str
        The command that they follow.
    """

    def __init__(self, arguments: list[str], log: Path, start: Sequence[str] = NETABLE) -> None:
        self.mark, self.log = uuid4().hex, log
        environment = child_environment() | {MARK: self.mark, "OMP_NUM_THREADS": "1"}
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                [*start, *arguments],
                env=environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def workers(self) -> list[int]:
        """The numbers of its worker processes: of `--workers`, or those of `torchrun`."""
        return [
            number
            for number in self.processes()
            if b"netable.cli.worker" in (line := _read(number, "cmdline")) or b"\0-u\0-m\0netable\0" in line
        ]

    def processes(self) -> list[int]:
        """The numbers of all its processes that live."""
        mark = f"{MARK}={self.mark}".encode()
        numbers = (int(name) for name in os.listdir("/proc") if name.isdigit())
        return [number for number in numbers if mark in _read(number, "environ")]

    def wait(self, seconds: float) -> int | None:
        """Its exit code; None if it does not end in time."""
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def left_after(self, seconds: float) -> list[int]:
        """Processes that are left so long after its end."""
        until = monotonic() + seconds
        while (left := self.processes()) and monotonic() < until:
            sleep(0.2)
        return left

    def end(self) -> None:
        """Kill what is left."""
        for number in self.processes():
            os.kill(number, signal.SIGKILL)
        self.process.wait()


class Trial(NamedTuple):
    """The result of one disturbance."""

    what: str
    at: float
    hit: bool
    seconds: float
    recovered: float | None
    gone: float
    differs: str


def main(arguments: list[str] | None = None) -> None:
    """Disturb so many jobs, and count."""
    options = read_arguments(arguments)
    signal.signal(
        signal.SIGINT, signal.default_int_handler
    )  # in the background of a shell, jobs would ignore Ctrl-C
    draw = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        table = place / "table.parquet"
        pq.write_table(make_table(), table)
        job = [word for word in command(options.setting, table, place)[:-2] if word != "--resume"]
        job += [*options.more.split(), "--workers", str(options.workers)]
        began = monotonic()
        run = Job([*job, "-o", str(place / "reference")], place / "log")
        started = _start(run)
        if run.process.wait() != 0:
            raise SystemExit((place / "log").read_text())
        seconds = monotonic() - began
        print(f"undisturbed: {seconds:.1f} s, workers run from {started:.1f} s on", file=sys.stderr)
        expected = results_of(place / "reference")
        kinds = [what for what in (*TO_WORKER, *TO_JOB) if not options.what or what in options.what]
        trials = []
        for i in range(options.kills):
            if monotonic() - began > options.minutes * 60:
                break
            what, at = kinds[i % len(kinds)], draw.uniform(0.0, 0.98) * (seconds - started)
            trials.append(disturb(job, place / f"{i}", expected, what, at, draw, seconds))
            print(f"{i + 1}: {trials[-1]}", file=sys.stderr)
    row = (
        summary(trials, options)
        | {"undisturbed_seconds": round(seconds)}
        | circumstances(["netable", "torch"])
    )
    print(json.dumps(row, indent=1))
    if options.out:
        append_row(options.out, row)
    sys.exit(any(trial.differs for trial in trials))


def read_arguments(arguments: list[str] | None) -> argparse.Namespace:
    """The options."""
    parser = make_parser(__doc__, out=RESULTS / "workers.jsonl")
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--minutes", type=float, default=math.inf, help="start no job later than this")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--setting", default="numbers", help="as in benchmarks.kill.run")
    parser.add_argument("--more", default="--precision float32", help="further options of the command")
    parser.add_argument("--what", nargs="*", choices=[*TO_WORKER, *TO_JOB], help="these alone")
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args(arguments)


def disturb(
    job: list[str],
    folder: Path,
    expected: dict[str, Any],
    what: str,
    at: float,
    draw: random.Random,
    usual: float,
) -> Trial:
    """Start a job, disturb it, and compare what it leaves."""
    arguments, log = [*job, "-o", str(folder)], folder.with_suffix(".log")
    began = monotonic()
    run = Job(arguments, log)
    _start(run)
    run.wait(at)
    before = run.workers()
    disturbed, limit = monotonic(), TIMES * usual + LIMIT
    if what in TO_WORKER:
        hit = bool(before) and _send(draw.choice(before), TO_WORKER[what])
    else:
        hit = run.process.poll() is None and _send(run.process.pid, TO_JOB[what])
    recovered = _recovery(run, before, disturbed) if hit and what in TO_WORKER else None
    code, gone, differs = _end_of(run, limit)
    if not differs and what in TO_JOB:
        differs = "" if code or not hit else "it was not ended"
        run = Job([*arguments, "--resume"], log)
        code, _, fault = _end_of(run, limit)
        differs = differs or fault
    if not differs and code:
        differs = f"exit code {code}: {log.read_text()[-500:]}"
    differs = differs or difference(results_of(folder), expected)
    return Trial(what, round(at, 1), hit, round(monotonic() - began, 1), recovered, gone, differs)


def _start(run: Job) -> float:
    """Wait for the first worker of a job; the seconds that it took."""
    began = monotonic()
    while not run.workers() and run.process.poll() is None:
        sleep(0.1)
    return monotonic() - began


def _end_of(run: Job, limit: float) -> tuple[int | None, float, str]:
    """The exit code of a job, the seconds after it until no process of it is left, and what is wrong with its end."""
    code, ended = run.wait(limit), monotonic()
    left = run.left_after(GONE)
    gone = round(monotonic() - ended, 1)
    run.end()
    if code is None:
        return code, gone, f"it did not end in {limit:.0f} s"
    return code, gone, f"{len(left)} processes are left" if left else ""


def _send(process: int, kind: int) -> bool:
    """True if a process gets a signal; it may have ended by itself."""
    try:
        os.kill(process, kind)
    except ProcessLookupError:
        return False
    return True


def _recovery(run: Job, before: list[int], disturbed: float) -> float | None:
    """Seconds until all workers are new ones; None if the job ended without it."""
    while run.process.poll() is None:
        now = run.workers()
        if len(now) == len(before) and not set(now) & set(before):
            return round(monotonic() - disturbed, 1)
        sleep(0.1)
    return None


def summary(trials: list[Trial], options: argparse.Namespace) -> dict[str, Any]:
    """Counts, as they are kept."""
    same = [trial for trial in trials if not trial.differs]
    recovered = {
        what: sorted(t.recovered for t in trials if t.what == what and t.recovered is not None)
        for what in TO_WORKER
    }
    return {
        "workers": options.workers,
        "setting": options.setting,
        "jobs": len(trials),
        "disturbed": sum(trial.hit for trial in trials),
        "same": len(same),
        "by_kind": dict(Counter(trial.what for trial in same)),
        "slowest_recovery": {what: seconds[-1] for what, seconds in recovered.items() if seconds},
        "slowest_gone": max((trial.gone for trial in trials), default=None),
        "load": os.getloadavg()[0],
    }


def _read(process: int, name: str) -> bytes:
    try:
        return Path(f"/proc/{process}/{name}").read_bytes()
    except OSError:  # it has ended, or is another user's
        return b""


if __name__ == "__main__":
    main()
