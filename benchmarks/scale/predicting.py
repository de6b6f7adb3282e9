"""Where `netable predict` spends its time on a large table, in microseconds of the processor for each row.

netable train trips.parquet --target fare -o runs/trips
python -m benchmarks.scale.predicting runs/trips/model.netable trips.parquet --rows 200000
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import process_time

from benchmarks.measurements import Row, append_row, circumstances, make_parser
from netable import load
from netable.cli.tables import table_writer
from netable.compute.threads import torch_threads
from netable.table.reading.read import read_beside

RESULTS = Path(__file__).parent / "results" / "predicting.jsonl"


def main(arguments: list[str] | None = None) -> None:
    """Measure, and append a line to the results."""
    options = read_arguments(arguments)
    with torch_threads(1):
        found = measure(options)
    print(json.dumps(found))
    append_row(options.out, circumstances(("netable", "torch", "numpy", "pyarrow"), threads=1) | found)


def read_arguments(arguments: list[str] | None) -> argparse.Namespace:
    """The options."""
    parser = make_parser(__doc__, out=RESULTS)
    parser.add_argument("model", type=Path)
    parser.add_argument("table", type=Path)
    parser.add_argument("--rows", type=int, default=200_000, help="the first ones, to the end of a piece")
    return parser.parse_args(arguments)


def measure(options: argparse.Namespace) -> Row:
    """Predict piece by piece, as the command does without options, and time what is done with each."""
    model, spent, rows = load(options.model), defaultdict[str, float](float), 0
    storage = model.schema.storage

    @contextmanager
    def timed(phase: str) -> Iterator[None]:
        began = process_time()
        yield
        spent[phase] += process_time() - began

    pieces = read_beside([str(options.table)], [], storage=storage, used=set(storage))
    with tempfile.TemporaryDirectory() as folder, table_writer(Path(folder) / "out.parquet") as write:
        while rows < options.rows:
            with timed("read"):
                piece = next(pieces, None)
            if not piece:
                break
            with timed("encode"):
                encoded = model.encode(piece[0], warns=False)
            with timed("networks"):
                predicted = model.predict_encoded(encoded)
            with timed("guard"):
                guard = model.guard_of(encoded)
                _ = guard and guard.counts
            with timed("write"):
                write(predicted)
            rows += predicted.num_rows
    each = {phase: round(seconds / rows * 1e6, 2) for phase, seconds in spent.items()}
    return {"rows": rows, "networks": len(model.net), "microseconds_a_row": each}


if __name__ == "__main__":
    main()
