"""Detection rate and false alarms of the doctor's verdicts.

    python -m benchmarks.doctor.run [--data DIR] [--tables 10] [--rows 1200] [--only ID …] [--healthy-tables N]
    python -m benchmarks.doctor.run --summary

Without DIR, small tables of scikit-learn are used. Each way to provoke a problem (training.py, data.py) is run on ten
tables that can have it, spread over the tasks; each clean way to train is run on all tables. A problem counts as
detected if the run has the verdict of its id, or ends with a `TrainingError`, which says the same at once. A false
alarm is any verdict on a clean run that is not true of its table (TRUE in data.py).
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from benchmarks.doctor import data as doctor_data
from benchmarks.doctor.cases import Case, Provocation, cases
from benchmarks.doctor.training import HEALTHY, PROVOCATIONS
from benchmarks.measurements import Row, append_row, circumstances, make_parser, read_rows, write_page
from netable.errors import TrainingError, UserError

RESULTS = Path(__file__).parent / "results"
PACKAGES = ("torch", "numpy", "scikit-learn", "netable")


def main(words: Sequence[str] | None = None) -> None:
    """Run what has no result yet, then sum up."""
    arguments = parse_arguments(words)
    if not arguments.summary:
        tables = list(cases(arguments.data, rows=arguments.rows))
        done = {(row["table"], row["case"]) for row in read_rows(arguments.out)}
        for name, provocation in (PROVOCATIONS | doctor_data.PROVOCATIONS).items():
            if provocation.id not in (arguments.only or [provocation.id]):
                continue
            for case in spread([case for case in tables if provocation.fits(case)], arguments.tables):
                if (case.name, name) not in done:
                    append_row(arguments.out, measure(case, name, provocation))
        for case in tables[: 0 if arguments.only else arguments.healthy_tables]:
            for name, run in (HEALTHY | doctor_data.HEALTHY).items():
                if (case.name, name) not in done:
                    append_row(arguments.out, measure(case, name, Provocation("", run)))
    text = markdown(read_rows(arguments.out), doctor_data.KNOWN)
    write_page(arguments.out, text)


def parse_arguments(words: Sequence[str] | None = None) -> argparse.Namespace:
    """The options of the command line."""
    parser = make_parser(__doc__, data=True, out=RESULTS / "doctor.jsonl")
    parser.add_argument("--tables", type=int, default=10, metavar="N", help="to provoke on (%(default)s)")
    parser.add_argument("--healthy-tables", type=int, metavar="N", help="to train healthily on (all)")
    parser.add_argument("--rows", type=int, default=1200, metavar="N", help="rows of a table (%(default)s)")
    parser.add_argument("--only", nargs="+", metavar="ID", help="provoke these alone")
    return parser.parse_args(words)


def spread(tables: Sequence[Case], count: int) -> list[Case]:
    """So many tables, of each task in turn."""
    by_task = [
        [case for case in tables if case.task == task] for task in ("regression", "binary", "multiclass")
    ]
    longest = max(map(len, by_task))
    return [own[i] for i in range(longest) for own in by_task if i < len(own)][:count]


def measure(case: Case, name: str, provocation: Provocation) -> Row:
    """One run, and what the doctor said of it."""
    started = time.perf_counter()
    row: Row = {"table": case.name, "task": case.task, "rows": len(case), "case": name}
    row |= {"expected": provocation.id or None, "found": [], "serious": [], "error": None}
    try:
        verdicts = provocation.run(case)
        row["found"] = [verdict.id for verdict in verdicts]
        row["serious"] = [verdict.id for verdict in verdicts if verdict.severity == "serious"]
        row["said"] = [verdict.seen for verdict in verdicts]
    except UserError as error:
        row["error"] = f"{type(error).__name__}: {error}"
    row["seconds"] = round(time.perf_counter() - started, 2)
    print(f"{case.name}, {name}: {row['error'] or ', '.join(row['found']) or 'nothing'}", flush=True)
    return row | circumstances(PACKAGES)


def was_found(row: Row) -> bool:
    """Return True if a verdict or a `TrainingError` named the problem."""
    said_at_once = str(row["error"]).startswith(f"{TrainingError.__name__}:")
    return row["expected"] in row["found"] or said_at_once


def markdown(rows: Sequence[Row], known: dict[str, set[str]]) -> str:
    """Both shares, by id and by way."""
    sick = [row for row in rows if row["expected"]]
    healthy = [row for row in rows if not row["expected"] and not row["error"]]
    lines = ["# How well the doctor sees", ""]
    if sick:
        lines += [f"Found: {_share(map(was_found, sick))} of {len(sick)} provoked sicknesses.", ""]
        lines += ["| id | provoked by | found | named by |", "|---|---|---|---|"]
        for name in dict.fromkeys(row["case"] for row in sick):
            own = [row for row in sick if row["case"] == name]
            errors = sum(bool(row["error"]) for row in own)
            by = "verdicts" if not errors else f"verdicts, {errors} times an error at once"
            lines.append(
                f"| `{own[0]['expected']}` | {name} | {sum(map(was_found, own))} of {len(own)} | {by} |"
            )
        lines.append("")
    if healthy:
        alarms = [
            sorted(
                set(row["found"])
                - known.get(row["table"], set())
                - known.get(f"{row['table']}, {row['case']}", set())
            )
            for row in healthy
        ]
        lines += [
            f"False alarms: {_share(map(bool, alarms))} of {len(healthy)} healthy runs had any verdict that is not "
            "true of its table.",
            "",
            "| id | healthy runs | tables |",
            "|---|---|---|",
        ]
        for id_, count in Counter(alarm for own in alarms for alarm in own).most_common():
            tables = dict.fromkeys(
                row["table"] for row, own in zip(healthy, alarms, strict=True) if id_ in own
            )
            lines.append(f"| `{id_}` | {count} | {', '.join(tables)} |")
    return "\n".join(lines) + "\n"


def _share(found: Iterable[bool]) -> str:
    values = list(found)
    return f"{sum(values) / len(values):.1%}"


if __name__ == "__main__":
    main()
