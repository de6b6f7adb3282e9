"""False alarms and power of `netable monitor`.

    python -m benchmarks.drift.run --data DIR [--draws 8] [--columns 3]
    python -m benchmarks.drift.run --summary

A small model is trained on 1,500 rows of each table. Of the others, 1,000 at a time (or all, if there are fewer) are
compared with training: as they are, in several draws, and with one column shifted (shifts.py). An alarm on rows as they
are is false; a shift counts as found if its column moved. If Evidently is installed, its default test of each column
gets the same rows, beside the training rows themselves.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.doctor.cases import quiet
from benchmarks.drift.shifts import SHIFTS
from benchmarks.measurements import (
    Row,
    append_row,
    circumstances,
    describe_circumstances,
    make_parser,
    markdown_table,
    read_rows,
    write_page,
)
from benchmarks.tables import CUT_SEED, Table, choose, load_index
from netable.config.settings import Settings
from netable.drift import monitor_table
from netable.errors import silence
from netable.fit.fit import fit
from netable.model.model import Model
from netable.table.reading.read import read

RESULTS = Path(__file__).parent / "results"
PACKAGES = ("netable", "numpy", "scipy", "torch", "evidently")
TRAINING_ROWS, NEW_ROWS = 1500, 1000
QUICK: dict[str, Any] = {
    "hidden_layer_sizes": (16,),
    "max_epochs": 4,
    "folds": 3,
    "embedding": "none",
    "model": "mlp",
}
FRESH = "as they are"


def main(words: Sequence[str] | None = None) -> None:
    """Measure what has no result yet, then sum up."""
    arguments = parse_arguments(words)
    if not arguments.summary:
        done = {row["table"] for row in read_rows(arguments.out)}
        for table in choose(load_index(arguments.data), arguments.tables):
            if table.name not in done:
                for row in measurements(arguments, table):
                    append_row(arguments.out, row | circumstances(PACKAGES))
    write_page(arguments.out, markdown(read_rows(arguments.out)))


def parse_arguments(words: Sequence[str] | None = None) -> argparse.Namespace:
    """The options of the command line."""
    parser = make_parser(__doc__, data=True, out=RESULTS / "drift.jsonl")
    parser.add_argument("--tables", nargs="+", metavar="NAME", help="(all)")
    parser.add_argument("--draws", type=int, default=8, metavar="N", help="of fresh rows (%(default)s)")
    parser.add_argument(
        "--columns", type=int, default=3, metavar="N", help="to shift in each way (%(default)s)"
    )
    return parser.parse_args(words)


def measurements(arguments: argparse.Namespace, table: Table) -> Iterator[Row]:
    """Fresh rows, then shifted ones."""
    frame = pd.read_parquet(arguments.data / table.file).dropna(subset=[table.target])
    frame = frame.sample(frac=1, random_state=CUT_SEED)
    n_rows = min(TRAINING_ROWS, int(0.6 * len(frame)))
    before, others = frame.iloc[:n_rows], frame.iloc[n_rows:]
    with quiet():
        model = fit(read(before), Settings(target=table.target, **QUICK))
    rng = np.random.default_rng(0)
    size = min(NEW_ROWS, len(others))
    about: Row = {"table": table.name, "rows": size, "rows_before": n_rows}
    for draw in range(arguments.draws):
        new = others.iloc[rng.choice(len(others), size, replace=False)]
        yield about | {"shift": FRESH, "draw": draw} | compare(model, before, new)
    used = [column.name for column in model.schema.used]
    for name, (fits, shift) in SHIFTS.items():
        fitting = [column for column in used if fits(others[column])]
        for column in rng.permutation(fitting)[: arguments.columns].tolist():
            new = others.iloc[rng.choice(len(others), size, replace=False)].copy()
            new[column] = shift(new[column], rng)
            yield about | {"shift": name, "column": column} | compare(model, before, new)


def compare(model: Model, before: pd.DataFrame, new: pd.DataFrame) -> Row:
    """What moved, by netable and, if it is installed, by Evidently."""
    with silence():
        table = model.read(new, labelled=True)
        drift = monitor_table(model, table)
        unusual = float(model.guard(table).unusual.mean())
    row: Row = {
        "alarm": drift.is_alarm,
        "moved": [column.name for column in drift.moved],
        "columns": len(drift.columns),
        "unusual": round(unusual, 4),
        "findings": model.guard(table).findings,
    }
    row["others"] = [
        name
        for name, moved in (
            ("outcomes", any(one.moved for one in drift.outcomes)),
            ("together", drift.together.moved),
            ("error", drift.error is not None and drift.error.moved),
        )
        if moved
    ]
    if find_spec("evidently"):
        from benchmarks.drift.peers import by_evidently

        names = [column.name for column in model.schema.used]
        row["evidently"] = by_evidently(before[names], new[names])
    print(row["moved"], row["others"], flush=True)
    return row


def markdown(rows: Sequence[Row]) -> str:
    """Shares of alarms and of shifts found, and every false alarm."""
    fresh = [row for row in rows if row["shift"] == FRESH]
    lines = ["# Drift", ""]
    if fresh:
        alarms = [row for row in fresh if row["alarm"]]
        unusual = sum(row["unusual"] * row["rows"] for row in fresh) / sum(row["rows"] for row in fresh)
        lines += [
            f"- {len(alarms) / len(fresh):.1%} of {len(fresh)} draws of fresh rows had an alarm, from "
            f"{len({row['table'] for row in fresh})} tables",
            f"- {sum(bool(row['findings']) for row in fresh) / len(fresh):.1%} had a finding of the guard; it called "
            f"{unusual:.2%} of the rows unusual",
            "",
        ]
        lines += [f"False alarms: {_named(alarms)}.", ""] if alarms else []
    head, shown = ["rows", "tables", "comparisons", "with an alarm", "column found"], []
    with_peer = any("evidently" in row for row in rows)
    for name in dict.fromkeys(row["shift"] for row in rows):
        own = [row for row in rows if row["shift"] == name]
        found = "" if name == FRESH else _share([row["column"] in row["moved"] for row in own])
        line = [name, str(len({row["table"] for row in own})), str(len(own))]
        line += [_share([row["alarm"] for row in own]), found]
        if with_peer:
            peer = [row for row in own if "evidently" in row]
            line.append(_share([bool(row["evidently"]) for row in peer]))
            line.append("" if name == FRESH else _share([row["column"] in row["evidently"] for row in peer]))
        shown.append(line)
    head += ["Evidently: any column", "Evidently: column found"] if with_peer else []
    missed = [row for row in rows if row["shift"] != FRESH and row["column"] not in row["moved"]]
    lines += [markdown_table(head, shown), ""]
    lines += [_power(rows), ""] if len(shown) > 1 else []
    if with_peer:
        peer = [row for row in rows if "evidently" in row]
        tables = len({row["table"] for row in peer})
        lines += [
            f"Evidently, with its defaults, got {len(peer)} of the comparisons, of {tables} tables.",
            "",
        ]
    lines += (
        ["Not found: " + "; ".join(f"{r['shift']}: {r['table']}, {r['column']}" for r in missed) + ".", ""]
        if missed
        else []
    )
    return "\n".join([*lines, *describe_circumstances(rows)]) + "\n"


def _power(rows: Sequence[Row]) -> str:
    """Shares of shifts found where there are as many new rows as asked for."""
    full = [row for row in rows if row["rows"] == NEW_ROWS and row["shift"] != FRESH]
    parts = []
    for name in dict.fromkeys(row["shift"] for row in full):
        found = [row["column"] in row["moved"] for row in full if row["shift"] == name]
        parts.append(f"{name} {sum(found)} of {len(found)}")
    return f"Found in {NEW_ROWS:,} new rows: {', '.join(parts)}."


def _named(rows: Sequence[Row]) -> str:
    return "; ".join(f"{row['table']} ({', '.join([*row['moved'], *row['others']])})" for row in rows)


def _share(found: Sequence[bool]) -> str:
    return f"{sum(found) / len(found):.1%}" if found else ""


if __name__ == "__main__":
    main()
