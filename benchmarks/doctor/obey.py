"""The doctor's remedies, done: held-out error with the setting that a verdict names, over that without it.

    python -m benchmarks.doctor.obey --data DIR [--rows 2500] [--seeds 1]
    python -m benchmarks.doctor.obey --summary

Each table is cut to so many rows, of which a fifth is held out, and fitted with the defaults of `fast`. Every setting
in the `try` of a verdict is then used alone, and the error (RMSE or log loss) on the rows held out is compared. Leakage
is left out: its remedy gives up the answer, which must cost.
"""

from __future__ import annotations

import argparse
import ast
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from benchmarks.doctor.cases import Case, cases, quiet
from benchmarks.measurements import (
    Row,
    append_row,
    circumstances,
    describe_circumstances,
    make_parser,
    read_rows,
    write_page,
)
from netable.config.settings import SETTINGS, config_from
from netable.errors import UserError
from netable.fit.fit import fit
from netable.model.model import Model

RESULTS = Path(__file__).parent / "results"
PACKAGES = ("torch", "numpy", "scikit-learn", "netable")
HELD_OUT = 0.2
# Their remedies are not meant to lower the error on such rows: they measure it, or give up the answer.
OTHER_AIMS = ("leakage", "grouped_rows", "time_order", "duplicate_rows", "drift")
# Of class weights and other losses, the plain error is not the aim either.
OTHER_ERRORS = ("class_weight", "loss")
# A smaller change may be chance.
NEUTRAL = 0.02


def main(words: Sequence[str] | None = None) -> None:
    """Measure what has no result yet, then sum up."""
    arguments = parse_arguments(words)
    if not arguments.summary:
        done = {(row["table"], row["seed"]) for row in read_rows(arguments.out)}
        for seed in range(arguments.seeds):
            for case in cases(arguments.data, rows=arguments.rows, seed=seed):
                if (case.name, seed) not in done:
                    append_row(arguments.out, measure(case) | circumstances(PACKAGES))
    write_page(arguments.out, markdown(read_rows(arguments.out)))


def parse_arguments(words: Sequence[str] | None = None) -> argparse.Namespace:
    """The options of the command line."""
    parser = make_parser(__doc__, data=True, out=RESULTS / "obey.jsonl")
    parser.add_argument("--rows", type=int, default=2500, metavar="N", help="rows of a table (%(default)s)")
    parser.add_argument("--seeds", type=int, default=1, metavar="N", help="cuts of each table (%(default)s)")
    return parser.parse_args(words)


def measure(case: Case) -> Row:
    """The verdicts on one table, and the ratio of errors with each of their settings."""
    held = np.random.default_rng(case.seed).random(len(case)) < HELD_OUT
    table, fresh = case.table.filter(pa.array(~held)), case.table.filter(pa.array(held))

    def fitted(**settings: Any) -> Model:
        config = {"target": case.target, "task": case.task, "effort": "fast", "seed": case.seed}
        with quiet():
            return fit(table, config_from(config | settings))

    def error(model: Model) -> float:
        with quiet():
            metrics = model.evaluate(fresh)["metrics"]
        return float(metrics["rmse" if case.task == "regression" else "log_loss"])

    model = fitted()
    row: Row = {"table": case.name, "seed": case.seed, "rows": len(case), "error": error(model), "obeyed": []}
    verdicts = model.diagnose()
    row["verdicts"] = [verdict.id for verdict in verdicts]
    for verdict in verdicts:
        for name, value in settings_in(verdict.try_):
            try:
                ratio = error(fitted(**{name: value})) / row["error"]
            except UserError as problem:
                row["obeyed"].append([verdict.id, name, value, str(problem)])
                continue
            row["obeyed"].append([verdict.id, name, value, round(ratio, 4)])
    print(case.name, row["verdicts"], row["obeyed"], flush=True)
    return row


def settings_in(remedy: str) -> Iterator[tuple[str, Any]]:
    """The settings of a remedy, in Python's syntax, with their values."""
    for name, text in re.findall(r"\b([a-z_]+)=(\[.*?\]|\"[^\"]*\"|[\d.,e+-]*\d)", remedy):
        if name in SETTINGS:
            yield name, ast.literal_eval(text)


def markdown(rows: Sequence[Row]) -> str:
    """The remedies by verdict, and how often they helped."""
    lines = [
        "# Remedies, done",
        "",
        f"{len(rows)} tables. Ratios of errors on held-out rows; below 1 the remedy helped.",
        "",
    ]
    lines += [
        "| verdict | setting | times | helped | neutral | hurt | ratios |",
        "|---|---|---:|---:|---:|---:|---|",
    ]
    found: dict[tuple[str, str], list[tuple[float, str]]] = {}
    for row in rows:
        for id_, name, _, ratio in row["obeyed"]:
            if isinstance(ratio, float):
                found.setdefault((id_, name), []).append((ratio, row["table"]))
    for (id_, name), ratios in sorted(found.items()):
        counts = [
            sum(ratio < 1 - NEUTRAL for ratio, _ in ratios),
            sum(abs(ratio - 1) <= NEUTRAL for ratio, _ in ratios),
            sum(ratio > 1 + NEUTRAL for ratio, _ in ratios),
        ]
        aim = " (another aim)" if id_ in OTHER_AIMS or name in OTHER_ERRORS else ""
        each = ", ".join(f"{table} {ratio:.3f}" for ratio, table in sorted(ratios))
        lines.append(f"| `{id_}`{aim} | `{name}` | {len(ratios)} | {' | '.join(map(str, counts))} | {each} |")
    return "\n".join([*lines, "", *describe_circumstances(rows)]) + "\n"


if __name__ == "__main__":
    main()
