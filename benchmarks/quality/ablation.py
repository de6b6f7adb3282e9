"""The contribution of each part of the default network: its error without that part.

    python -m benchmarks.quality.ablation --data DIR [--only NAME …] [--variants NAME …] [--summary]

Only the training rows of the quality benchmark (split 0) are used: the variants learn from four fifths of them and are
judged on the rest, so no decision depends on the test rows of the comparison. What is in the results is not measured
again. The summary has each variant's error relative to the default's (geometric mean over tables) and its seconds.
"""

from __future__ import annotations

import math
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.model_selection import train_test_split

from benchmarks.measurements import Row, append_row, circumstances, make_parser, markdown_table, read_rows
from benchmarks.quality.errors import class_error, regression_error
from benchmarks.tables import Table, choose, load_index, split_table
from netable import NetClassifier, NetRegressor
from netable.fit.preparation.resolve import STACKS

RESULTS = Path(__file__).parent / "results" / "ablation.jsonl"
BINS, WAVES, MEANS, LINE = STACKS["standard"]
DEFAULT = "default"


def _networks(**settings: Any) -> dict[str, Any]:
    """The default stacks with these settings for the networks alone."""
    return {"stacks": ({**BINS, **settings}, {**WAVES, **settings}, {**MEANS, **settings}, LINE)}


VARIANTS: dict[str, dict[str, Any]] = {
    DEFAULT: {},
    "no line": {"stacks": (BINS, WAVES, MEANS)},
    "no means": {"stacks": (BINS, WAVES, LINE)},
    "no waves": {"stacks": (BINS, MEANS, LINE)},
    "no bins": {"stacks": (WAVES, MEANS, LINE)},
    "bins, two seeds": {"stacks": (BINS, {**BINS, "seed": 1}, MEANS, LINE)},
    "no embedding": _networks(embedding="none"),
    "waves as shallow as bins": {"stacks": (BINS, {"embedding": "periodic"}, MEANS, LINE)},
    "AdamW": {"optimizer": "adamw"},
    "cosine for coslog5": {"schedule": "cosine"},
    "dropout 0.1": _networks(dropout=0.1),
    "no dropout": _networks(dropout=0.0),
    "weight decay 0.1": _networks(weight_decay=0.1),
    "weight decay 0.4": _networks(weight_decay=0.4),
    "eight folds": {"folds": 8},
}


def main() -> None:
    """Measure what is missing, and sum up."""
    parser = make_parser(__doc__, data=True)
    parser.add_argument("--only", nargs="*")
    parser.add_argument("--variants", nargs="*", choices=VARIANTS, default=list(VARIANTS))
    parser.add_argument("--rows", type=int, default=20_000)
    arguments = parser.parse_args()
    if not arguments.summary:
        warnings.simplefilter("ignore")
        for table in choose(load_index(arguments.data), arguments.only):
            measure(arguments.data, table, arguments.variants, arguments.rows)
    print(summary(read_rows(RESULTS)))


def measure(folder: Path, table: Table, variants: list[str], rows: int) -> None:
    """Add what is missing of one table."""
    known = {(row["table"], row["variant"]) for row in read_rows(RESULTS)}
    split = split_table(folder, table, rows=rows, seed=0)
    X, X_test, y, y_test = train_test_split(
        split.X, split.y, test_size=0.2, random_state=1, stratify=split.y if split.labels else None
    )
    for variant in variants:
        if (table.name, variant) in known:
            continue
        net = (NetClassifier if split.labels else NetRegressor)(**VARIANTS[variant])
        started = time.perf_counter()
        net.fit(X, y)
        seconds = time.perf_counter() - started
        error = (
            class_error(y_test, net.predict_proba(X_test))
            if split.labels
            else regression_error(y_test, net.predict(X_test))
        )
        row = {"table": table.name, "variant": variant, "error": error, "seconds": round(seconds, 2)}
        append_row(RESULTS, row | circumstances(("netable", "torch")))
        print(f"{table.name:20} {variant:28} {error:.4f} {seconds:.1f} s", flush=True)


def summary(rows: list[Row]) -> str:
    """A line a variant: relative error, tables on which it is better than the default, and seconds."""
    found = {(row["table"], row["variant"]): row for row in rows}
    lines = []
    for variant in dict.fromkeys(row["variant"] for row in rows):
        tables = [t for t, v in found if v == variant and (t, DEFAULT) in found]
        if not tables:
            continue
        pairs = [(found[t, variant]["error"], found[t, DEFAULT]["error"]) for t in tables]
        ratio = math.exp(float(np.mean([math.log(max(own, 1e-4) / max(base, 1e-4)) for own, base in pairs])))
        better = sum(own < base for own, base in pairs)
        seconds = sum(found[t, variant]["seconds"] for t in tables)
        lines.append([variant, f"{100 * (ratio - 1):+.1f} %", f"{better} of {len(pairs)}", f"{seconds:.0f}"])
    return markdown_table(["variant", "error beside the default", "better on", "seconds"], lines)


if __name__ == "__main__":
    main()
