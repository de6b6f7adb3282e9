"""Error and time beside other libraries, on real tables, everything at its defaults.

    python -m benchmarks.quality.run --data DIR [--only NAME …] [--methods NAME …] [--splits 1] [--rows 20000] [--busy]
    python -m benchmarks.quality.run --summary [--methods NAME …]

Every table is cut to at most `--rows` rows with seed 0; split s is 80/20 at random with seed s, stratified for classes.
Error: regression RMSE / deviation of the test target; binary 1 - ROC AUC; multiclass log loss.

Each method runs on each table and split in its own process, with the same number of threads; imports are not counted.
All methods take their turn on a table before the next one, and the first one changes. A result is added to the file at
once and not measured again; with `--busy`, its seconds are marked as not to be counted. At the end a summary and a
picture are written beside it. `pip install '.[bench]'` brings the peers; `catboost-tuned` takes long and runs only if
it is named.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measurements import (
    Row,
    append_row,
    child_environment,
    circumstances,
    make_parser,
    read_rows,
    write_page,
)
from benchmarks.quality.peers import METHODS, is_installed
from benchmarks.quality.summary import BASELINE, REFERENCE, Comparison, markdown
from benchmarks.tables import Table, choose, load_index
from netable.system.machine import usable_cores

PACKAGES = (
    "torch",
    "numpy",
    "scikit-learn",
    "pandas",
    "netable",
    "catboost",
    "lightgbm",
    "xgboost",
    "pytabkit",
)

WORKER = "benchmarks.quality.worker"
RESULTS = Path(__file__).parent / "results"
THREAD_SETTINGS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")

Key = tuple[str, int, str, int, int]


@dataclass(frozen=True)
class Job:
    """One method on one split of one table."""

    table: Table
    split: int
    method: str
    rows: int
    threads: int

    @property
    def key(self) -> Key:
        """The fields that identify a result."""
        return (self.table.name, self.split, self.method, self.rows, self.threads)


def main() -> None:
    """Measure what is missing, then sum up."""
    arguments = parse_arguments()
    methods = installed(arguments.methods or [name for name in METHODS if METHODS[name].by_default])
    if not arguments.summary:
        jobs = plan(
            choose(load_index(arguments.data), arguments.only),
            methods,
            splits=arguments.splits,
            rows=arguments.rows,
            threads=arguments.threads,
        )
        measure_missing(jobs, arguments)
    rows = [row for row in read_rows(arguments.out) if row["cut"] == arguments.rows]
    shown = [name for name in METHODS if any(row["method"] == name for row in rows)]
    if arguments.methods:
        shown = [name for name in shown if name in arguments.methods]
    if not shown:
        sys.exit(f"There is nothing to sum up in {arguments.out}.")
    write_summary(
        Comparison(rows, shown, reference=arguments.reference, baseline=arguments.baseline), arguments.out
    )


def parse_arguments(words: Sequence[str] | None = None) -> argparse.Namespace:
    """The options of the command line."""
    parser = make_parser(__doc__, data=True, out=RESULTS / "quality.jsonl")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="these tables")
    parser.add_argument("--methods", nargs="+", metavar="NAME", choices=METHODS, help=", ".join(METHODS))
    parser.add_argument("--splits", type=int, default=1, metavar="N", help="seeds 0 to N-1 (%(default)s)")
    parser.add_argument("--rows", type=int, default=20_000, metavar="N", help="rows of a table (%(default)s)")
    parser.add_argument("--threads", type=int, default=usable_cores(), metavar="N", help="(%(default)s)")
    parser.add_argument(
        "--busy", action="store_true", help="other work runs beside: the seconds do not count"
    )
    parser.add_argument(
        "--timeout",
        type=float,
        default=3600,
        metavar="SECONDS",
        help="for one method on one split (%(default)s)",
    )
    parser.add_argument("--retry-failed", action="store_true", help="measure again what failed")
    parser.add_argument(
        "--reference", choices=METHODS, default=REFERENCE, metavar="NAME", help="(%(default)s)"
    )
    parser.add_argument("--baseline", choices=METHODS, default=BASELINE, metavar="NAME", help="(%(default)s)")
    arguments = parser.parse_args(words)
    if arguments.data is None and not arguments.summary:
        parser.error("--data DIR is needed, or --summary")
    return arguments


def installed(methods: Sequence[str]) -> list[str]:
    """The methods whose package is installed; the others are printed."""
    for name in methods:
        if not is_installed(name):
            print(f"{name} is left out: {METHODS[name].package} is not installed", flush=True)
    return [name for name in methods if is_installed(name)]


def plan(
    tables: Sequence[Table], methods: Sequence[str], *, splits: int, rows: int, threads: int
) -> Iterator[Job]:
    """All jobs, table by table; the method that comes first moves on from one to the next."""
    first = 0
    for table in tables:
        for split in range(splits):
            for i in range(len(methods)):
                yield Job(table, split, methods[(first + i) % len(methods)], rows, threads)
            first += 1


def measure_missing(jobs: Iterator[Job], arguments: argparse.Namespace) -> None:
    """Run the jobs that have no result yet and add each result to the file."""
    done = finished(read_rows(arguments.out), again=arguments.retry_failed)
    for job in jobs:
        if job.key in done:
            continue
        row = run_job(job, arguments.data, timeout=arguments.timeout)
        append_row(arguments.out, row | ({"is_busy": True} if arguments.busy else {}))
        figures = row["failure"] or f"error {row['error']:.4f}, {row['fit_seconds']:.2f} s"
        print(f"{job.table.name}, split {job.split}, {job.method}: {figures}", flush=True)


def finished(rows: Sequence[Row], *, again: bool) -> set[Key]:
    """The jobs that have a result, or, with `again`, one that is not a failure."""
    return {
        (row["table"], row["split"], row["method"], row["cut"], row["threads"])
        for row in rows
        if not (again and row["failure"])
    }


def run_job(job: Job, data: Path, *, timeout: float) -> Row:
    """One process, its answer, and what was around it."""
    row: Row = {
        "table": job.table.name,
        "task": job.table.task,
        "split": job.split,
        "method": job.method,
        "cut": job.rows,
        "train_rows": None,
        "test_rows": None,
        "columns": None,
        "error": None,
        "fit_seconds": None,
        "predict_seconds": None,
    }
    started = time.perf_counter()
    answer = ask_worker(job, data, timeout=timeout)
    wall = {"wall_seconds": round(time.perf_counter() - started, 2)}
    return row | answer | wall | circumstances(PACKAGES, threads=job.threads)


def ask_worker(job: Job, data: Path, *, timeout: float) -> Row:
    """The worker's answer, or the reason why there is none."""
    environment = child_environment() | dict.fromkeys(THREAD_SETTINGS, str(job.threads))
    with tempfile.TemporaryDirectory() as folder:
        answer, log = Path(folder) / "answer.json", Path(folder) / "log.txt"
        command = [sys.executable, "-m", WORKER]
        command += ["--data", str(data.resolve()), "--table", job.table.name, "--method", job.method]
        command += ["--split", str(job.split), "--rows", str(job.rows), "--threads", str(job.threads)]
        command += ["--answer", str(answer)]
        with log.open("wb") as output:
            worker = subprocess.Popen(
                command, cwd=folder, env=environment, stdout=output, stderr=output, start_new_session=True
            )
            try:
                code = worker.wait(timeout)
            except subprocess.TimeoutExpired:
                return {"failure": f"not done after {timeout:g} seconds"}
            finally:
                if worker.poll() is None:  # out of time, or Ctrl-C: the worker's own processes end with it
                    os.killpg(worker.pid, signal.SIGKILL)
                    worker.wait()
        if answer.exists():
            found: Row = json.loads(answer.read_text(encoding="utf-8"))
            return found
        last = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-1:]
        return {"failure": f"the process ended with code {code}: {''.join(last)}"[:300]}


def write_summary(comparison: Comparison, out: Path) -> None:
    """Print the summary and write it beside the results, with the picture if matplotlib is there."""
    picture = None
    try:
        from benchmarks.quality.picture import draw
    except ModuleNotFoundError as missing:
        print(f"There is no picture: {missing.name} is not installed.", file=sys.stderr)
    else:
        picture = out.with_suffix(".svg")
        picture = picture if draw(comparison, picture) else None
    write_page(out, markdown(comparison, picture=picture.name if picture else None))


if __name__ == "__main__":
    main()
