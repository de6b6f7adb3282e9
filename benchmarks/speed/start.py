"""Seconds from the shell to a saved model and its report for small tables, and from a loaded model to the prediction of
a row.

    python -m benchmarks.speed.start --data DIR [--rounds 3] [--tables german_credit] [--efforts fast standard]
    python -m benchmarks.speed.start --summary

Each table is written as a CSV, on which `netable train` runs in a process of its own. The model is saved before the
report is written. Seconds of processor are those of all threads. Other processes lengthen everything, seconds of
processor too, so the cores that they used are measured, and the summary takes the least of all rounds. A row is
predicted 200 times as a dict and as a frame of one row; the median counts, and the least beside it.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from statistics import median

import pandas as pd
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

RESULTS = Path(__file__).parent / "results" / "start.jsonl"
TABLES = ("german_credit", "titanic", "concrete")
PACKAGES = ("netable", "torch", "numpy", "pyarrow", "matplotlib")
IMPORTS = {
    "the terminal": "netable.cli.app",
    "training": "netable.cli.app, netable.fit.fit",
    "torch": "torch",
}
TIMES = 200


def main() -> None:
    """Measure, add the results to the file and sum them up."""
    parser = make_parser(__doc__, data=True, out=RESULTS)
    parser.add_argument("--tables", nargs="*", default=TABLES, help="names of the index")
    parser.add_argument("--efforts", nargs="*", default=["fast", "standard"])
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="(%(default)s)")
    parser.add_argument("--label", default="now", help="what is measured, such as a commit (%(default)s)")
    arguments = parser.parse_args()
    if not arguments.summary:
        if arguments.data is None:
            sys.exit("Name the folder of tables with --data.")
        around = {"label": arguments.label, **circumstances(PACKAGES)}
        for _ in range(arguments.rounds):
            for row in measure_all(arguments.data, arguments.tables, arguments.efforts):
                append_row(arguments.out, {**row, **around})
                print(", ".join(f"{name} {value}" for name, value in row.items()), flush=True)
    rows = read_rows(arguments.out)
    if not rows:
        sys.exit(f"There is nothing to sum up in {arguments.out}.")
    write_page(arguments.out, markdown(rows))


def measure_all(folder: Path, tables: list[str], efforts: list[str]) -> Iterable[Row]:
    """One round: imports, then every table with every effort."""
    timed([sys.executable, "-c", "import netable.fit.fit, netable.report"])  # compiles them
    for what, modules in IMPORTS.items():
        yield {"kind": "import", "what": what, **timed([sys.executable, "-c", f"import {modules}"])}
    for table in choose(load_index(folder), tables):
        for effort in efforts:
            yield from measure(folder, table, effort)


def measure(folder: Path, table: Table, effort: str) -> Iterable[Row]:
    """One training, and predictions of a row by its model."""
    data = pyarrow.parquet.read_table(folder / table.file)
    with tempfile.TemporaryDirectory() as place:
        source, run = Path(place) / "table.csv", Path(place) / "run"
        pyarrow.csv.write_csv(data, source)
        command = [sys.executable, "-m", "netable", "train", str(source), "--target", table.target]
        began = time.time()
        found = timed([*command, "-o", str(run), "--effort", effort])
        saved = (run / "model.netable").stat().st_mtime - began
        about = {"table": table.name, "rows": data.num_rows, "effort": effort}
        yield {"kind": "train", **about, "to_model": round(saved, 2), **found}
        yield {"kind": "predict", **about, **predictions(run / "model.netable", data.slice(0, 1).to_pandas())}


def timed(command: list[str]) -> Row:
    """Seconds of a process, of the processor for it, and the cores that others used meanwhile."""
    busy, mine, began = busy_seconds(), child_seconds(), time.perf_counter()
    subprocess.run(command, check=True, capture_output=True, env=environment())
    seconds, own, busy_now = time.perf_counter() - began, child_seconds() - mine, busy_seconds()
    others = round(max(0.0, busy_now - busy - own) / seconds, 2) if busy and busy_now else None
    return {"seconds": round(seconds, 2), "own_seconds": round(own, 2), "others": others}


def environment() -> dict[str, str]:
    """That of a child which may keep compiled modules, as an installed package has them."""
    return {name: value for name, value in child_environment().items() if name != "PYTHONDONTWRITEBYTECODE"}


def predictions(path: Path, row: pd.DataFrame) -> Row:
    """The median microseconds of the prediction of a row, as a dict and as a frame."""
    from netable import load

    model, cells = load(path), row.iloc[0].to_dict()
    return microseconds("dict", lambda: model.predict(cells)) | microseconds(
        "frame", lambda: model.predict(row)
    )


def microseconds(name: str, action: Callable[[], object]) -> Row:
    """The median and the least of many times, after a first that does not count."""
    found = []
    for _ in range(1 + TIMES):
        began = time.perf_counter()
        action()
        found.append(time.perf_counter() - began)
    return {name: round(1e6 * median(found[1:]), 1), f"{name}_least": round(1e6 * min(found[1:]), 1)}


def markdown(rows: list[Row]) -> str:
    """The least of all rounds for each label."""
    imports = ["code", "imports of", "seconds", "of processor", "cores of others", "rounds"]
    trained = ["code", "table", "effort", "rows", "s to the model", "s to the report", "of processor"]
    trained += ["cores of others", "rounds"]
    predicted = ["code", "table", "effort", "dict, µs", "least", "frame, µs", "least", "rounds"]
    return "\n".join(
        [
            "# From the shell to a model, and to a prediction",
            "",
            "`python -m benchmarks.speed.start`: the least of the rounds, each figure by itself; of the cores that "
            "other processes used, the fewest.",
            "",
            *describe_circumstances(rows),
            "",
            describe_versions(rows),
            "",
            markdown_table(
                imports, _lines(rows, "import", ["what"], ["seconds", "own_seconds", "others"]), words=2
            ),
            "",
            markdown_table(
                trained,
                _lines(
                    rows,
                    "train",
                    ["table", "effort", "rows"],
                    ["to_model", "seconds", "own_seconds", "others"],
                ),
                words=3,
            ),
            "",
            markdown_table(
                predicted,
                _lines(rows, "predict", ["table", "effort"], ["dict", "dict_least", "frame", "frame_least"]),
                words=3,
            ),
            "",
        ]
    )


def _lines(rows: list[Row], kind: str, names: list[str], figures: list[str]) -> Iterable[list[str]]:
    groups: dict[tuple[str, ...], list[Row]] = defaultdict(list)
    for row in rows:
        if row["kind"] == kind:
            groups[tuple(str(row[name]) for name in ["label", *names])].append(row)
    for words, group in groups.items():
        least = [
            min((row[figure] for row in group if row[figure] is not None), default=None) for figure in figures
        ]
        yield [*words, *("–" if value is None else f"{value:g}" for value in least), str(len(group))]


if __name__ == "__main__":
    main()
