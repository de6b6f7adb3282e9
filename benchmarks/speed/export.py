"""Predictions of an exported model in onnxruntime and in C beside those of the model: one row, and a million.

    python -m benchmarks.speed.export [--rounds 7] [--many 1000000] [--quick]
    python -m benchmarks.speed.export --summary

The default classifier on 30 columns of numbers, trained on 2,000 rows, whole and with the first two networks of each
stack. All predict the same float64 array, in every round one after the other, in changing order; the clock covers what
a caller does, so for onnxruntime also the columns that it is fed, and for C the call by ctypes. In onnxruntime one
thread computes a call, and many rows are fed in parts of `--part` rows by a thread for each core; C is compiled with
`gcc -O3 -march=native` and computes in one thread.
"""

from __future__ import annotations

import ctypes
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

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
from netable import NetClassifier
from netable.config.exports import EXPORT_FORMS
from netable.model.file import save
from netable.system.machine import usable_cores

RESULTS = Path(__file__).parent / "results" / "export.jsonl"
PACKAGES = ("netable", "torch", "numpy", "onnxruntime")
COLUMNS, TRAINING_ROWS = 30, 2000
# The networks that the smaller model keeps of each stack.
KEPT = 2
NAMES = {"onnx": "onnxruntime", "c": "C", "torch": "torch"}
MANY = """
#define NETABLE_DECLARATIONS
#include "m.c"
#include <string.h>

void many(const struct row *rows, double *probabilities, int count)
{
    struct outcome outcome;
    int i;

    for (i = 0; i < count; i++) {
        predict(rows + i, &outcome);
        memcpy(probabilities + 2 * i, outcome.probabilities, sizeof outcome.probabilities);
    }
}
"""
Predict = Callable[[NDArray[np.float64]], object]


def main() -> None:
    """Measure, add the results to the file and sum up the latest run."""
    parser = make_parser(__doc__, out=RESULTS)
    parser.add_argument("--rounds", type=int, default=7, metavar="N", help="(%(default)s)")
    parser.add_argument("--many", type=int, default=1_000_000, metavar="ROWS", help="many rows (%(default)s)")
    parser.add_argument("--part", type=int, default=512, metavar="ROWS", help="fed at once (%(default)s)")
    parser.add_argument("--quick", action="store_true", help="a tiny size, to see that everything works")
    parser.add_argument("--summary", action="store_true", help="sum up the latest run, measure nothing")
    arguments = parser.parse_args()
    if not arguments.summary:
        many = 10_000 if arguments.quick else arguments.many
        measure(arguments.out, rounds=arguments.rounds, many=many, part=arguments.part, quick=arguments.quick)
    rows = read_rows(arguments.out)
    if not rows:
        sys.exit(f"There is nothing to sum up in {arguments.out}.")
    write_page(arguments.out, markdown([row for row in rows if row["date"] == rows[-1]["date"]]))


def measure(out: Path, *, rounds: int, many: int, part: int, quick: bool) -> None:
    """One line for each way to predict and number of rows."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((TRAINING_ROWS, COLUMNS))
    net = NetClassifier(max_epochs=2, folds=2) if quick else NetClassifier()
    net.fit(X, X[:, 0] + rng.standard_normal(len(X)) > 0)
    ways: dict[str, Predict] = {}
    sizes: dict[str, int] = {}
    with tempfile.TemporaryDirectory() as name:
        for kept, model in (("", net.model_), (f", {KEPT} a stack", net.model_.pruned(KEPT))):
            folder = Path(name) / f"of{len(model.net)}"
            folder.mkdir()
            save(model, folder / "m.netable")
            exports = {form: model.export(folder / f"m.{form}", form) for form in EXPORT_FORMS}
            session, library = onnx_session(folder / "m.onnx"), compiled(folder)
            ways |= {
                f"netable{kept}": model.predict_proba,
                f"onnxruntime{kept}": partial(by_export, session, part=part),
                f"C{kept}": partial(by_c, library),
            }
            sizes |= {f"netable{kept}": (folder / "m.netable").stat().st_size}
            sizes |= {f"{NAMES[form]}{kept}": exported.size for form, exported in exports.items()}
            difference = max(each.proof.largest_difference for each in exports.values() if each.proof)
    around = circumstances(PACKAGES)
    table = rng.standard_normal((many, COLUMNS))
    for rows, repeats in ((table[:1], 20 if quick else 500), (table, 1)):
        for way, seconds in side_by_side(ways, rows, rounds, repeats).items():
            row = {"way": way, "rows": len(rows), "seconds": seconds, "median": median(seconds), "part": part}
            facts = {"bytes": sizes[way], "sizes": sizes, "largest_difference": difference}
            append_row(out, {**row, **facts, **around})


def onnx_session(path: Path) -> Any:
    """A session in which one thread computes a call."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def by_export(session: Any, rows: NDArray[np.float64], *, part: int) -> list[NDArray[np.float64]]:
    """Probabilities from an exported model, part by part, in as many threads as there are cores."""
    names = [each.name for each in session.get_inputs()]

    def predict(start: int) -> NDArray[np.float64]:
        columns = np.ascontiguousarray(rows[start : start + part].T)[:, :, None]
        feeds = dict(zip(names, columns, strict=True))
        found: NDArray[np.float64] = session.run(["probabilities"], feeds)[0]
        return found

    starts = range(0, len(rows), part)
    if len(starts) == 1:
        return [predict(0)]
    with ThreadPoolExecutor(usable_cores()) as threads:
        return list(threads.map(predict, starts))


def compiled(folder: Path) -> Any:
    """The C file m.c of a folder as a library with a function for many rows."""
    (folder / "many.c").write_text(MANY)
    command = [
        "gcc",
        "-std=c99",
        "-O3",
        "-march=native",
        "-shared",
        "-fPIC",
        "-o",
        "m.so",
        "many.c",
        "m.c",
        "-lm",
    ]
    subprocess.run(command, cwd=folder, check=True)
    return ctypes.CDLL(str(folder / "m.so"))


def by_c(library: Any, rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Probabilities from the C file; a row of numbers alone is its `struct row`."""
    found = np.empty((len(rows), 2))
    pointers = (ctypes.c_void_p(array.ctypes.data) for array in (rows, found))
    library.many(*pointers, len(rows))
    return found


def side_by_side(
    ways: dict[str, Predict], rows: NDArray[np.float64], rounds: int, repeats: int
) -> dict[str, list[float]]:
    """Seconds of each way in each round, the median of the repeats."""
    found: dict[str, list[float]] = {way: [] for way in ways}
    for number in range(rounds):
        order = list(ways) if number % 2 == 0 else list(ways)[::-1]
        for way in order:
            ways[way](rows[:1000])
            seconds = []
            for _ in range(repeats):
                started = time.perf_counter()
                ways[way](rows)
                seconds.append(time.perf_counter() - started)
            found[way].append(median(seconds))
    return found


def markdown(rows: list[Row]) -> str:
    """The medians of a run."""
    lines = [
        [
            row["way"],
            f"{row['rows']:,}",
            f"{row['median'] * 1e6:,.0f} µs" if row["rows"] == 1 else f"{row['median']:.2g} s",
            f"{row['rows'] / row['median']:,.0f}",
            f"{row['bytes'] / 1e6:.2f}",
        ]
        for row in rows
    ]
    return "\n".join(
        [
            "# An exported model beside its model",
            "",
            "`python -m benchmarks.speed.export`: medians over the rounds. The largest difference of a probability is "
            f"{rows[0]['largest_difference']:.0e}.",
            "",
            "Size in MB of each form: "
            + "; ".join(f"{form} {size / 1e6:.2f}" for form, size in rows[0]["sizes"].items())
            + ".",
            "",
            *describe_circumstances(rows),
            "",
            describe_versions(rows),
            "",
            markdown_table(["computed by", "rows", "time", "rows / s", "file, MB"], lines, words=1),
            "",
        ]
    )


if __name__ == "__main__":
    main()
