"""LightGBM on the rows of a large table that fit into memory, beside networks that learn from all of them.

    python -m benchmarks.scale.boosted --rows 1000000

It learns from the first rows that `benchmarks.scale.rows` makes, which are as good as any, encoded as networks get
them, categories as such. A tenth of them stops the boosting. Held-out rows are those of `benchmarks.scale.measure`.
"""

from __future__ import annotations

import argparse
import json
import resource
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np
import pyarrow as pa

from benchmarks.measurements import append_row, circumstances, make_parser
from benchmarks.scale import rows
from netable.table.encode import Encoder
from netable.table.reading.read import read
from netable.table.schema import Schema

RESULTS = Path(__file__).parent / "results" / "boosted.jsonl"
PARAMETERS: dict[str, Any] = {"objective": "regression", "learning_rate": 0.1, "seed": 0, "verbose": -1}
MOST_ROUNDS, PATIENCE = 2_000, 30


def main(arguments: list[str] | None = None) -> None:
    """Train, and append a line to the results."""
    import lightgbm

    options = read_arguments(arguments)
    parameters = PARAMETERS | {"num_leaves": options.leaves}
    table = read(rows.first(options.rows))
    schema, selected = Schema.infer(table, exclude=[rows.TARGET])
    encoder = Encoder.learn(schema, selected)
    x, y = matrix(encoder, table), table.column(rows.TARGET).to_numpy()
    del table, selected
    began, judging = process_time(), len(y) // 10
    categories = [*range(encoder.d_num, x.shape[1])]
    data = lightgbm.Dataset(x[judging:], y[judging:], categorical_feature=categories)
    valid = lightgbm.Dataset(x[:judging], y[:judging], reference=data)
    stop = lightgbm.early_stopping(PATIENCE, verbose=False)
    booster = lightgbm.train(parameters, data, MOST_ROUNDS, valid_sets=[valid], callbacks=[stop])
    seconds, held = process_time() - began, rows.held_out()
    off = booster.predict(matrix(encoder, held)) - held.column(rows.TARGET).to_numpy()
    found = {
        "rows": options.rows,
        "leaves": options.leaves,
        "rounds": booster.best_iteration,
        "rmse": float(np.sqrt(np.mean(off**2))),
        "seconds": seconds,
        "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3,
    }
    print(json.dumps(found))
    append_row(options.out, circumstances(("lightgbm", "numpy")) | found)


def read_arguments(arguments: list[str] | None) -> argparse.Namespace:
    """The options."""
    parser = make_parser(__doc__, out=RESULTS)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--leaves", type=int, default=255)
    return parser.parse_args(arguments)


def matrix(encoder: Encoder, table: pa.Table) -> np.ndarray:
    """Numbers and codes of rows, side by side."""
    selected = encoder.schema.select(read(table), known_extra=table.column_names)
    encoded = encoder.encode(selected)
    return np.concatenate([encoded.numbers, encoded.codes.astype(np.float32)], 1)


if __name__ == "__main__":
    main()
