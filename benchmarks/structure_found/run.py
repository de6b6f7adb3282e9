"""Detection rate and false alarms of the structure found in a table's rows, and its cost.

    python -m benchmarks.structure_found.run [--data DIR] [--seeds 4]
    python -m benchmarks.structure_found.run --summary

Each kind of planted structure, and each table of independent rows that looks like one (tables.py), is made with 400,
1,500 and 6,000 rows for each task and seed. A structure counts as found if the verdict of its kind speaks; any verdict
on independent rows is a false alarm. With DIR, real tables are searched too, and the search is timed beside a fit.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.doctor.cases import quiet
from benchmarks.measurements import (
    Row,
    append_row,
    circumstances,
    describe_circumstances,
    make_parser,
    read_rows,
    write_page,
)
from benchmarks.structure_found.tables import GROUPS, INDEPENDENT, TIMES, made_table
from benchmarks.tables import load_index
from netable.config.settings import Settings
from netable.doctor.structure import diagnose_structure
from netable.fit.fit import fit
from netable.fit.preparation.prepare import prepare
from netable.fit.structure.find import find_structure
from netable.table.reading.read import read

RESULTS = Path(__file__).parent / "results"
PACKAGES = ("numpy", "scikit-learn", "scipy", "netable")
SIZES = (400, 1500, 6000)
TASKS = ("regression", "binary", "multiclass")
PLANTED = {"grouped_rows": GROUPS, "time_order": TIMES, "": INDEPENDENT}
# What is true of real tables. The first two are in order of time by their owners' descriptions; in the third, a random
# forest predicts the logarithm of prices after the first 60 % of sales with an error of 0.27 from those, and of 0.19
# from as many of all times.
TRUE = {name: ["time_order"] for name in ("bike_sharing_hour", "nyc_flights", "melbourne_housing")}
# Tables that are fitted too, to compare the seconds.
TIMED = (
    "bike_sharing_hour",
    "nyc_flights",
    "melbourne_housing",
    "adult",
    "churn",
    "concrete",
    "titanic",
    "diamonds",
)
TIMED_ROWS = 5_000


def main(words: Sequence[str] | None = None) -> None:
    """Measure what has no result yet, then sum up."""
    arguments = parse_arguments(words)
    if not arguments.summary:
        done = {(row["table"], row["rows"], row["task"], row["seed"]) for row in read_rows(arguments.out)}
        for row in measurements(arguments, done):
            append_row(arguments.out, row | circumstances(PACKAGES))
    write_page(arguments.out, markdown(read_rows(arguments.out)))


def parse_arguments(words: Sequence[str] | None = None) -> argparse.Namespace:
    """The options of the command line."""
    parser = make_parser(__doc__, data=True, out=RESULTS / "structure_found.jsonl")
    parser.add_argument("--seeds", type=int, default=4, metavar="N", help="tables of each kind (%(default)s)")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, metavar="ROWS", help="(%(default)s)")
    return parser.parse_args(words)


def measurements(arguments: argparse.Namespace, done: set[tuple[Any, ...]]) -> Iterator[Row]:
    """Planted tables, then real ones."""
    for expected, plants in PLANTED.items():
        for plant in plants:
            for n in arguments.sizes:
                for task in TASKS:
                    for seed in range(arguments.seeds):
                        if (plant.__name__, n, task, seed) not in done:
                            row = search(read(made_table(plant, task, n, seed)), "y")
                            yield {
                                "table": plant.__name__,
                                "task": task,
                                "seed": seed,
                                "expected": expected,
                            } | row
    for entry in load_index(arguments.data) if arguments.data else ():
        table = read(arguments.data / entry.file)
        if (entry.name, table.num_rows, entry.task, None) not in done:
            row = {
                "table": entry.name,
                "task": entry.task,
                "seed": None,
                "expected": TRUE.get(entry.name, []),
            }
            row |= search(table, entry.target)
            if entry.name in TIMED:
                row |= timed(table.slice(0, TIMED_ROWS), entry.target)
            yield row


def search(table: object, target: str) -> Row:
    """The verdicts on a table's structure, and the seconds that it took to find it."""
    settings = Settings(target=target)
    with quiet():
        prepared = prepare(table, settings)
    started = time.perf_counter()
    found = find_structure(table, settings, prepared.target, prepared.encoder, prepared.train_rows)
    seconds = time.perf_counter() - started
    row: Row = {"rows": prepared.n_rows, "found": [verdict.id for verdict in diagnose_structure(found)]}
    row["ratios"] = {
        " × ".join(one.columns): [round(value, 3) for value in one.flattery[:3]] for one in found
    }
    print(row["found"], row["ratios"], flush=True)
    return row | {"seconds": round(seconds, 3)}


def timed(table: object, target: str) -> Row:
    """Seconds of a search, and of a fast fit, on the same rows."""
    row: Row = {"timed_search": search(table, target)["seconds"]}
    with quiet():
        model = fit(table, Settings(target=target, effort="fast"))
    return row | {"fast": model.results["fit_seconds"]}


def markdown(rows: Sequence[Row]) -> str:
    """Shares found by kind, and what was found in real tables."""
    lines = ["# Structure found by itself", ""]
    planted = [row for row in rows if row["seed"] is not None]
    for what, own in (
        ("planted structures found", [row for row in planted if row["expected"]]),
        ("tables of independent rows with a verdict", [row for row in planted if not row["expected"]]),
    ):
        if own:
            lines.append(f"- {sum(map(_spoke, own)) / len(own):.1%} of {len(own)} {what}")
    lines += ["", "| kind | verdict | tables | with it | longest search, s |", "|---|---|---:|---:|---:|"]
    for name in dict.fromkeys(row["table"] for row in planted):
        own = [row for row in planted if row["table"] == name]
        verdict = f"`{own[0]['expected']}`" if own[0]["expected"] else "none is right"
        longest = max(row["seconds"] for row in own)
        lines.append(
            f"| {name.replace('_', ' ')} | {verdict} | {len(own)} | {sum(map(_spoke, own))} | {longest:.2f} |"
        )
    real = [row for row in rows if row["seed"] is None]
    if real:
        lines += [
            "",
            f"Of {len(real)} real tables, those with a column that may relate rows, or with a timed fit:",
            "",
        ]
        lines += [
            "| table | ratio of errors (95% interval) | verdicts | search, share of a fast fit |",
            "|---|---|---|---|",
        ]
        lines += [_real(row) for row in real if row["ratios"] or "fast" in row]
    return "\n".join([*lines, "", *describe_circumstances(rows)]) + "\n"


def _spoke(row: Row) -> bool:
    return row["expected"] in row["found"] if row["expected"] else bool(row["found"])


def _real(row: Row) -> str:
    ratios = (
        f"{name}: {ratio:.2f} ({low:.2f} to {high:.2f})" for name, (ratio, low, high) in row["ratios"].items()
    )
    cost = f"{row['timed_search'] / row['fast']:.1%}" if "fast" in row else ""
    return f"| {row['table']} | {'; '.join(ratios) or '–'} | {', '.join(row['found']) or '–'} | {cost} |"


if __name__ == "__main__":
    main()
