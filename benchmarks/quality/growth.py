"""Error and time from 1,000 to 1,000,000 rows, as a picture.

    python -m benchmarks.quality.growth --data DIR [--methods NAME …] [--sizes 1000 …] [--only TABLE …] [--summary]

The tables of the folder with at least LEAST rows, and a made one of a million rows, are cut to each size and split
80/20 with seed 0, as `benchmarks.quality.run` does it; a size larger than a table is left out. What is in the results
is not measured again. The picture has a panel of errors and one of fit seconds for each table.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.measurements import Row, make_parser, read_rows
from benchmarks.quality.picture import INK
from benchmarks.quality.run import Job, installed, measure_missing
from benchmarks.tables import Table, load_index
from netable.system.machine import usable_cores

RESULTS = Path(__file__).parent / "results" / "growth.jsonl"
LEAST = 100_000
SIZES = (1_000, 3_000, 10_000, 30_000, 100_000, 300_000, 1_000_000)
STYLES = {
    "netable-standard": ("#c2410c", "-"),
    "netable-fast": ("#c2410c", "--"),
    "catboost": ("#2563a8", "-"),
    "lightgbm": ("#2563a8", "--"),
}
MADE = Table("made", "made.parquet", "y", "regression")
MADE_ROWS = 1_000_000


def main() -> None:
    """Measure what is missing, and draw."""
    parser = make_parser(__doc__, data=True, out=RESULTS)
    parser.add_argument("--methods", nargs="+", choices=STYLES, default=list(STYLES))
    parser.add_argument("--sizes", nargs="+", type=int, default=SIZES)
    parser.add_argument("--only", nargs="+", help="tables, `made` among them; all by default")
    parser.add_argument("--timeout", type=float, default=3600, help="seconds for one fit (%(default)s)")
    parser.set_defaults(retry_failed=False)
    arguments = parser.parse_args()
    if not arguments.summary:
        with tempfile.TemporaryDirectory() as folder:
            measure(Path(folder), arguments)
    draw(read_rows(arguments.out), arguments.out.with_suffix(".svg"))


def measure(folder: Path, arguments: argparse.Namespace) -> None:
    """Add what is missing, smaller sizes first."""
    entries, rows = [], {}
    for table in load_index(arguments.data):
        rows[table.name] = pq.read_metadata(arguments.data / table.file).num_rows
        if rows[table.name] >= LEAST:
            shutil.copy(arguments.data / table.file, folder)
            entries.append(vars(table))
    made_table(MADE_ROWS).to_parquet(folder / MADE.file)
    rows[MADE.name] = MADE_ROWS
    (folder / "index.json").write_text(json.dumps({"datasets": [*entries, vars(MADE)]}))
    arguments.data = folder
    methods = installed(arguments.methods)
    jobs = (
        Job(table, 0, method, size, usable_cores())
        for size in arguments.sizes
        for table in load_index(folder)
        if size <= rows[table.name] and (not arguments.only or table.name in arguments.only)
        for method in methods
    )
    measure_missing(jobs, arguments)


def made_table(rows: int) -> pd.DataFrame:
    """Smooth terms, a step, an interaction with a category, five columns of noise; noise of .2 of the deviation.

    The smooth terms are Friedman's first function (1991, Annals of Statistics 19).
    """
    rng = np.random.default_rng(0)
    x = rng.random((rows, 10))
    place, kind = rng.integers(0, 200, rows), rng.integers(0, 4, rows)
    smooth = 10 * np.sin(np.pi * x[:, 0] * x[:, 1]) + 20 * (x[:, 2] - 0.5) ** 2 + 10 * x[:, 3] + 5 * x[:, 4]
    step = 3.0 * ((x[:, 5] > 0.7) & (kind == 0))
    y = smooth + step + rng.normal(0, 2, 200)[place] + (kind - 1.5) * x[:, 3]
    y += rng.normal(0, 0.2 * y.std(), rows)
    columns = {f"x{i}": x[:, i] for i in range(10)}
    named = {"place": np.char.add("p", place.astype(str)), "kind": np.char.add("k", kind.astype(str))}
    return pd.DataFrame({**columns, **named, MADE.target: y})


def draw(rows: list[Row], path: Path) -> None:
    """A line a method, in two panels a table: errors above, fit seconds below."""
    tables = list(dict.fromkeys(row["table"] for row in rows))
    with mpl.rc_context({"svg.hashsalt": "netable", "svg.fonttype": "none", "font.size": 10}):
        figure = Figure(figsize=(4 * len(tables), 6.5), layout="constrained")
        panels = figure.subplots(2, len(tables), squeeze=False, sharex="col")
        for (errors, seconds), name in zip(panels.T, tables, strict=True):
            for method in STYLES:
                found = sorted(
                    (row["cut"], row["error"], row["fit_seconds"])
                    for row in rows
                    if (row["table"], row["method"]) == (name, method) and not row["failure"]
                )
                if found:
                    _line(errors, seconds, method, found)
            errors.set(xscale="log", yscale="log", title=name)
            seconds.set(xscale="log", yscale="log", xlabel="rows")
            seconds.yaxis.set_major_formatter(lambda value, _: f"{value:g} s")
            errors.yaxis.set_major_formatter("{x:.3g}")
            errors.yaxis.set_minor_formatter("{x:.3g}")
            for axes in (errors, seconds):
                axes.grid(color="#e5e7eb", linewidth=0.8)
                axes.spines[["top", "right"]].set_visible(False)
        panels[0, 0].set_ylabel("error")
        panels[1, 0].set_ylabel("time of a fit")
        handles, labels = panels[0, 0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=4, frameon=False, labelcolor=INK)
        figure.savefig(path, metadata={"Date": None})


def _line(errors: Axes, seconds: Axes, method: str, found: list[tuple[int, float, float]]) -> None:
    color, dashes = STYLES[method]
    sizes, error, second = zip(*found, strict=True)
    errors.plot(sizes, error, dashes, color=color, marker="o", markersize=4, label=method)
    seconds.plot(sizes, second, dashes, color=color, marker="o", markersize=4)


if __name__ == "__main__":
    main()
