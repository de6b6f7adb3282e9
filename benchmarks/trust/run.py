"""Metrics, probabilities and intervals on fresh rows: learned from one half of a table, checked on the other.

    python -m benchmarks.trust.run --data DIR [--only NAME …] [--rows 4000] [--splits 2] [--effort fast]
    python -m benchmarks.trust.run --summary

At most `--rows` rows of each table are drawn and split in two at random, stratified for classes. The summary is written
beside the results, together with what seeds.py measured.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.model_selection import train_test_split

from benchmarks.measurements import Row, append_row, circumstances, make_parser, read_rows, write_page
from benchmarks.tables import Table, choose, load_index
from benchmarks.trust.scores import (
    brier,
    calibration_error,
    coverages,
    in_standard_errors,
    row_losses,
    single_outcomes,
    without_temperature,
)
from benchmarks.trust.summary import markdown
from netable.config.settings import Settings
from netable.errors import DataWarning
from netable.fit.fit import fit
from netable.model.intervals import MEASURED
from netable.model.model import Model
from netable.table.reading.read import read

RESULTS = Path(__file__).parent / "results" / "trust.jsonl"
PACKAGES = ("torch", "numpy", "scikit-learn", "netable")


def main(words: Sequence[str] | None = None) -> None:
    """Measure what is missing, then sum up."""
    arguments = parse_arguments(words)
    if not arguments.summary:
        warnings.simplefilter("ignore", DataWarning)
        done = {(row["table"], row["split"]) for row in read_rows(arguments.out) if "table" in row}
        for split in range(arguments.splits):
            for table in choose(load_index(arguments.data), arguments.only):
                if (table.name, split) not in done:
                    append_row(arguments.out, measure(arguments, table, split))
    write_page(arguments.out, markdown(read_rows(arguments.out)))


def parse_arguments(words: Sequence[str] | None = None) -> argparse.Namespace:
    """The options of the command line."""
    parser = make_parser(__doc__, data=True, out=RESULTS)
    parser.add_argument("--only", nargs="+", metavar="NAME", help="these tables alone")
    parser.add_argument("--rows", type=int, default=4000, metavar="N", help="rows of a table (%(default)s)")
    parser.add_argument("--splits", type=int, default=2, metavar="N", help="of each table (%(default)s)")
    parser.add_argument("--effort", default="fast", help="as for netable train (%(default)s)")
    return parser.parse_args(words)


def measure(arguments: argparse.Namespace, table: Table, split: int) -> Row:
    """One fit on half of a table, beside the other half."""
    started = time.perf_counter()
    frame = pd.read_parquet(arguments.data / table.file).dropna(subset=[table.target])
    frame = frame.sample(min(arguments.rows, len(frame)), random_state=split)
    if table.task != "regression":  # a class of a single row cannot be on both sides
        counts = frame[table.target].value_counts()
        frame = frame[frame[table.target].map(counts).astype(int) >= 2]
    learned, fresh = train_test_split(
        frame,
        test_size=0.5,
        random_state=split,
        stratify=None if table.task == "regression" else frame[table.target],
    )
    config = Settings(target=table.target, task=table.task, effort=arguments.effort, seed=split)
    model = fit(read(learned), config)
    row: Row = {"table": table.name, "task": table.task, "split": split, "effort": arguments.effort}
    row |= {"rows": len(learned), "members": model.results["members"]}
    row |= compare_halves(model, learned, fresh)
    row["seconds"] = round(time.perf_counter() - started, 2)
    print(f"{table.name}, split {split}: {row['in_errors']:+.1f} standard errors", flush=True)
    return row | circumstances(PACKAGES)


def compare_halves(model: Model, learned: pd.DataFrame, fresh: pd.DataFrame) -> Row:
    """The model's own estimates, and the same scores on fresh rows."""
    task = model.task
    y, y_fresh = (answers(model, rows) for rows in (learned, fresh))
    deviation = float(y.std()) if task == "regression" else 1.0
    judged, outcome = out_of_fold(model)
    promised = row_losses(task, outcome, y[judged], deviation)
    by_member = [row_losses(task, one, y_fresh, deviation) for one in single_outcomes(model, fresh)]
    single = np.mean(by_member, axis=0)
    whole = row_losses(task, model.outcome(fresh), y_fresh, deviation)
    row: Row = {
        "out_of_fold": float(promised.mean()),
        "fresh_single": float(single.mean()),
        "fresh": float(whole.mean()),
        "in_errors": in_standard_errors(promised, single),
        "model_in_errors": in_standard_errors(promised, whole),
    }
    if task == "regression":
        told = model.results["intervals"]
        row["promised"] = {level: figures["coverage"] for level, figures in told.items()}
        return row | {"coverage": coverages(model, fresh, y_fresh, MEASURED)}
    before, after = without_temperature(model).outcome(fresh), model.outcome(fresh)
    for name, said in (("before", before), ("after", after)):
        row[name] = {
            "log_loss": float(row_losses(task, said, y_fresh).mean()),
            "brier": brier(said, y_fresh),
            "ece": calibration_error(said, y_fresh),
        }
    return row | {"temperature": model.results["temperature"]}


def answers(model: Model, frame: pd.DataFrame) -> NDArray[Any]:
    """The targets of rows: numbers, or codes of classes."""
    y = model.target.encode(model.read(frame, labelled=True))
    return y[:, 0] if model.task == "regression" else y


def out_of_fold(model: Model) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The rows that were judged, and what was said of each by networks that had not seen it."""
    table = model.out_of_fold
    assert table is not None
    names = [name for name in table.column_names if name.startswith("proba_")] or ["prediction"]
    judged = np.flatnonzero(table.column("fold").is_valid().to_numpy(zero_copy_only=False))
    return judged, np.stack([table.column(name).to_numpy()[judged] for name in names], 1)


if __name__ == "__main__":
    main()
