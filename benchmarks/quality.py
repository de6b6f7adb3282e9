"""How good netable is beside its peers, and how long each takes: real tables, everything at its defaults.

    python benchmarks/quality.py --data DIR [--only NAME …] [--methods NAME …] [--splits 1] [--rows 20000] [--out FILE]
    python benchmarks/quality.py --summary [--methods NAME …]

DIR holds Parquet tables and an `index.json` that names the file, target and task of each. Every table is cut to at most
`--rows` rows with seed 0, and split s is 80/20 at random with seed s, by class for classes. Error: regression RMSE /
deviation of the test target; binary 1 - ROC AUC; multiclass log loss.

Every table, split and method is measured in a process of its own, with the same number of threads; imports are not
counted. All methods take their turn on a table before the next one, and who is first changes. Each result is added to
FILE (benchmarks/results/quality.jsonl) at once; what is there is not measured again. At the end a summary and a picture
are written beside it. `pip install '.[bench]'` brings the peers; `catboost-tuned` takes long and has to be asked for.
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

from measurements import (
    RESULTS,
    THREAD_SETTINGS,
    Row,
    append_row,
    circumstances,
    read_rows,
)
from netable.system.machine import usable_cores
from quality_peers import METHODS, is_installed
from quality_summary import BASELINE, REFERENCE, Comparison, markdown
from quality_tables import Table, load_index

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
        """What tells a result from all others."""
        return (self.table.name, self.split, self.method, self.rows, self.threads)


def main() -> None:
    """Measure what is missing, then sum up."""
    arguments = parse_arguments()
    methods = installed(arguments.methods or [name for name in METHODS if METHODS[name].by_default])
    if not arguments.summary:
        jobs = plan(
            chosen(load_index(arguments.data), arguments.only),
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
    """What the user asks for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, help="the folder of tables")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="these tables")
    parser.add_argument("--methods", nargs="+", metavar="NAME", choices=METHODS, help=", ".join(METHODS))
    parser.add_argument("--splits", type=int, default=1, metavar="N", help="seeds 0 to N-1 (%(default)s)")
    parser.add_argument("--rows", type=int, default=20_000, metavar="N", help="rows of a table (%(default)s)")
    parser.add_argument("--threads", type=int, default=usable_cores(), metavar="N", help="(%(default)s)")
    parser.add_argument(
        "--timeout",
        type=float,
        default=3600,
        metavar="SECONDS",
        help="for one method on one split (%(default)s)",
    )
    parser.add_argument("--retry-failed", action="store_true", help="measure again what failed")
    parser.add_argument("--summary", action="store_true", help="sum up what is there, measure nothing")
    parser.add_argument(
        "--reference", choices=METHODS, default=REFERENCE, metavar="NAME", help="(%(default)s)"
    )
    parser.add_argument("--baseline", choices=METHODS, default=BASELINE, metavar="NAME", help="(%(default)s)")
    parser.add_argument("--out", type=Path, default=RESULTS / "quality.jsonl", metavar="FILE")
    arguments = parser.parse_args(words)
    if arguments.data is None and not arguments.summary:
        parser.error("--data DIR is needed, or --summary")
    return arguments


def installed(methods: Sequence[str]) -> list[str]:
    """Those methods whose package is there; the others are named."""
    for name in methods:
        if not is_installed(name):
            print(f"{name} is left out: {METHODS[name].package} is not installed", flush=True)
    return [name for name in methods if is_installed(name)]


def chosen(tables: Sequence[Table], names: Sequence[str] | None) -> list[Table]:
    """The tables of these names, in the order of the index; all of them if there are no names."""
    unknown = set(names or ()) - {table.name for table in tables}
    if unknown:
        sys.exit(f"The index has no table {sorted(unknown)[0]!r}.")
    return [table for table in tables if not names or table.name in names]


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
        append_row(arguments.out, row)
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
    """What the worker found, or why it found nothing."""
    environment = os.environ | dict.fromkeys(THREAD_SETTINGS, str(job.threads))
    own_path = [
        str(Path(part).resolve()) for part in os.environ.get("PYTHONPATH", "").split(os.pathsep) if part
    ]
    environment["PYTHONPATH"] = os.pathsep.join(own_path)  # the worker runs in a folder that is thrown away
    with tempfile.TemporaryDirectory() as folder:
        answer, log = Path(folder) / "answer.json", Path(folder) / "log.txt"
        command = [sys.executable, str(Path(__file__).with_name("quality_worker.py").resolve())]
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
        from quality_picture import draw
    except ModuleNotFoundError as missing:
        print(f"There is no picture: {missing.name} is not installed.", file=sys.stderr)
    else:
        picture = out.with_suffix(".svg")
        picture = picture if draw(comparison, picture) else None
    text = markdown(comparison, picture=picture.name if picture else None)
    out.with_suffix(".md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
