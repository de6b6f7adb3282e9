"""Time, memory and error from ten thousand rows to as many as asked, with a bounded memory.

    python -m benchmarks.scale.measure --rows 10000 100000 1000000 --memory 3GB

Every table is made in a temporary folder, trained on in a process of its own with the settings of `netable train`, and
predicted by another as `netable predict` does. Seconds are those of the processor, of all threads, which other programs
on the machine hardly change, and those of the clock. The error is that of held-out rows, the same for all tables.
`--summary` sums up what was measured and draws the picture.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import numpy as np
import pyarrow as pa

from benchmarks.measurements import Row, append_row, child_environment, circumstances, make_parser, read_rows
from benchmarks.memory.million import Phases
from benchmarks.scale import rows
from benchmarks.scale.summary import summarize
from netable.cli.memory import memory_limit
from netable.config.reading import ReadOptions
from netable.config.settings import Settings
from netable.fit import fit as fitting
from netable.fit import training
from netable.fit.members.watcher import RunningStack, Watcher
from netable.fit.preparation import prepare as preparing
from netable.fit.stored import all_rows
from netable.fit.stored.cache import RowCache
from netable.model.file import save
from netable.table.reading.read import read
from netable.table.reading.stream import TableStream
from netable.train import Epoch

RESULTS = Path(__file__).parent / "results" / "scale.jsonl"
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
                for row in measured(count, Path(folder), options):
                    append_row(options.out, row)
    summarize(options.out, read_rows(options.out))


def read_arguments(arguments: list[str] | None) -> argparse.Namespace:
    """The options."""
    parser = make_parser(__doc__, out=RESULTS)
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--memory", default="3GB")
    parser.add_argument("--table", type=Path, help="a table of one number of rows that was made before")
    parser.add_argument("--time-limit", type=float, help="seconds of training, which shorten it")
    parser.add_argument("--summary", action="store_true", help="sum up the results, measure nothing")
    parser.add_argument("--worker", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--model", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


def measured(count: int, folder: Path, options: argparse.Namespace) -> Iterator[Row]:
    """Make a table, and train and predict in processes of their own: what is known after each."""
    table, model = options.table or folder / "rows.parquet", folder / "rows.netable"
    if not options.table:
        rows.write(table, count)
    given = ["--memory", options.memory, "--model", str(model), "--worker", str(table)]
    given += ["--time-limit", str(options.time_limit)] if options.time_limit else []
    trained, *_ = run("benchmarks.scale.measure", *given)
    about = {"rows": count, "file_mb": table.stat().st_size / 1e6, "memory": options.memory}
    about |= {"time_limit": options.time_limit, "load": os.getloadavg()[0]}
    found: Row = circumstances(PACKAGES) | about | json.loads(trained.splitlines()[-1])
    yield found
    predicted = run("netable", "predict", str(model), str(table), "-o", str(folder / "out.parquet"))
    for name, value in zip(("seconds", "memory_mb", "clock"), predicted[1:], strict=True):
        found[name]["predict"] = value
    yield found


def run(module: str, *arguments: str) -> tuple[str, float, float, float]:
    """The output of a program, its seconds of the processor, its peak memory in MB, and its seconds by the clock."""
    began = perf_counter()
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
        seconds = usage.ru_utime + usage.ru_stime
        return output.read().decode(), seconds, usage.ru_maxrss / unit, perf_counter() - began


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Train in this process, and save the model."""
    settings = Settings(target=rows.TARGET, time_limit=options.time_limit)
    phases, clock = Phases(process_time), Phases()
    watched: tuple[tuple[Any, str, str], ...] = (
        (sys.modules[__name__], "read_table", "sample"),
        (all_rows.AllRows, "with_all_levels", "levels"),
        (preparing, "store_rows", "store"),
        (training, "train_members", "train"),
        (fitting, "_finished_model", "judge"),
        (fitting, "fit", "fit"),
    )
    with ExitStack() as watches:
        for owner, name, phase in watched:
            for each in (phases, clock):
                watches.enter_context(each.watch(owner, name, phase))
        table, rest = read_table(options, settings)
        model = fitting.fit(table, settings, all_rows=rest, watchers=[Said()])
    save(model, options.model)
    held = rows.held_out()
    off = model.predict(held) - held.column(rows.TARGET).to_numpy()
    return {
        "seconds": phases.seconds,
        "clock": clock.seconds,
        "memory_mb": phases.memory_mb,
        "stored": rest is not None,
        "rows_in_sample": table.num_rows,
        "members": len(model.net),
        "stacks": [stack["weight"] for stack in model.results["stacks"]],
        "epochs": model.history.n_epochs,
        "ending": model.history.ending,
        "valid": model.results["valid"],
        "rmse": float(np.sqrt(np.mean(off**2))),
    }


class Said(Watcher):
    """Says how far training is."""

    def on_epoch(self, epoch: Epoch, running: RunningStack) -> None:
        """Say the epoch of a stack, its seconds, and its losses."""
        print(epoch.stack, epoch.epoch, epoch.max_epochs, epoch.seconds, epoch.valid_loss, file=sys.stderr)


def read_table(options: argparse.Namespace, settings: Settings) -> tuple[pa.Table, all_rows.AllRows | None]:
    """The table, or a sample and the way to all rows."""
    stream, memory = (
        TableStream([str(options.worker)], ReadOptions.of(settings)),
        memory_limit(options.memory),
    )
    if all_rows.fits(stream, memory):
        return read(options.worker), None
    return all_rows.read_sample(stream, settings, memory, RowCache(options.model.with_suffix(".rows")))


if __name__ == "__main__":
    main()
