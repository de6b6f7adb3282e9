"""Time and memory from ten thousand rows to as many as asked, with a bounded memory.

    python -m benchmarks.scale.measure --rows 10000 100000 1000000 --memory 1.5GB

Every table is made in a temporary folder, trained on in a process of its own, as `netable train --memory` does, and
predicted by another as `netable predict` does. Seconds are those of the processor, of all threads, which other programs
on the machine hardly change. `--summary` sums up what was measured and draws the picture.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from time import process_time
from typing import Any

from benchmarks.measurements import append_row, child_environment, circumstances, make_parser, read_rows
from benchmarks.memory.million import Phases
from benchmarks.scale import rows
from benchmarks.scale.summary import summarize

RESULTS = Path(__file__).parent / "results" / "scale.jsonl"
# Two networks, so that ten million rows take minutes.
NETWORKS: dict[str, Any] = {"model": "mlp", "embedding": "none", "folds": 2}
PACKAGES = ("netable", "torch", "numpy", "pyarrow", "duckdb")


def main(arguments: list[str] | None = None) -> None:
    """Measure every size, or sum up."""
    options = read_arguments(arguments)
    if options.worker:
        print(json.dumps(measure(options)))
        return
    if not options.summary:
        for count in options.rows:
            with tempfile.TemporaryDirectory() as folder:
                append_row(options.out, measured(count, Path(folder), options))
    summarize(options.out, read_rows(options.out))


def read_arguments(arguments: list[str] | None) -> argparse.Namespace:
    """The options."""
    parser = make_parser(__doc__, out=RESULTS)
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--memory", default="1.5GB")
    parser.add_argument("--max-epochs", type=int, default=1)
    parser.add_argument("--time-limit", type=float, help="seconds of training, which shorten it")
    parser.add_argument("--summary", action="store_true", help="sum up the results, measure nothing")
    parser.add_argument("--worker", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


def measured(count: int, folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Make a table, and train and predict in processes of their own."""
    table, model = folder / "rows.parquet", folder / "rows.netable"
    rows.write(table, count)
    given = ["--memory", options.memory, "--max-epochs", str(options.max_epochs), "--worker", str(table)]
    given += ["--time-limit", str(options.time_limit)] if options.time_limit else []
    trained, *_ = run("benchmarks.scale.measure", *given)
    _, seconds, memory = run("netable", "predict", str(model), str(table), "-o", str(folder / "out.parquet"))
    found: dict[str, Any] = json.loads(trained.splitlines()[-1])
    found["seconds"]["predict"], found["memory_mb"]["predict"] = seconds, memory
    about = {"rows": count, "file_mb": table.stat().st_size / 1e6, "memory": options.memory}
    about["time_limit"] = options.time_limit
    return circumstances(PACKAGES) | about | found


def run(module: str, *arguments: str) -> tuple[str, float, float]:
    """The output of a program, its seconds of the processor, and its peak memory in MB."""
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments], stdout=output, env=child_environment()
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise RuntimeError(f"{module} ended with {process.returncode}")
        output.seek(0)
        unit = 1e6 if sys.platform == "darwin" else 1e3
        return output.read().decode(), usage.ru_utime + usage.ru_stime, usage.ru_maxrss / unit


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Train in this process, and save the model beside the table."""
    from netable.cli.memory import memory_limit
    from netable.config.reading import ReadOptions
    from netable.config.settings import Settings
    from netable.fit import fit as fitting
    from netable.fit import training
    from netable.fit.preparation import prepare as preparing
    from netable.fit.stored import all_rows
    from netable.fit.stored.cache import RowCache
    from netable.model.file import save
    from netable.table.reading.read import read
    from netable.table.reading.stream import TableStream

    asked = {"max_epochs": options.max_epochs, "time_limit": options.time_limit}
    settings = Settings(target=rows.TARGET, **asked, **NETWORKS)
    memory, phases = memory_limit(options.memory), Phases(process_time)
    found = TableStream([str(options.worker)], ReadOptions.of(settings))
    place = options.worker.with_suffix(".rows")
    with ExitStack() as watches:
        for owner, name, phase in (
            (all_rows.AllRows, "with_all_levels", "levels"),
            (preparing, "store_rows", "store"),
            (training, "train_members", "train"),
            (fitting, "_finished_model", "judge"),
        ):
            watches.enter_context(phases.watch(owner, name, phase))
        if all_rows.fits(found, memory):
            table, rest = phases.run("sample", lambda: read(options.worker)), None
        else:
            table, rest = phases.run(
                "sample", lambda: all_rows.read_sample(found, settings, memory, RowCache(place))
            )
        model = phases.run("fit", lambda: fitting.fit(table, settings, all_rows=rest))
    save(model, options.worker.with_suffix(".netable"))
    return {
        "seconds": phases.seconds,
        "memory_mb": phases.memory_mb,
        "stored": rest is not None,
        "rows_in_sample": table.num_rows,
        "members": len(model.net),
        "epochs": model.history.n_epochs,
        "ending": model.history.ending,
        "valid": model.results["valid"],
    }


if __name__ == "__main__":
    main()
