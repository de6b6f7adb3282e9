"""Requests of one row to `netable serve`: how many a second, and how long each takes.

    python -m benchmarks.speed.serve [--rates 50 100 200 400] [--seconds 10] [--quick]
    python -m benchmarks.speed.serve --summary

The default classifier on 30 columns of numbers, trained on 2,000 rows, served by a process of its own. The load is
open: requests are sent at the times of a Poisson process, whether earlier ones are answered or not, and durations are
counted from these times, so that a server that falls behind cannot hide it. Client and server share the machine. At
rate 0 one connection sends a request as soon as the last is answered.
"""

from __future__ import annotations

import asyncio
import json
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.measurements import (
    Row,
    append_row,
    child_environment,
    circumstances,
    describe_circumstances,
    describe_versions,
    make_parser,
    markdown_table,
    read_rows,
    write_page,
)
from netable import NetClassifier

RESULTS = Path(__file__).parent / "results" / "serve.jsonl"
PACKAGES = ("netable", "torch", "numpy", "starlette", "uvicorn", "h11")
COLUMNS, TRAINING_ROWS = 30, 2000
Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]
# Requests without an answer; a server that is farther behind is sent no more.
MOST_UNDER_WAY = 1000
HEAD = "POST {} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n"


def main() -> None:
    """Measure, add the results to the file and sum up the latest run."""
    parser = make_parser(__doc__, out=RESULTS)
    rates = [0, 50, 100, 200, 400]
    parser.add_argument("--rates", nargs="*", type=float, default=rates, help="requests a second")
    parser.add_argument("--seconds", type=float, default=10, help="of each rate (%(default)s)")
    parser.add_argument("--quick", action="store_true", help="a tiny model, to see that everything works")
    parser.add_argument("--summary", action="store_true", help="sum up the latest run, measure nothing")
    arguments = parser.parse_args()
    if not arguments.summary:
        measure(arguments.out, arguments.rates, arguments.seconds, quick=arguments.quick)
    rows = read_rows(arguments.out)
    if not rows:
        sys.exit(f"There is nothing to sum up in {arguments.out}.")
    write_page(arguments.out, markdown([row for row in rows if row["date"] == rows[-1]["date"]]))


def measure(out: Path, rates: list[float], seconds: float, *, quick: bool) -> None:
    """Train a model, serve it, and load it at each rate."""
    around = circumstances(PACKAGES)
    net, rows = trained(quick=quick)
    names = net.model_.schema.storage
    bodies = [json.dumps({"rows": [dict(zip(names, row, strict=True))]}) for row in rows]
    requests = [as_request("/predict", body) for body in bodies]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.netable"
        net.save(path)
        with serving(path) as port:
            asyncio.run(load(port, requests, rate=0, seconds=min(1.0, seconds)))  # warms up
            for rate in rates:
                found = asyncio.run(load(port, requests, rate=rate, seconds=seconds))
                append_row(out, {"rate": rate, "columns": COLUMNS, **found, **around})


def trained(*, quick: bool) -> tuple[NetClassifier, list[list[float]]]:
    """The default classifier, or a tiny one, and some of its rows."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(TRAINING_ROWS, COLUMNS))
    short: dict[str, Any] = (
        {"max_epochs": 1, "folds": 2, "stacks": ({},), "hidden_layer_sizes": (8,)} if quick else {}
    )
    net = NetClassifier(random_state=0, **short).fit(X, X[:, 0] + np.square(X[:, 1]) > 1)
    rows: list[list[float]] = X[:100].tolist()
    return net, rows


def as_request(path: str, body: str) -> bytes:
    """The bytes of a request."""
    return (HEAD.format(path, len(body)) + body).encode()


@contextmanager
def serving(path: Path) -> Iterator[int]:
    """The port of a service."""
    command = [sys.executable, "-m", "netable", "serve", str(path), "--port", "0"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=child_environment())
    try:
        assert process.stderr is not None
        line = process.stderr.readline()
        if "http://" not in line:
            sys.exit(f"The service did not start: {line}")
        yield int(line.rsplit(":", 1)[1])
    finally:
        process.terminate()
        process.communicate()


class Clients:
    """Connections that are kept for the next request."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._free: list[Connection] = []

    async def ask(self, request: bytes) -> int:
        """The status of the answer to a request."""
        reader, writer = self._idle() or await asyncio.open_connection("127.0.0.1", self._port)
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(
            int(line.split(b":")[1])
            for line in head.split(b"\r\n")
            if line.lower().startswith(b"content-length:")
        )
        await reader.readexactly(length)
        self._free.append((reader, writer))
        return int(head.split(b" ", 2)[1])

    def _idle(self) -> Connection | None:
        """A connection that the server has not ended, as it does when one is idle for some seconds."""
        while self._free:
            reader, writer = self._free.pop()
            if not reader.at_eof():
                return reader, writer
            writer.close()
        return None

    def close(self) -> None:
        """End all connections."""
        for _, writer in self._free:
            writer.close()


async def load(port: int, requests: list[bytes], *, rate: float, seconds: float) -> Row:
    """Send requests at a rate, or one after the other at rate 0; what became of them."""
    clients, rng = Clients(port), random.Random(0)
    durations: list[float] = []
    statuses: Counter[str] = Counter()

    async def ask(planned: float) -> None:
        try:
            status = str(await clients.ask(rng.choice(requests)))
        except (OSError, asyncio.IncompleteReadError):
            status = "none"
        statuses[status] += 1
        if status == "200":
            durations.append(time.perf_counter() - planned)

    began = planned = time.perf_counter()
    under_way: set[asyncio.Task[None]] = set()
    while planned - began < seconds:
        if rate:
            planned += rng.expovariate(rate)
            await asyncio.sleep(max(0.0, planned - time.perf_counter()))
            if len(under_way) >= MOST_UNDER_WAY:
                statuses["not sent"] += 1
                continue
            task = asyncio.create_task(ask(planned))
            under_way.add(task)
            task.add_done_callback(under_way.discard)
        else:
            await ask(planned)
            planned = time.perf_counter()
    await asyncio.gather(*under_way)
    took = time.perf_counter() - began
    clients.close()
    milliseconds = 1000 * np.quantile(durations or [np.nan], (0.5, 0.99))
    return {
        "seconds": round(took, 2),
        "statuses": dict(statuses),
        "per_second": round(len(durations) / took, 1),
        "p50": round(float(milliseconds[0]), 3),
        "p99": round(float(milliseconds[1]), 3),
    }


def described(statuses: dict[str, int]) -> str:
    """How often there was which status."""
    return ", ".join(f"{count:,} × {status}" for status, count in sorted(statuses.items()))


def markdown(rows: list[Row]) -> str:
    """A table of the rates."""
    head = ["requests a second, sent", "answered", "p50, ms", "p99, ms", "statuses"]
    return "\n".join(
        [
            "# Requests of one row to a service",
            "",
            f"`python -m benchmarks.speed.serve`: {rows[0]['columns']} columns, the default classifier, one process.",
            "",
            *describe_circumstances(rows),
            "",
            describe_versions(rows),
            "",
            markdown_table(head, [_line(row) for row in rows]),
            "",
        ]
    )


def _line(row: Row) -> list[str]:
    sent = f"{row['rate']:g}" if row["rate"] else "one after the other"
    return [
        sent,
        f"{row['per_second']:.0f}",
        f"{row['p50']:.1f}",
        f"{row['p99']:.1f}",
        described(row["statuses"]),
    ]


if __name__ == "__main__":
    main()
