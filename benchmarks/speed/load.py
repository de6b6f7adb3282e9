"""`netable serve` under load for a long time and beyond what it can bear, and MLflow's own server beside it.

    python -m benchmarks.speed.load [--seconds 600] [--rate 500] [--servers model export mlflow] [--quick]
    python -m benchmarks.speed.load --summary

The default classifier on 30 columns of numbers, as in `benchmarks.speed.serve`, served by a process of its own: from
its model file, from its ONNX export, and by `mlflow models serve`. All take the same bodies of one row at
`/invocations`.

steady   `--rate` requests a second for `--seconds`, sent at the times of a Poisson process whether earlier ones are
         answered or not; durations count from these times.
most     as many as 64 connections of wrk get answered, one request after the other, which is what the server can bear.
twice    twice as many a second as that, sent as in steady.

Client and server share the machine. Needs wrk (`apt-get install wrk`); servers that are not installed are left out.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import netable.mlflow
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
from benchmarks.speed.serve import COLUMNS, as_request, described, load, trained

RESULTS = Path(__file__).parent / "results" / "load.jsonl"
PACKAGES = (
    "netable",
    "torch",
    "numpy",
    "onnxruntime",
    "starlette",
    "uvicorn",
    "h11",
    "mlflow-skinny",
    "mlflow",
)
# What each server is of, with the package that it needs.
SERVERS = {"model": "uvicorn", "export": "onnxruntime", "mlflow": "mlflow"}
CONNECTIONS = 64
START_SECONDS = 120


def main() -> None:
    """Measure, add the results to the file and sum up the latest run."""
    parser = make_parser(__doc__, out=RESULTS)
    parser.add_argument("--seconds", type=float, default=600, help="of the steady load (%(default)s)")
    parser.add_argument("--rate", type=float, default=500, help="requests a second (%(default)s)")
    parser.add_argument("--short", type=float, default=20, help="seconds of the two others (%(default)s)")
    parser.add_argument("--servers", nargs="*", choices=SERVERS, default=list(SERVERS))
    parser.add_argument("--quick", action="store_true", help="a tiny model, to see that everything works")
    parser.add_argument("--summary", action="store_true", help="sum up the latest run, measure nothing")
    arguments = parser.parse_args()
    if not arguments.summary:
        if not shutil.which("wrk"):
            sys.exit("wrk is missing. Try: apt-get install wrk")
        seconds = arguments.seconds, arguments.short
        measure(arguments.out, arguments.servers, arguments.rate, seconds, quick=arguments.quick)
    rows = read_rows(arguments.out)
    if not rows:
        sys.exit(f"There is nothing to sum up in {arguments.out}.")
    write_page(arguments.out, markdown([row for row in rows if row["date"] == rows[-1]["date"]]))


def measure(out: Path, servers: list[str], rate: float, seconds: tuple[float, float], *, quick: bool) -> None:
    """Train a model, serve it in each way, and load it in each way."""
    around = circumstances(PACKAGES)
    net, rows = trained(quick=quick)
    columns = net.model_.schema.storage
    bodies = [json.dumps({"dataframe_split": {"columns": [*columns], "data": [row]}}) for row in rows]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for server in servers:
            if find_spec(SERVERS[server]) is None:
                print(f"{server} is left out: {SERVERS[server]} is not installed", file=sys.stderr)
                continue
            port = free_port()
            with started(command(server, net, folder, port), port) as session:
                for found in loads(port, bodies, rate, seconds):
                    row = {"server": server, **found, "resident": resident(session), "columns": COLUMNS}
                    append_row(out, {**row, **around})


def command(server: str, net: netable.NetClassifier, folder: Path, port: int) -> list[str]:
    """Save a model, and the command that serves it."""
    python = [sys.executable, "-m"]
    if server == "mlflow":
        path = folder / "mlflow"
        netable.mlflow.save_model(net, path)
        options = ["--env-manager", "local", "--host", "127.0.0.1", "--port", str(port)]
        return [*python, "mlflow", "models", "serve", "--model-uri", str(path), *options]
    path = folder / ("model.netable" if server == "model" else "model.onnx")
    net.save(path) if server == "model" else net.export(path)
    return [*python, "netable", "serve", str(path), "--port", str(port)]


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
    return port


@contextmanager
def started(command: list[str], port: int) -> Iterator[int]:
    """Run a server until it answers; the session of its processes, which are ended afterwards."""
    # MLflow looks for the program uvicorn in the path.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = child_environment() | {"PATH": path}
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(command, stdout=said, stderr=said, env=environment, start_new_session=True)
        try:
            began = time.monotonic()
            while not answers(port):
                if process.poll() is not None or time.monotonic() - began > START_SECONDS:
                    said.seek(0)
                    sys.exit(f"The service did not start: {said.read()[-2000:]}")
                time.sleep(0.2)
            yield process.pid
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            process.wait()


def answers(port: int) -> bool:
    """True if there is an answer at `/ping`."""
    try:
        with urlopen(f"http://127.0.0.1:{port}/ping", timeout=5) as told:
            return bool(told.status == 200)
    except (URLError, OSError):
        return False


def loads(port: int, bodies: list[str], rate: float, seconds: tuple[float, float]) -> Iterator[Row]:
    """The results of the three loads."""
    long, short = seconds
    requests = [as_request("/invocations", body) for body in bodies]
    asyncio.run(load(port, requests, rate=0, seconds=min(2.0, short)))  # warms up
    yield {"load": "steady", "rate": rate, **asyncio.run(load(port, requests, rate=rate, seconds=long))}
    most = by_wrk(port, bodies[0], short)
    yield {"load": "most", "rate": 0, **most}
    twice = 2 * most["per_second"]
    yield {"load": "twice", "rate": twice, **asyncio.run(load(port, requests, rate=twice, seconds=short))}


def by_wrk(port: int, body: str, seconds: float) -> Row:
    """What 64 connections get answered, in the form of `load`."""
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(f"wrk.method, wrk.body = 'POST', [==[{body}]==]\n")
        script.write("wrk.headers['Content-Type'] = 'application/json'\n")
        script.flush()
        options = ["-t1", f"-c{CONNECTIONS}", f"-d{max(1, round(seconds))}s", "--latency", "-s", script.name]
        url = f"http://127.0.0.1:{port}/invocations"
        done = subprocess.run(["wrk", *options, url], capture_output=True, text=True, check=True)
    return wrk_result(done.stdout)


def wrk_result(text: str) -> Row:
    """The figures in what wrk prints."""
    requests, seconds = re.search(r"(\d+) requests in ([\d.]+)s", text).groups()  # type: ignore[union-attr]
    refused = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    broken = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", text)
    counts = {
        "other": int(refused[1]) if refused else 0,
        "none": sum(map(int, broken.groups())) if broken else 0,
    }
    answered = int(requests) - counts["other"]
    units = {"us": 1e-3, "ms": 1.0, "s": 1e3}
    latency = {
        share: round(float(value) * units[unit], 3)
        for share, value, unit in re.findall(r"(50|99)%\s+([\d.]+)(us|ms|s)\b", text)
    }
    statuses = {"200": answered, **{name: count for name, count in counts.items() if count}}
    per_second = round(answered / float(seconds), 1)
    return {
        "seconds": float(seconds),
        "statuses": statuses,
        "per_second": per_second,
        "p50": latency["50"],
        "p99": latency["99"],
    }


def resident(session: int) -> float:
    """Megabytes of memory of the processes of a session."""
    sizes = subprocess.run(
        ["ps", "-o", "rss=", "--sid", str(session)], capture_output=True, text=True, check=True
    )
    return round(sum(map(int, sizes.stdout.split())) / 1024, 1)


def markdown(rows: list[Row]) -> str:
    """A table of the loads of each server."""
    head = [
        "server",
        "load",
        "sent a second",
        "answered",
        "p50, ms",
        "p99, ms",
        "memory, MB",
        "seconds",
        "statuses",
    ]
    lines = [
        [
            row["server"],
            row["load"],
            f"{row['rate']:.0f}" if row["rate"] else f"{CONNECTIONS} connections",
            f"{row['per_second']:.0f}",
            f"{row['p50']:.1f}",
            f"{row['p99']:.1f}",
            f"{row['resident']:.0f}",
            f"{row['seconds']:.0f}",
            described(row["statuses"]),
        ]
        for row in rows
    ]
    return "\n".join(
        [
            "# Services under load",
            "",
            "`python -m benchmarks.speed.load`: requests of one row to the default classifier on "
            f"{rows[0]['columns']} columns, at `/invocations`.",
            "",
            *describe_circumstances(rows),
            "",
            describe_versions(rows),
            "",
            markdown_table(head, lines, words=2),
            "",
        ]
    )


if __name__ == "__main__":
    main()
