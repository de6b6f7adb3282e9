"""The time that `netable train --time-limit SECONDS` takes from the shell, start and report included.

    python -m benchmarks.speed.time_limit --data DIR [--limits 5 10 30] [--rounds 3] [--tables adult german_credit]
    python -m benchmarks.speed.time_limit --summary

Each table is cut to `--rows` rows and written as a CSV; every round runs all tables and limits once (0 is none). Other
processes lengthen what a limit cannot shorten, so the cores that they used during a run are measured, too, and the
summary takes the shortest run.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import pyarrow.csv
import pyarrow.parquet

from benchmarks.measurements import (
    Row,
    append_row,
    busy_seconds,
    child_environment,
    child_seconds,
    circumstances,
    describe_circumstances,
    describe_versions,
    make_parser,
    markdown_table,
    read_rows,
    write_page,
)
from benchmarks.tables import Table, choose, load_index

RESULTS = Path(__file__).parent / "results" / "time_limit.jsonl"
TABLES = ("german_credit", "california_housing", "adult", "diabetes130", "nyc_flights")
PACKAGES = ("netable", "torch", "numpy", "pyarrow")


def main() -> None:
    """Measure, add the results to the file and sum up those of each label."""
    parser = make_parser(__doc__, data=True, out=RESULTS)
    parser.add_argument("--tables", nargs="*", default=TABLES, help="names of the index")
    parser.add_argument("--limits", nargs="*", type=float, default=[5, 10, 30], help="seconds; 0 for none")
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="(%(default)s)")
    parser.add_argument("--rows", type=int, default=200_000, help="rows of a table at most (%(default)s)")
    parser.add_argument("--effort", default="standard")
    parser.add_argument("--label", default="now", help="what is measured, such as a commit (%(default)s)")
    arguments = parser.parse_args()
    if not arguments.summary:
        if arguments.data is None:
            sys.exit("Name the folder of tables with --data.")
        around = circumstances(PACKAGES)
        for _ in range(arguments.rounds):
            for table in choose(load_index(arguments.data), arguments.tables):
                for limit in arguments.limits:
                    row = measure(arguments.data, table, limit, arguments.rows, arguments.effort)
                    append_row(arguments.out, {"label": arguments.label, **row, **around})
                    print(describe(row), flush=True)
    rows = read_rows(arguments.out)
    if not rows:
        sys.exit(f"There is nothing to sum up in {arguments.out}.")
    write_page(arguments.out, markdown(rows))


def measure(folder: Path, table: Table, limit: float, most_rows: int, effort: str) -> Row:
    """The seconds of one run, and what it gave."""
    data = pyarrow.parquet.read_table(folder / table.file).slice(0, most_rows)
    with tempfile.TemporaryDirectory() as place:
        source, run = Path(place) / "table.csv", Path(place) / "run"
        pyarrow.csv.write_csv(data, source)
        command = [sys.executable, "-m", "netable", "train", str(source), "--target", table.target]
        command += ["-o", str(run), "--effort", effort, *(["--time-limit", str(limit)] if limit else [])]
        busy, mine, began = busy_seconds(), child_seconds(), time.perf_counter()
        subprocess.run(command, check=True, capture_output=True, env=child_environment())
        seconds = time.perf_counter() - began
        own, busy_now = child_seconds() - mine, busy_seconds()
        results = json.loads((run / "metrics.json").read_text(encoding="utf-8"))
        has_report = (run / "report.html").is_file()
    metric = results["metric"]
    return {
        "table": table.name,
        "rows": results["rows"],
        "effort": effort,
        "limit": limit,
        "seconds": round(seconds, 2),
        "own_seconds": round(own, 2),
        "others": round((busy_now - busy - own) / seconds, 2) if busy and busy_now else None,
        "epochs": results["epochs"],
        "gain": 1 - results["valid"][metric] / results["baseline"][metric],
        "no_time_for": results.get("no_time_for", []),
        "has_report": has_report,
    }


def describe(row: Row) -> str:
    """One line."""
    limit = f"limit {row['limit']:g} s" if row["limit"] else "no limit"
    return f"{row['table']} ({row['rows']:,} rows), {limit}: {row['seconds']:.1f} s, others {row['others']}"


def markdown(rows: list[Row]) -> str:
    """The shortest run of each table and limit, for each label."""
    runs: dict[tuple[str, str, str, float], list[Row]] = defaultdict(list)
    for row in rows:
        runs[row["label"], row["effort"], row["table"], row["limit"]].append(row)
    shortest = [(len(some), min(some, key=lambda row: row["seconds"])) for some in runs.values()]
    head = ["code", "effort", "table", "limit, s", "rows", "seconds", "runs", "cores of others", "epochs"]
    head += ["better than a constant", "report", "parts left out"]
    return "\n".join(
        [
            "# Time limits from the shell",
            "",
            "`python -m benchmarks.speed.time_limit`: seconds from the start of the process to its end, the shortest "
            "of the runs, with the cores that other processes used meanwhile.",
            "",
            *describe_circumstances(rows),
            "",
            describe_versions(rows),
            "",
            markdown_table(head, _lines(shortest), words=3),
            "",
        ]
    )


def _lines(runs: Iterable[tuple[int, Row]]) -> Iterable[list[str]]:
    for count, row in runs:
        yield [
            row["label"],
            row["effort"],
            row["table"],
            f"{row['limit']:g}" if row["limit"] else "none",
            f"{row['rows']:,}",
            f"{row['seconds']:.1f}",
            str(count),
            "–" if row["others"] is None else f"{max(0.0, row['others']):.1f}",
            str(row["epochs"]),
            f"{row['gain']:.1%}",
            "yes" if row["has_report"] else "no",
            str(len(row["no_time_for"])),
        ]


if __name__ == "__main__":
    main()
