"""The contribution of each part of the default network: its error without that part.

    python -m benchmarks.quality.ablation --data DIR [--only NAME …] [--variants NAME …] [--splits 1] [--summary]

Only the training rows of the quality benchmark (split 0) are used: the variants learn from four fifths of them and are
judged on the rest, drawn anew for each split, so no decision depends on the test rows of the comparison. What is in the
results is not measured again. The summary has each variant's error relative to the default's (geometric mean and median
over tables) and its seconds.
"""

from __future__ import annotations

import math
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from statistics import fmean, geometric_mean, median
from typing import Any
from unittest.mock import patch

import pandas as pd
from numpy.typing import NDArray
from sklearn.model_selection import train_test_split

from benchmarks.measurements import Row, append_row, circumstances, make_parser, markdown_table, read_rows
from benchmarks.quality.errors import all_classes, class_error, regression_error
from benchmarks.tables import Table, choose, load_index, split_table, strata
from netable import NetClassifier, NetRegressor
from netable.config.settings import Settings
from netable.fit.preparation.prepare import prepare
from netable.fit.preparation.usual_stacks import BINS, LINE, MEANS, TREES, WAVES
from netable.nn import TableNet
from netable.nn.quantiles import SortedColumn
from netable.table.reading.read import read

RESULTS = Path(__file__).parent / "results" / "ablation.jsonl"
DEFAULT = "default"
TARGET = "y of the benchmark"

Stacks = Sequence[Mapping[str, Any]]


def _is_network(stack: Mapping[str, Any]) -> bool:
    return stack.get("model") not in ("linear", "trees")


def _networks(**settings: Any) -> Callable[[Stacks], dict[str, Any]]:
    """The default stacks with these settings for the networks alone."""
    return lambda usual: {"stacks": [{**own, **settings} if _is_network(own) else own for own in usual]}


def _stacks(*stacks: Mapping[str, Any]) -> Callable[[Stacks], dict[str, Any]]:
    return lambda usual: {"stacks": stacks}


def _without(model: str) -> Callable[[Stacks], dict[str, Any]]:
    return lambda usual: {"stacks": [own for own in usual if own.get("model") != model]}


def _all(**settings: Any) -> Callable[[Stacks], dict[str, Any]]:
    return lambda usual: settings


# The settings of a variant, given the stacks that a table gets by default.
VARIANTS: dict[str, Callable[[Stacks], dict[str, Any]]] = {
    DEFAULT: _all(),
    "bins, waves, means, trees, line": _stacks(BINS, WAVES, MEANS, TREES, LINE),
    "bins, waves, trees, line": _stacks(BINS, WAVES, TREES, LINE),
    "bins, means, trees, line": _stacks(BINS, MEANS, TREES, LINE),
    "waves, means, trees, line": _stacks(WAVES, MEANS, TREES, LINE),
    "bins, trees, line": _stacks(BINS, TREES, LINE),
    "trees alone": lambda usual: {"stacks": [own for own in usual if own.get("model") == "trees"]},
    "no trees": _without("trees"),
    "no line": _without("linear"),
    "no embedding": _networks(embedding="none"),
    "AdamW": _all(optimizer="adamw"),
    "cosine for coslog5": _all(schedule="cosine"),
    "dropout 0.1": _networks(dropout=0.1),
    "no dropout": _networks(dropout=0.0),
    "weight decay 0.1": _networks(weight_decay=0.1),
    "weight decay 0.4": _networks(weight_decay=0.4),
    "eight folds": _all(folds=8),
}
# Variants without a part that no setting changes: the function that takes the part's place.
WITHOUT: dict[str, tuple[type, str, Callable[..., Any]]] = {
    "no gates": (TableNet, "add_gates", lambda net: None),
    "half the range of mostly one value": (
        SortedColumn,
        "distance_of_others",
        lambda column, member, value: value.new_tensor(math.nan),
    ),
}
VARIANTS |= dict.fromkeys(WITHOUT, _all())


def main() -> None:
    """Measure what is missing, and sum up."""
    parser = make_parser(__doc__, data=True)
    parser.add_argument("--only", nargs="*")
    parser.add_argument("--variants", nargs="*", choices=VARIANTS, default=list(VARIANTS))
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--splits", type=int, default=1, help="of the training rows (%(default)s)")
    arguments = parser.parse_args()
    if not arguments.summary:
        warnings.simplefilter("ignore")
        for table in choose(load_index(arguments.data), arguments.only):
            for split in range(arguments.splits):
                measure(arguments.data, table, split, arguments.variants, arguments.rows)
    print(summary(read_rows(RESULTS)))


def measure(folder: Path, table: Table, split: int, variants: list[str], rows: int) -> None:
    """Add what is missing of one split of a table."""
    known = {(row["table"], row["split"], row["variant"]) for row in read_rows(RESULTS)}
    of_table = split_table(folder, table, rows=rows, seed=0)
    X, X_test, y, y_test = train_test_split(
        of_table.X,
        of_table.y,
        test_size=0.2,
        random_state=1 + split,
        stratify=strata(of_table.y) if of_table.labels else None,
    )
    usual = usual_stacks_of(X, y, table.task)
    for variant in variants:
        if (table.name, split, variant) in known:
            continue
        net = (NetClassifier if of_table.labels else NetRegressor)(**VARIANTS[variant](usual))
        started = time.perf_counter()
        with without(variant):
            net.fit(X, y)
        seconds = time.perf_counter() - started
        if of_table.labels:
            proba = all_classes(net.predict_proba(X_test), net.classes_, len(of_table.labels))
            error = class_error(y_test, proba)
        else:
            error = regression_error(y_test, net.predict(X_test))
        figures = {"error": error, "seconds": round(seconds, 2)}
        row = {"table": table.name, "split": split, "variant": variant, **figures}
        append_row(RESULTS, row | circumstances(("netable", "torch")))
        print(f"{table.name:20} {split} {variant:28} {error:.4f} {seconds:.1f} s", flush=True)


def without(variant: str) -> AbstractContextManager[Any]:
    """Within the block the default has no such part."""
    return patch.object(*WITHOUT[variant]) if variant in WITHOUT else nullcontext()


def usual_stacks_of(X: pd.DataFrame, y: NDArray[Any], task: str) -> Stacks:
    """The stacks that a table gets by default."""
    rows = read(X.assign(**{TARGET: y}))
    return prepare(rows, Settings(target=TARGET, task=task)).recipe.stacks


def summary(rows: list[Row]) -> str:
    """A line a variant: relative error, tables on which it is better than the default, and seconds; means of splits."""
    found: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        found.setdefault((row["table"], row["variant"]), []).append(row)
    error, seconds = (
        {key: fmean(row[figure] for row in of_key) for key, of_key in found.items()}
        for figure in ("error", "seconds")
    )
    lines = []
    for variant in dict.fromkeys(row["variant"] for row in rows):
        tables = [t for t, v in found if v == variant and (t, DEFAULT) in found]
        if not tables:
            continue
        pairs = [(error[t, variant], error[t, DEFAULT]) for t in tables]
        ratios = [max(own, 1e-4) / max(base, 1e-4) for own, base in pairs]
        better = sum(own < base for own, base in pairs)
        figures = [f"{100 * (r - 1):+.1f} %" for r in (geometric_mean(ratios), median(ratios))]
        total = sum(seconds[t, variant] for t in tables)
        lines.append([variant, *figures, f"{better} of {len(pairs)}", f"{total:.0f}"])
    heads = ["variant", "error beside the default", "median", "better on", "seconds"]
    return markdown_table(heads, lines)


if __name__ == "__main__":
    main()
