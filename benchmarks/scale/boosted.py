"""LightGBM on the rows of a large table that fit into memory, beside networks that learn from all of them.

    python -m benchmarks.scale.boosted --rows 1000000 --categories means

It learns from the first rows that `benchmarks.scale.rows` makes, which are as good as any. Numbers and dates are
encoded as networks get them. Categories are native ones, the numbers of their levels, or means of the target, which
scikit-learn's TargetEncoder learns out of fold. A tenth of the rows stops the boosting. Held-out rows are those of
`benchmarks.scale.measure`. One thread is the default: on a busy machine, threads of OpenMP mostly wait for each other.
`--summary` sums up what was measured.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, process_time
from typing import Any

import numpy as np
import pyarrow as pa

from benchmarks.measurements import (
    Row,
    append_row,
    circumstances,
    make_parser,
    markdown_table,
    read_rows,
    write_page,
)
from benchmarks.scale import rows
from netable.table.encode import Encoder
from netable.table.reading.read import read
from netable.table.schema import Schema

RESULTS = Path(__file__).parent / "results" / "boosted.jsonl"
PARAMETERS: dict[str, Any] = {"objective": "regression", "learning_rate": 0.1, "seed": 0, "verbose": -1}
PATIENCE = 30
# The loss of judging rows is kept after so many rounds.
KEPT_ROUNDS = tuple(100 * 2**i for i in range(6))


def main(arguments: list[str] | None = None) -> None:
    """Train, and append a line to the results; or sum up."""
    options = read_arguments(arguments)
    if not options.summary:
        found = measure(options)
        print(json.dumps(found))
        about = circumstances(("lightgbm", "scikit-learn", "numpy"), threads=options.threads)
        append_row(options.out, about | found)
    summarize(options.out, read_rows(options.out))


def read_arguments(arguments: list[str] | None) -> argparse.Namespace:
    """The options."""
    parser = make_parser(__doc__, out=RESULTS)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--categories", choices=("native", "numbers", "means"), default="native")
    parser.add_argument("--leaves", type=int, default=255)
    parser.add_argument("--rounds", type=int, default=2_000, help="at most")
    parser.add_argument("--time-limit", type=float, default=np.inf, help="seconds of boosting, by the clock")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--summary", action="store_true", help="sum up the results, measure nothing")
    return parser.parse_args(arguments)


def measure(options: argparse.Namespace) -> Row:
    """Train, and judge."""
    import lightgbm

    table = read(rows.first(options.rows))
    schema, selected = Schema.infer(table, exclude=[rows.TARGET])
    encoder = Encoder.learn(schema, selected)
    x, y = matrix(encoder, table), table.column(rows.TARGET).to_numpy()
    del table, selected
    held, judging = rows.held_out(), len(y) // 10
    unknown = matrix(encoder, held)
    began = process_time()
    parts = Parts(x[judging:], x[:judging], unknown)
    if options.categories == "means":
        parts = with_means(parts, y[judging:], encoder.d_num)
    native = [*range(encoder.d_num, x.shape[1])] if options.categories == "native" else []
    data = lightgbm.Dataset(parts.learning, y[judging:], categorical_feature=native)
    valid = lightgbm.Dataset(parts.judging, y[:judging], reference=data)
    losses: dict[str, dict[str, list[float]]] = {}
    callbacks: list[Any] = [
        lightgbm.early_stopping(PATIENCE, verbose=False),
        lightgbm.record_evaluation(losses),
        say,
        stop_after(options.time_limit),
    ]
    parameters = PARAMETERS | {"num_leaves": options.leaves, "num_threads": options.threads}
    booster = lightgbm.train(parameters, data, options.rounds, valid_sets=[valid], callbacks=callbacks)
    seconds, judged = process_time() - began, losses["valid_0"]["l2"]
    off = booster.predict(parts.held_out) - held.column(rows.TARGET).to_numpy()
    return {
        "rows": options.rows,
        "categories": options.categories,
        "leaves": options.leaves,
        "rounds": booster.best_iteration or len(judged),
        "stopped_early": len(judged) - booster.best_iteration >= PATIENCE,
        "rmse_after": {count: judged[count - 1] ** 0.5 for count in KEPT_ROUNDS if count <= len(judged)},
        "rmse": float(np.sqrt(np.mean(off**2))),
        "seconds": seconds,
        "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3,
    }


@dataclass(frozen=True)
class Parts:
    """Rows of `float32` that are learned from, that stop the boosting, and that judge."""

    learning: np.ndarray
    judging: np.ndarray
    held_out: np.ndarray


def matrix(encoder: Encoder, table: pa.Table) -> np.ndarray:
    """Numbers and codes of rows, side by side."""
    selected = encoder.schema.select(read(table), known_extra=table.column_names)
    encoded = encoder.encode(selected)
    return np.concatenate([encoded.numbers, encoded.codes.astype(np.float32)], 1)


def with_means(parts: Parts, y: np.ndarray, first_code: int) -> Parts:
    """Means of the target in place of codes: out of fold where rows are learned from, of all these rows elsewhere."""
    from sklearn.model_selection import KFold
    from sklearn.preprocessing import TargetEncoder

    means = TargetEncoder(target_type="continuous", cv=KFold(5))

    def put(part: np.ndarray, found: np.ndarray) -> np.ndarray:
        return np.concatenate([part[:, :first_code], found.astype(np.float32)], 1)

    learning = put(parts.learning, means.fit_transform(parts.learning[:, first_code:], y))
    others = (put(part, means.transform(part[:, first_code:])) for part in (parts.judging, parts.held_out))
    return Parts(learning, *others)


def say(env: Any) -> None:
    """Say the round, the seconds of the processor so far, and the error of judging rows, every hundredth round."""
    if (env.iteration + 1) % 100 == 0:
        error = env.evaluation_result_list[0][2] ** 0.5
        print(env.iteration + 1, round(process_time()), round(error, 4), file=sys.stderr, flush=True)


def stop_after(seconds: float) -> Callable[[Any], None]:
    """Ends boosting when so much time is over."""
    from lightgbm.callback import EarlyStopException

    end = monotonic() + seconds

    def stop(env: Any) -> None:
        if monotonic() > end:
            raise EarlyStopException(env.iteration, env.evaluation_result_list)

    return stop


def summarize(out: Path, found: list[Row]) -> None:
    """Write the newest measurement of each number of rows and kind of categories as Markdown."""
    newest = {(row["rows"], row["categories"], row["leaves"]): row for row in found}
    lines = [
        [
            f"{row['rows']:,}",
            row["categories"],
            f"{row['leaves']}",
            f"{row['rounds']:,}" + " *" * (not row["stopped_early"]),
            f"{row['rmse']:.3f}",
            f"{row['seconds']:,.0f}",
            f"{row['memory_mb']:,.0f}",
        ]
        for _, row in sorted(newest.items())
    ]
    header = ["rows", "categories", "leaves", "rounds", "rmse", "seconds", "peak, MB"]
    last = found[-1]
    about = (
        f"{last['date'][:10]}, {last['machine']['cpu']}, lightgbm {last['versions']['lightgbm']}. Seconds are of the "
        "processor, from encoded rows on. With a star, boosting ended at a limit of time or rounds, while the error of "
        "judging rows still fell."
    )
    write_page(out, f"# LightGBM in memory\n\n{about}\n\n{markdown_table(header, lines)}\n")


if __name__ == "__main__":
    main()
