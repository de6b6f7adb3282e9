"""Seconds of a training run with one worker and with several, each with one thread.

    python -m benchmarks.scale.workers --workers 1 2
    python -m benchmarks.scale.workers --workers 1 2 --folds 1 --more="--model mlp"  # of one network, by rows
    python -m benchmarks.scale.workers --rows 2000000 --files 8 --gigabytes 1 --epochs 1 \\
        --more="--model mlp --hidden-layer-sizes 8 --batch-size 2048"  # beyond memory

The time of a run is measured in two ways: by the clock, which tells something only on an idle machine, and by the
processor's seconds of the worker that has most to do, which depend little on what else runs. Both count everything:
start, reading, preparation, training, measuring and writing. A run of few and one of many epochs differ by training
alone: from them follow the seconds of an epoch, and how many times as fast it is with several workers. With one number
of epochs, runs are measured and not compared. Linux only.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import tempfile
from collections.abc import Callable
from itertools import product
from pathlib import Path
from statistics import median
from time import monotonic
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.kill.workers import Job
from benchmarks.measurements import append_row, circumstances, make_parser

RESULTS = Path(__file__).parent / "results"
TICK = os.sysconf("SC_CLK_TCK")


def main(arguments: list[str] | None = None) -> None:
    """Measure each number of workers, one after the other, some times."""
    options = read_arguments(arguments)
    rows = measure_all(options)
    for row in rows:
        append_row(options.out, row | circumstances(["netable", "torch"], threads=1))
    if len(options.epochs) == 2:
        print(json.dumps(speeds(rows, options), indent=1))


def measure_all(options: argparse.Namespace) -> list[dict[str, Any]]:
    """All runs that the options ask for."""
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        write_table(place / "table", options)
        runs = product(range(options.repetitions), options.workers, options.epochs)
        return [
            measure(place, workers, epochs, f"{i}", options) for i, (_, workers, epochs) in enumerate(runs)
        ]


def read_arguments(arguments: list[str] | None) -> argparse.Namespace:
    """The options."""
    parser = make_parser(__doc__, out=RESULTS / "workers.jsonl")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--columns", type=int, default=12)
    parser.add_argument("--epochs", type=int, nargs="+", default=[10, 40], help="few, and many")
    parser.add_argument("--folds", type=int, default=4)
    parser.add_argument("--repetitions", type=int, default=2)
    parser.add_argument("--files", type=int, default=1, help="that the table is written to")
    parser.add_argument("--gigabytes", type=int, help="--memory of each worker; the usual one if not given")
    parser.add_argument("--more", default="", help="further options of the command")
    return parser.parse_args(arguments)


def write_table(folder: Path, options: argparse.Namespace) -> None:
    """Write the table as so many Parquet files."""
    folder.mkdir()
    table = make_table(options.rows, options.columns)
    each = -(-options.rows // options.files)
    for number in range(options.files):
        pq.write_table(table.slice(number * each, each), folder / f"{number}.parquet")


def make_table(rows: int, columns: int, seed: int = 0) -> pa.Table:
    """Numbers, and a target that depends on them without being a line."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows, columns))
    y = np.sin(2 * x[:, 0]) + x[:, 1] * x[:, 2] + np.abs(x[:, 3:]).sum(1) + rng.normal(size=rows)
    return pa.table({f"x{i}": column for i, column in enumerate(x.T)} | {"y": y})


def measure(place: Path, workers: int, epochs: int, name: str, options: argparse.Namespace) -> dict[str, Any]:
    """Seconds of one run."""
    command = ["train", str(place / "table"), "--target", "y", "--folds", str(options.folds)]
    command += ["--max-epochs", str(epochs), "--no-early-stopping", "--no-report"]
    command += ["--workers", str(workers), "-o", str(place / name), *options.more.split()]
    command += ["--memory", f"{workers * options.gigabytes}GB"] if options.gigabytes else []
    used: dict[int, float] = {}
    peaks: dict[int, float] = {}
    load, began = os.getloadavg()[0], monotonic()
    job = Job(command, place / "log")
    while job.wait(0.1) is None:
        of_workers = job.workers() if workers > 1 else [job.process.pid]
        used |= {process: seconds for process in of_workers if (seconds := processor_seconds(process))}
        peaks |= {process: size for process in of_workers if (size := peak_megabytes(process))}
    if job.process.returncode:
        raise SystemExit((place / "log").read_text())
    results = json.loads((place / name / "metrics.json").read_bytes())
    row = {
        "workers": workers,
        "rows": options.rows,
        "columns": options.columns,
        "epochs": epochs,
        "gigabytes": options.gigabytes,
        "members": results["members"],
        "stacks": len(results["stacks"]),
        "seconds": round(monotonic() - began, 1),
        "fit_seconds": results["fit_seconds"],
        "processor_seconds": sorted((round(seconds, 1) for seconds in used.values()), reverse=True),
        "peak_megabytes": sorted(map(round, peaks.values()), reverse=True),
        "load_before": load,
    }
    print(json.dumps(row), file=sys.stderr)
    return row


def speeds(rows: list[dict[str, Any]], options: argparse.Namespace) -> dict[str, Any]:
    """The seconds of an epoch by number of workers, medians over repetitions, and the ratios to the first number."""
    few, many = map(int, options.epochs)

    def of_epoch(workers: int, seconds: Callable[[dict[str, Any]], float]) -> float:
        of_runs = [
            median(seconds(row) for row in rows if (row["workers"], row["epochs"]) == (workers, epochs))
            for epochs in (few, many)
        ]
        return float(of_runs[1] - of_runs[0]) / (many - few)

    ways: dict[str, Callable[[dict[str, Any]], float]] = {
        "processor": lambda row: row["processor_seconds"][0],
        "clock": lambda row: row["seconds"],
    }
    found: dict[str, Any] = {}
    for way, seconds in ways.items():
        each = {workers: of_epoch(workers, seconds) for workers in options.workers}
        found[way] = {
            "seconds_of_an_epoch": {workers: round(value, 4) for workers, value in each.items()},
            "times_as_fast": {
                workers: round(each[options.workers[0]] / value, 2) for workers, value in each.items()
            },
        }
    return found


def processor_seconds(process: int) -> float:
    """What a process has used of the processor; 0 if it has ended."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / TICK


def peak_megabytes(process: int) -> float:
    """The most memory that a process has had at once; 0 if it has ended."""
    try:
        found = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{process}/status").read_text())
    except OSError:
        return 0.0
    return int(found[1]) / 1e3 if found else 0.0


if __name__ == "__main__":
    main()
