"""Training and prediction speed beside other libraries: same network, first weights, batches and epochs.

    python -m benchmarks.speed.run [--rounds 5] [--quick]
    python -m benchmarks.speed.run --summary

Trains a binary classifier with Adam in three sizes: netable's engine (one network, stacks of 8 and 32), plain PyTorch
(DataLoader; slices of a tensor), skorch, scikit-learn, pytabkit and JAX. Every contender runs once a round, in changing
order; before its clock starts, everything is built and has run on two batches. Also measured: the rate of fp32 matrix
products on this machine, the difference of netable's losses from plain PyTorch's, and the time to predict one row and a
million. The number of threads is torch's default. `pip install '.[bench]' jax` brings the peers.
"""

from __future__ import annotations

import gc
import io
import sys
import time
import warnings
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from importlib.util import find_spec
from pathlib import Path
from statistics import median

import numpy as np
import torch

from benchmarks.measurements import Row, append_row, circumstances, make_parser, read_rows, write_page
from benchmarks.speed.peers import CONTENDERS, Contender
from benchmarks.speed.problem import QUICK_SETTINGS, SETTINGS, Problem, make_problem
from benchmarks.speed.summary import markdown
from benchmarks.speed.with_torch import trace_difference
from netable import NetClassifier

RESULTS = Path(__file__).parent / "results"
PACKAGES = ("torch", "numpy", "scikit-learn", "netable", "skorch", "pytabkit", "jax")
TRACED_MEMBERS = (1, 8)
LARGE_PRODUCT = 1024
PREDICTION_COLUMNS = 50


def main() -> None:
    """Measure, add the results to the file and sum up the latest run."""
    parser = make_parser(__doc__, out=RESULTS / "speed.jsonl")
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="(%(default)s)")
    parser.add_argument("--quick", action="store_true", help="a tiny size, to see that everything works")
    parser.add_argument("--summary", action="store_true", help="sum up the latest run, measure nothing")
    arguments = parser.parse_args()
    if not arguments.summary:
        warnings.simplefilter("ignore")
        measure(arguments.out, rounds=arguments.rounds, quick=arguments.quick)
    rows = read_rows(arguments.out)
    if not rows:
        sys.exit(f"There is nothing to sum up in {arguments.out}.")
    write_page(arguments.out, markdown([row for row in rows if row["run"] == rows[-1]["run"]]))


def measure(out: Path, *, rounds: int, quick: bool) -> None:
    """Everything, one row at a time."""
    around = circumstances(PACKAGES, threads=torch.get_num_threads())

    def add(row: Row) -> None:
        append_row(out, {"run": around["date"], **row, **around})
        print(describe(row), flush=True)

    present = [contender for contender in CONTENDERS if find_spec(contender.package)]
    for contender in CONTENDERS:
        if contender not in present:
            add(
                {
                    "kind": "missing",
                    "contender": contender.name,
                    "reason": f"{contender.package} is not installed",
                }
            )
    for setting in QUICK_SETTINGS if quick else SETTINGS:
        for row in measure_setting(make_problem(setting), present, rounds=rounds, quick=quick):
            add(row)
    for row in measure_prediction(rows=10_000 if quick else 1_000_000, rounds=rounds, quick=quick):
        add(row)


def describe(row: Row) -> str:
    """A row for the eye."""
    hidden = ("kind", "widths", "values", "flop_per_row")
    return f"{row['kind']}: " + ", ".join(f"{k} {v}" for k, v in row.items() if k not in hidden)


def measure_setting(
    problem: Problem, contenders: Sequence[Contender], *, rounds: int, quick: bool
) -> list[Row]:
    """Rounds of everyone in turn, with the rates of matrix products between them, then the traces."""
    setting = problem.setting
    rates: dict[str, list[float]] = {contender.name: [] for contender in contenders}
    losses: dict[str, float | None] = {}
    failures: dict[str, str] = {}
    products: dict[str, list[float]] = {"own": [], "large": []}
    seconds = 0.01 if quick else 0.3
    for number in range(rounds):
        first = number % len(contenders)
        products["own"].append(
            product_rate(setting.batch_size, setting.hidden[0], setting.hidden[-1], seconds)
        )
        products["large"].append(product_rate(LARGE_PRODUCT, LARGE_PRODUCT, LARGE_PRODUCT, seconds))
        for contender in [*contenders[first:], *contenders[:first]]:
            if contender.name in failures:
                continue
            try:
                rate, losses[contender.name] = training_rate(contender, problem)
            except Exception as failure:  # a peer that fails is named and does not stop the others
                failures[contender.name] = f"{type(failure).__name__}: {failure}".splitlines()[0][:300]
            else:
                rates[contender.name].append(rate)
    common = {"setting": setting.name, "widths": setting.widths, "flop_per_row": setting.flop_per_row}
    found: list[Row] = [{"kind": "product", **common, "product": k, **spread(v)} for k, v in products.items()]
    for contender in contenders:
        row = {**common, "contender": contender.name, "members": contender.members, "note": contender.note}
        if contender.name in failures:
            found.append({"kind": "failed", **row, "reason": failures[contender.name]})
        else:
            found.append(
                {"kind": "training", **row, **spread(rates[contender.name]), "loss": losses[contender.name]}
            )
    for members in TRACED_MEMBERS:
        difference = trace_difference(problem, members)
        found.append({"kind": "trace", **common, "members": members, "difference": difference})
    return found


def training_rate(contender: Contender, problem: Problem) -> tuple[float, float | None]:
    """Thousand (member-)rows a second, and the mean loss of the last epoch."""
    with redirect_stdout(io.StringIO()):  # some print as they go
        contender.make(problem.part(2))()
        run = contender.make(problem)
        gc.collect()
        started = time.perf_counter()
        loss = run()
        seconds = time.perf_counter() - started
    rows = problem.setting.rows * problem.setting.epochs * contender.members
    return rows / seconds / 1e3, loss


def product_rate(rows: int, inner: int, columns: int, seconds: float) -> float:
    """GFLOP a second of a product of two fp32 matrices, at its best."""
    left, right = torch.rand(rows, inner), torch.rand(inner, columns)
    output = torch.empty(rows, columns)
    best, end = 0.0, time.perf_counter() + seconds
    while time.perf_counter() < end:
        started = time.perf_counter()
        for _ in range(10):
            torch.mm(left, right, out=output)
        best = max(best, 10 / (time.perf_counter() - started))
    return 2 * rows * inner * columns * best / 1e9


def measure_prediction(*, rows: int, rounds: int, quick: bool) -> list[Row]:
    """The default classifier's time for one row and for many, from an array."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((2000, PREDICTION_COLUMNS))
    net = NetClassifier(max_epochs=2, folds=2) if quick else NetClassifier()
    net.fit(X, X[:, 0] + rng.standard_normal(len(X)) > 0)
    many = rng.standard_normal((rows, PREDICTION_COLUMNS))
    one = [median(repeat(lambda: net.predict_proba(many[:1]), 20 if quick else 200)) for _ in range(rounds)]
    all_rows = [repeat(lambda: net.predict_proba(many), 1)[0] for _ in range(rounds)]
    return [
        {"kind": "prediction", "rows": 1, **spread([1e6 * seconds for seconds in one]), "unit": "µs"},
        {"kind": "prediction", "rows": rows, **spread(all_rows), "unit": "s"},
    ]


def repeat(action: Callable[[], object], times: int) -> list[float]:
    """The seconds of each time, after a first that does not count."""
    found = []
    for _ in range(1 + times):
        started = time.perf_counter()
        action()
        found.append(time.perf_counter() - started)
    return found[1:]


def spread(values: Sequence[float]) -> Row:
    """All values, their median, and the lowest and highest."""
    return {"values": list(values), "median": median(values), "low": min(values), "high": max(values)}


if __name__ == "__main__":
    main()
