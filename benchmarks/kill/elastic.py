"""Jobs of several hosts of which one is cut off from the network.

    python -m benchmarks.kill.elastic --jobs 5

Two agents of `torchrun` stand for two hosts, each in a network namespace of its own on this machine, with one cable
between them. In the middle of training the cable is cut. The first host, which has the rendezvous, has to go on alone
from the last checkpoint, without a person, to the predictions of one process; on the other one, no worker may be left
(torch's agent there waits for its network until the system gives a connection up). Linux, and the right to make
namespaces.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import Any, NamedTuple

import numpy as np
import pyarrow.parquet as pq

from benchmarks.kill.run import RESULTS, make_table
from benchmarks.kill.workers import Job
from benchmarks.measurements import append_row, circumstances, make_parser

PORT = 29411
# Seconds that a rendezvous waits for more hosts than the fewest; torch's 30 are for larger clusters.
LAST_CALL = 5
# Without it, agents of PyTorch 2.13 do not tell a host that joins where the first worker is.
CAN_JOIN = ("TORCH_DISABLE_SHARE_RDZV_TCP_STORE=1",)
# Seconds within which things have to happen.
STARTED, ENDED, GONE = 120.0, 300.0, 5.0


class Host(NamedTuple):
    """One side of the cable."""

    name: str
    address: str
    interface: str

    def inside(self) -> list[str]:
        """What a command that runs there begins with."""
        return ["ip", "netns", "exec", self.name]


def agent(address: str, *, is_first: bool, host: str = "127.0.0.1", most: int = 2) -> list[str]:
    """The command of torch's elastic agent for one to `most` hosts; the first has the rendezvous."""
    torchrun = ["env", *CAN_JOIN, sys.executable, "-m", "torch.distributed.run"]
    rendezvous = (
        f"--rdzv-backend c10d --rdzv-endpoint {host}:{PORT} --rdzv-conf is_host={int(is_first)}".split()
    )
    rendezvous[-1] += f",last_call_timeout={LAST_CALL}"
    hosts = f"--nnodes 1:{most} --nproc-per-node 1 --max-restarts 3 --local-addr {address}".split()
    return [*torchrun, *rendezvous, *hosts, "-m", "netable"]


def may_make_networks() -> bool:
    """True if this process may make network namespaces."""
    try:
        with two_hosts():
            return True
    except (OSError, subprocess.CalledProcessError):
        return False


@contextmanager
def two_hosts() -> Iterator[tuple[Host, Host]]:
    """Two network namespaces with one cable between them."""
    names = [f"netable-{os.getpid()}-{i}" for i in range(2)]
    first, second = (Host(name, f"10.77.0.{i + 1}", f"cable{i}") for i, name in enumerate(names))
    try:
        for host in (first, second):
            _ip("netns", "add", host.name)
        ends = [["name", host.interface, "netns", host.name] for host in (first, second)]
        _ip("link", "add", *ends[0], "type", "veth", "peer", *ends[1])
        for host in (first, second):
            _ip("-n", host.name, "address", "add", f"{host.address}/24", "dev", host.interface)
            for interface in ("lo", host.interface):
                _ip("-n", host.name, "link", "set", interface, "up")
        yield first, second
    finally:
        for host in (first, second):
            subprocess.run(["ip", "netns", "delete", host.name], capture_output=True, check=False)


def cut(host: Host) -> None:
    """Cut the cable: what is sent is lost, and no error comes."""
    _ip("-n", host.name, "link", "set", host.interface, "down")


def cut_off(arguments: list[str], place: Path) -> dict[str, Any]:
    """Start a job on two hosts, cut the cable, and measure what follows."""
    with two_hosts() as (first, second):
        interfaces = [["env", f"GLOO_SOCKET_IFNAME={host.interface}"] for host in (first, second)]
        agents = [agent(host.address, is_first=host is first, host=first.address) for host in (first, second)]
        starts = [
            [*host.inside(), *interface, *command]
            for host, interface, command in zip((first, second), interfaces, agents, strict=True)
        ]
        jobs = [Job(arguments, place / f"log{i}", start) for i, start in enumerate(starts)]
        try:
            wait_for_checkpoints(jobs, place / "run", pieces=2)
            before, lost = jobs[0].workers(), monotonic()
            cut(second)
            recovered = seconds_until_new(jobs[0], before, place / "run", lost)
            code = jobs[0].wait(ENDED)
            return {
                "recovered": recovered,
                "code": code,
                "left_of_job": len(jobs[0].left_after(GONE)),
                "workers_left_on_lost_host": len(jobs[1].workers()),
            }
        finally:
            for job in jobs:
                job.end()


def wait_for_checkpoints(jobs: Sequence[Job], folder: Path, *, pieces: int) -> None:
    """Wait until so many processes have saved their members of one stack; with none, until one has saved all.

    Raises
    ------
    RuntimeError
        If a job ends before.
    """
    until = monotonic() + STARTED
    name = "0-0-*" if pieces else "0-0"
    while len(list(folder.glob(f"checkpoint/{name}.checkpoint"))) < max(pieces, 1):
        if monotonic() > until or any(job.process.poll() is not None for job in jobs):
            raise RuntimeError("\n".join(job.log.read_text()[-2000:] for job in jobs))
        sleep(0.1)


def seconds_until_new(job: Job, before: Sequence[int], folder: Path, since: float) -> float | None:
    """Seconds until a new worker has saved something; None if the job ended without it."""
    new_since = None
    while job.process.poll() is None:
        if new_since is None and (now := job.workers()) and not set(now) & set(before):
            new_since = max(_written(folder), default=0.0)
        if new_since is not None and max(_written(folder), default=0.0) > new_since:
            return round(monotonic() - since, 1)
        sleep(0.1)
    return None


def _written(folder: Path) -> list[float]:
    times = []
    for path in folder.glob("checkpoint/*.checkpoint"):
        try:
            times.append(path.stat().st_mtime)
        except FileNotFoundError:  # it was replaced
            continue
    return times


def difference(folder: Path, expected: Path) -> float:
    """The largest relative difference of predictions out of fold."""
    one, other = (
        pq.read_table(place / "predictions.parquet")["prediction"].to_numpy() for place in (folder, expected)
    )
    return float(np.max(np.abs(one - other) / np.abs(other)))


def train(table: Path, folder: Path, epochs: int) -> list[str]:
    """The arguments of a job that trains some seconds."""
    options = [
        "--max-epochs",
        str(epochs),
        "--patience",
        str(epochs),
        "--hidden-layer-sizes",
        "8",
        "--folds",
        "4",
    ]
    options += ["--model", "mlp", "--precision", "float32", "--no-report"]
    return ["train", str(table), "--target", "price", *options, "--resume", "-o", str(folder)]


def main(arguments: list[str] | None = None) -> None:
    """Cut off a host so many times, and count."""
    options = read_arguments(arguments)
    rows = []
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        table = place / "table.parquet"
        pq.write_table(make_table(), table)
        alone = Job(train(table, place / "expected", options.epochs), place / "log")
        if alone.wait(600) != 0:
            raise SystemExit((place / "log").read_text())
        for i in range(options.jobs):
            trial = place / f"{i}"
            trial.mkdir()
            row = cut_off(train(table, trial / "run", options.epochs), trial)
            if row["code"] == 0:
                row["difference"] = difference(trial / "run", place / "expected")
            print(json.dumps(row), file=sys.stderr)
            rows.append(row)
    for row in rows:
        append_row(options.out, row | {"epochs": options.epochs} | circumstances(["netable", "torch"]))


def read_arguments(arguments: list[str] | None) -> argparse.Namespace:
    """The options."""
    parser = make_parser(__doc__, out=RESULTS / "elastic.jsonl")
    parser.add_argument("--jobs", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=3000)
    return parser.parse_args(arguments)


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True)


if __name__ == "__main__":
    main()
