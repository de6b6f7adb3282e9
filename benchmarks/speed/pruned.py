"""The error of a model with fewer networks of each stack, beside the whole one.

    python -m benchmarks.speed.pruned --data DIR [--only NAME …] [--rows 5000]
    python -m benchmarks.speed.pruned --data DIR --summary

A model with all defaults learns four fifths of each table, cut to `--rows` rows, and predicts the last fifth with all
networks, then with the first 4, 2 and 1 of each stack (`Model.pruned`). Errors are those of `benchmarks.quality`.
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.measurements import (
    Row,
    append_row,
    circumstances,
    describe_circumstances,
    describe_versions,
    make_parser,
    markdown_table,
    read_rows,
    write_page,
)
from benchmarks.quality.errors import class_error, regression_error
from benchmarks.tables import Split, Table, choose, load_index, split_table
from netable import NetClassifier, NetRegressor
from netable.model.model import Model

RESULTS = Path(__file__).parent / "results" / "pruned.jsonl"
PACKAGES = ("netable", "torch", "numpy")
TABLES = ("abalone", "kin8nm", "magic_gamma", "phoneme", "satimage")
MEMBERS = (4, 2, 1)


def main() -> None:
    """Measure, add the results to the file and sum up the latest run."""
    parser = make_parser(__doc__, data=True, out=RESULTS)
    parser.add_argument("--only", nargs="+", default=TABLES, metavar="NAME", help="(%(default)s)")
    parser.add_argument("--rows", type=int, default=5000, metavar="N", help="(%(default)s)")
    arguments = parser.parse_args()
    if not arguments.summary:
        around = circumstances(PACKAGES)
        for table in choose(load_index(arguments.data), arguments.only):
            split = split_table(arguments.data, table, rows=arguments.rows, seed=0)
            append_row(arguments.out, {"table": table.name, **measure(table, split), **around})
    rows = read_rows(arguments.out)
    if not rows:
        sys.exit(f"There is nothing to sum up in {arguments.out}.")
    write_page(arguments.out, markdown([row for row in rows if row["date"] == rows[-1]["date"]]))


def measure(table: Table, split: Split) -> Row:
    """The error on the test rows by the number of networks kept."""
    net: Any = (NetRegressor if table.task == "regression" else NetClassifier)(random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model: Model = net.fit(split.X, split.y).model_
        models = {"all": model} | {str(members): model.pruned(members) for members in MEMBERS}
        errors = {name: error_of(each, split) for name, each in models.items()}
    networks = [len(stack) for stack in model.net.counting()[0].stacks]
    return {
        "train_rows": len(split.X),
        "test_rows": len(split.X_test),
        "networks": networks,
        "errors": errors,
    }


def error_of(model: Model, split: Split) -> float:
    """The error on the test rows."""
    outcome = model.outcome(split.X_test)
    return (
        class_error(split.y_test, outcome) if split.labels else regression_error(split.y_test, outcome[:, 0])
    )


def markdown(rows: list[Row]) -> str:
    """Errors of a run, those of fewer networks in relation to the whole model."""
    lines = []
    for row in rows:
        whole = row["errors"]["all"]
        changes = [f"{row['errors'][str(members)] / whole - 1:+.1%}" for members in MEMBERS]
        networks = " + ".join(map(str, row["networks"]))
        lines.append([row["table"], f"{row['train_rows']:,}", networks, f"{whole:.4f}", *changes])
    factors = [[row["errors"][str(members)] / row["errors"]["all"] for row in rows] for members in MEMBERS]
    means = [f"{np.exp(np.mean(np.log(factor))) - 1:+.1%}" for factor in factors]
    lines.append(["geometric mean", "", "", "", *means])
    head = [
        "table",
        "training rows",
        "networks",
        "error of all",
        *(f"first {members}" for members in MEMBERS),
    ]
    return "\n".join(
        [
            "# Models with fewer networks",
            "",
            "`python -m benchmarks.speed.pruned`: errors on test rows with the first networks of each stack, in "
            "relation to those of the whole model. Regression: RMSE over the deviation of the target; two classes: "
            "1 - ROC AUC; more: log loss. One split.",
            "",
            *describe_circumstances(rows),
            "",
            describe_versions(rows),
            "",
            markdown_table(head, lines),
            "",
        ]
    )


if __name__ == "__main__":
    main()
