"""Time and memory of training and predicting on a million rows, made from a small table.

    python -m benchmarks.memory.million houses.parquet price --rows 1000000 --time-limit 120

Rows are repeated, with noise on the numbers, so that hardly any cell occurs twice. Training runs in its own process,
whose peak memory is shown beside the size of the table. Seconds of stacks that train side by side are added up.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from time import perf_counter
from typing import Any
from unittest import mock

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pyarrow.types as types

from benchmarks.measurements import child_environment, make_parser

# Of a column's deviation.
NOISE = 0.1


def main(arguments: list[str] | None = None) -> None:
    """Make the table, and train on it."""
    options = read_arguments(arguments)
    if options.worker:
        print(json.dumps(measure(options)))
        return
    table = enlarge(pq.read_table(options.table), options.rows, keep=options.target)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "large.parquet"
        pq.write_table(table, path)
        given = [str(path), options.target, "--effort", options.effort, "--worker"]
        if options.time_limit:
            given += ["--time-limit", str(options.time_limit)]
        told = subprocess.run(
            [sys.executable, "-m", "benchmarks.memory.million", *given],
            stdout=subprocess.PIPE,
            text=True,
            check=True,
            env=child_environment(),
        )
    found = json.loads(told.stdout.splitlines()[-1])
    show(found | {"rows": table.num_rows, "columns": table.num_columns, "table_mb": table.nbytes / 1e6})


def read_arguments(arguments: list[str] | None) -> argparse.Namespace:
    """The options."""
    parser = make_parser(__doc__)
    parser.add_argument("table", help="a Parquet file")
    parser.add_argument("target")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--effort", default="standard")
    parser.add_argument("--time-limit", type=float)
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


def enlarge(table: pa.Table, rows: int, *, keep: str, seed: int = 0) -> pa.Table:
    """So many rows: those of the table over and over, with noise on all floating-point columns but `keep`."""
    rng = np.random.default_rng(seed)
    table = table.take(pa.array(np.resize(rng.permutation(table.num_rows), rows)))
    for i, name in enumerate(table.column_names):
        column = table.column(name)
        if name != keep and types.is_floating(column.type):
            values = column.to_numpy().astype(np.float64)
            noise = NOISE * np.nanstd(values) * rng.standard_normal(rows)
            table = table.set_column(i, name, pa.array(values + noise, from_pandas=True))
    return table.combine_chunks()


class Phases:
    """Seconds by a clock, and the greatest memory so far, of each part of a run."""

    def __init__(self, clock: Callable[[], float] = perf_counter) -> None:
        self.clock = clock
        self.seconds: dict[str, float] = {}
        self.memory_mb: dict[str, float] = {}

    def run(self, name: str, action: Callable[[], Any]) -> Any:
        """Do it, and note what it took."""
        started = self.clock()
        result = action()
        self.seconds[name] = self.seconds.get(name, 0.0) + self.clock() - started
        unit = 1e6 if sys.platform == "darwin" else 1e3
        self.memory_mb[name] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
        return result

    def watch(self, owner: Any, name: str, phase: str) -> AbstractContextManager[Any]:
        """Note every call of a function of a module or class, within a context."""
        function = getattr(owner, name)
        return mock.patch.object(owner, name, lambda *a, **k: self.run(phase, lambda: function(*a, **k)))


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Read, train and predict in this process."""
    from netable.config.settings import Settings
    from netable.fit import fit as fitting
    from netable.fit import training
    from netable.fit.members import stack, stacks
    from netable.table.reading.read import read
    from netable.train.stopping import EarlyStopping

    watched = (
        (training, "prepare", "prepare"),
        (stacks, "learn_member_statistics", "statistics"),
        (stack, "train", "train"),
        (stack, "_out_of_fold", "predict out of fold"),
        (fitting, "score", "score"),
        (EarlyStopping, "update", "validate (part of train)"),
    )
    config = Settings(target=options.target, effort=options.effort, time_limit=options.time_limit)
    phases = Phases()
    phases.run("start", lambda: None)
    table = phases.run("read", lambda: read(options.table))
    with ExitStack() as watches:
        for owner, name, phase in watched:
            watches.enter_context(phases.watch(owner, name, phase))
        model = phases.run("fit", lambda: fitting.fit(table, config))
    encoded = phases.run("encode", lambda: model.encode(table))
    phases.run("predict", lambda: model.outcome_of(encoded))
    return {
        "seconds": phases.seconds,
        "memory_mb": phases.memory_mb,
        "epochs": model.history.n_epochs,
        "ending": model.history.ending,
        "valid": model.results["valid"],
        "rate": table.num_rows / phases.seconds["predict"],
    }


def show(found: dict[str, Any]) -> None:
    """A line for each phase."""
    print(f"{found['rows']:,} rows, {found['columns']} columns, {found['table_mb']:,.0f} MB as Arrow")
    print(f"{found['epochs']} epochs, {found['ending']}; out of fold {found['valid']}")
    print(f"{'phase':28s} {'seconds':>9s} {'greatest memory, MB':>20s}")
    for phase, seconds in found["seconds"].items():
        print(f"{phase:28s} {seconds:9.1f} {found['memory_mb'][phase]:20,.0f}")
    print(f"predicted {found['rate']:,.0f} rows a second")


if __name__ == "__main__":
    main()
