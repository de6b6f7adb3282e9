"""Hundreds of small fits in one process: do memory, threads or open files grow?

    python -m benchmarks.memory.soak --fits 500

Fits take turns: classes and numbers, stacks side by side, one network, a warm start, calls of partial_fit; each model
is saved, loaded and asked to predict, some are explained and reported on. Tables differ in rows, columns and levels.
The process reads its own state from /proc (Linux only) every ten fits.
"""

from __future__ import annotations

import gc
import os
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.csv as csv
import torch
from numpy.typing import NDArray

from benchmarks.measurements import circumstances, make_parser
from netable import NetClassifier, NetRegressor, explain, load, write_report

RESULTS = Path(__file__).parent / "results"
WARM_UP, EVERY = 50, 10
# The most that memory may grow after the warm-up.
LIMIT_MB = 20
PACKAGES = ("netable", "torch", "numpy", "scikit-learn", "pyarrow", "duckdb", "matplotlib")
QUICK: dict[str, Any] = {"max_epochs": 3, "folds": 2, "hidden_layer_sizes": (8,)}

Columns = dict[str, NDArray[Any]]


class Held(NamedTuple):
    """Memory, threads and open files of the process after some fits."""

    fits: int
    megabytes: float
    threads: int
    files: int


def main(arguments: list[str] | None = None) -> None:
    """Fit, and write down what was held."""
    parser = make_parser(__doc__, out=RESULTS / "soak.md")
    parser.add_argument("--fits", type=int, default=500)
    options = parser.parse_args(arguments)
    started = perf_counter()
    readings = []
    for held in soak(options.fits):
        readings.append(held)
        print(
            f"{held.fits:4} fits: {held.megabytes:7.1f} MB, {held.threads} threads, {held.files} open files"
        )
    options.out.write_text(summary(readings, perf_counter() - started), encoding="utf-8")
    if problem := growth(readings):
        raise SystemExit(problem)


def soak(fits: int, every: int = EVERY) -> Iterator[Held]:
    """Readings before the first fit and after every so many."""
    yield held(0)
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for i in range(fits):
            TURNS[i % len(TURNS)](i, Path(folder))
            if (i + 1) % every == 0:
                yield held(i + 1)


def held(fits: int) -> Held:
    """A reading of this process, after garbage collection."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text(encoding="utf-8").split()[1])
    megabytes = pages * os.sysconf("SC_PAGE_SIZE") / 2**20
    return Held(fits, megabytes, len(os.listdir("/proc/self/task")), len(os.listdir("/proc/self/fd")))


def table_of(i: int) -> tuple[Columns, NDArray[Any]]:
    """Columns of numbers with gaps and of levels, and what follows from them; other ones for every number."""
    rng = np.random.default_rng(i)
    rows, width = 60 + 37 * (i % 7), 3 + i % 4
    columns: Columns = {f"x{i}_{j}": rng.normal(size=rows) for j in range(width)}
    first = columns[f"x{i}_0"].copy()
    columns[f"x{i}_0"][rng.random(rows) < 0.1] = np.nan
    columns["place"] = rng.choice([f"level {k}" for k in range(3 + i % 5)], rows)
    return columns, first + rng.normal(size=rows) * 0.3


def classes(i: int, folder: Path) -> None:
    """A classifier of stacks side by side, saved, loaded and asked."""
    columns, y = table_of(i)
    net = NetClassifier(**QUICK, random_state=i, stacks=({}, {"embedding": "periodic"}))
    net.fit(pa.table(columns), np.where(y > 0, "yes", "no"))
    net.predict_proba(pa.table(columns))
    again(net, columns, folder)


def numbers(i: int, folder: Path) -> None:
    """A regressor of one stack, and a second fit that begins with its weights."""
    columns, y = table_of(i)
    net = NetRegressor(**QUICK, random_state=i, stacks=({"embedding": "bins"},), warm_start=True)
    table = pa.table(columns)
    net.fit(table, y)
    net.predict_interval(table)
    net.fit(table, y)
    again(net, columns, folder)


def calls(i: int, folder: Path) -> None:
    """A network that learns from some rows at a time."""
    columns, y = table_of(i)
    net = NetRegressor(max_epochs=1, hidden_layer_sizes=(8,), random_state=i)
    for start in range(0, len(y), 30):
        part = pa.table({name: column[start : start + 30] for name, column in columns.items()})
        net.partial_fit(part, y[start : start + 30])
    again(net, columns, folder)


def array(i: int, folder: Path) -> None:
    """A table of numbers alone, rows of which are predicted one by one."""
    X = np.random.default_rng(i).normal(size=(80 + i % 90, 4))
    net = NetClassifier(**QUICK, random_state=i).fit(X, np.digitize(X[:, 0], [-0.4, 0.4]))
    for row in X[:20]:
        net.predict_proba(row[None])


def explained(i: int, folder: Path) -> None:
    """A regressor that is explained, and reported on."""
    columns, y = table_of(i)
    net = NetRegressor(**QUICK, random_state=i).fit(pa.table(columns), y)
    labelled = pa.table(columns | {"y": y})
    explain(net.model_, labelled).importance()
    if i % 4 == 0:
        write_report(net.model_, folder / "report.html", labelled)


def again(net: NetClassifier | NetRegressor, columns: Columns, folder: Path) -> None:
    """Save a model, load it, and ask it of a file."""
    net.save(folder / "model.netable", overwrite=True)
    csv.write_csv(pa.table(columns), folder / "rows.csv")
    load(folder / "model.netable").predict(folder / "rows.csv")


TURNS: list[Callable[[int, Path], None]] = [classes, numbers, calls, array, explained]


def growth(readings: list[Held]) -> str:
    """One line that names growth after the warm-up; empty if there is none."""
    warm = [reading for reading in readings if reading.fits >= WARM_UP]
    if len(warm) < 2:
        return ""
    first, last = warm[0], warm[-1]
    found = []
    if rise(warm) > LIMIT_MB:
        found.append(f"memory grew by {rise(warm):.1f} MB")
    found += [
        f"{name} grew from {before} to {after}"
        for name, before, after in zip(("threads", "open files"), first[2:], last[2:], strict=True)
        if after > before
    ]
    return "; ".join(found)


def rise(warm: list[Held]) -> float:
    """The most that memory rose, in megabytes, since the first reading."""
    return max(reading.megabytes for reading in warm) - warm[0].megabytes


def summary(readings: list[Held], seconds: float) -> str:
    """A page of what was found."""
    around = circumstances(PACKAGES, threads=torch.get_num_threads())
    warm = [reading for reading in readings if reading.fits >= WARM_UP] or readings[-1:]
    shown = [reading for reading in readings if reading.fits in (0, EVERY) or reading.fits % WARM_UP == 0]
    versions = ", ".join(f"{name} {number}" for name, number in around["versions"].items())
    lines = [
        "# Many fits in one process",
        "",
        f"{readings[-1].fits} small fits: after the first {WARM_UP}, memory rose by {rise(warm):.1f} MB at most, and "
        f"was {warm[-1].megabytes - warm[0].megabytes:+.1f} MB at the end; {growth(readings) or 'nothing else grew'}.",
        "",
        "| fits | resident memory, MB | threads | open files |",
        "|---:|---:|---:|---:|",
        *(f"| {r.fits} | {r.megabytes:.0f} | {r.threads} | {r.files} |" for r in shown),
        "",
        f"`python -m benchmarks.memory.soak`, {around['date'][:10]}, {around['machine']['cpu']}, "
        f"{around['threads']} threads, {seconds:.0f} seconds; {versions}; commit {around['commit']}.",
        "",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
