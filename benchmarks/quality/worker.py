"""One method on one split of one table; the quality benchmark starts it as a process.

The clock runs over `fit` and over prediction, including a method's preparation. Imports, also lazy ones, and reading
the file are not counted.
"""

from __future__ import annotations

import argparse
import json
import time
import warnings
from pathlib import Path

import pandas as pd
from sklearn.utils.validation import check_array

from benchmarks.measurements import Row
from benchmarks.quality.errors import all_classes, class_error, regression_error
from benchmarks.quality.peers import METHODS
from benchmarks.tables import Split, Table, load_index, split_table


def main() -> None:
    """Measure what the arguments say and write the figures, or the reason why there are none."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--table", required=True)
    parser.add_argument("--method", required=True)
    parser.add_argument("--split", type=int, required=True)
    parser.add_argument("--rows", type=int, required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--answer", type=Path, required=True)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    table = next(table for table in load_index(arguments.data) if table.name == arguments.table)
    try:
        split = split_table(arguments.data, table, rows=arguments.rows, seed=arguments.split)
        answer = measure(arguments.method, split, table, threads=arguments.threads)
    except Exception as failure:  # whatever a method fails with is its result
        lines = str(failure).strip().splitlines()
        answer = {"failure": f"{type(failure).__name__}: {lines[0] if lines else ''}"[:300]}
    arguments.answer.write_text(json.dumps(answer), encoding="utf-8")


def measure(method: str, split: Split, table: Table, *, threads: int) -> Row:
    """The error of a method, and what it took."""
    model = METHODS[method].make(table.task, threads)
    check_array(pd.DataFrame({"x": [0.0]}))  # scikit-learn imports what reads frames when it meets the first
    started = time.perf_counter()
    model.fit(split.X, split.y)
    fitted = time.perf_counter()
    classes = table.task != "regression"
    prediction = model.predict_proba(split.X_test) if classes else model.predict(split.X_test)
    predicted = time.perf_counter()
    if classes:
        error = class_error(split.y_test, all_classes(prediction, model.classes_, len(split.labels)))
    else:
        error = regression_error(split.y_test, prediction)
    return {
        "train_rows": len(split.X),
        "test_rows": len(split.X_test),
        "columns": split.X.shape[1],
        "error": round(error, 6),
        "fit_seconds": round(fitted - started, 4),
        "predict_seconds": round(predicted - fitted, 4),
        "failure": None,
    }


if __name__ == "__main__":
    main()
