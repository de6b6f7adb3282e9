"""Variance between seeds, and scores on random labels.

    python -m benchmarks.trust.seeds [--seeds 30] [--rows 400]

The same table is fitted with many seeds: members of different runs should differ like members of one run, and whole
models by less, as their number of members implies. Then labels are drawn at random, anew for each seed: out-of-fold
metrics should be those of chance, also where short runs choose between a target and its logarithm, or variants of the
networks are blended. `trust.run --summary` sums up the lines.
"""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.measurements import Row, append_row, circumstances, make_parser
from benchmarks.trust.run import PACKAGES, RESULTS, answers, out_of_fold
from benchmarks.trust.scores import row_losses, single_outcomes
from netable.config.settings import Settings
from netable.errors import DataWarning
from netable.fit.fit import fit
from netable.table.reading.read import read

Draw = Callable[[np.random.Generator, int], pd.DataFrame]


def main(words: Sequence[str] | None = None) -> None:
    """Measure both."""
    parser = make_parser(__doc__, out=RESULTS)
    parser.add_argument("--seeds", type=int, default=30, metavar="N", help="of each case (%(default)s)")
    parser.add_argument("--rows", type=int, default=400, metavar="N", help="of each table (%(default)s)")
    arguments = parser.parse_args(words)
    warnings.simplefilter("ignore", DataWarning)
    cases = [partial(spread, name, draw) for name, draw in SIGNALS.items()]
    for case in (*cases, *(partial(chance, name) for name in CHANCES)):
        append_row(arguments.out, case(arguments) | circumstances(PACKAGES))


def line_with_noise(rng: np.random.Generator, rows: int) -> pd.DataFrame:
    """A curve in two of five numbers, and noise."""
    x = rng.normal(size=(rows, 5))
    y = np.sin(2 * x[:, 0]) + x[:, 0] * x[:, 1] + 0.5 * rng.normal(size=rows)
    return pd.DataFrame({f"x{i}": x[:, i] for i in range(5)} | {"y": y})


def noisy_classes(rng: np.random.Generator, rows: int) -> pd.DataFrame:
    """Two classes that the same curve makes more and less likely."""
    frame = line_with_noise(rng, rows)
    frame["y"] = np.where(rng.random(rows) < 1 / (1 + np.exp(-2 * frame.y)), "yes", "no")
    return frame


SIGNALS: dict[str, Draw] = {"regression": line_with_noise, "binary": noisy_classes}


def spread(name: str, draw: Draw, arguments: argparse.Namespace) -> Row:
    """Variance of predictions of the same fresh rows: within a run's members, across runs, and of whole models."""
    rng = np.random.default_rng(0)
    table, fresh = read(draw(rng, arguments.rows)), draw(rng, 500)
    single, whole = [], []
    for seed in range(arguments.seeds):
        model = fit(table, Settings(target="y", effort="fast", seed=seed, stacks=({"embedding": "bins"},)))
        single.append(single_outcomes(model, fresh)[..., -1])
        whole.append(model.outcome(fresh)[:, -1])
    members = np.stack(single)  # (seeds, members, rows)
    within = members.var(1, ddof=1).mean()
    return {
        "spread": name,
        "seeds": arguments.seeds,
        "rows": arguments.rows,
        "members": members.shape[1],
        "within": float(within),
        "across": float(members.var(0, ddof=1).mean()),
        "models": float(np.stack(whole).var(0, ddof=1).mean()),
    }


def _of_noise(target: Callable[[np.random.Generator, int], Any]) -> Draw:
    def draw(rng: np.random.Generator, rows: int) -> pd.DataFrame:
        x = rng.normal(size=(rows, 5))
        levels = rng.choice([f"level {i}" for i in range(40)], rows)
        return pd.DataFrame({f"x{i}": x[:, i] for i in range(5)} | {"c": levels, "y": target(rng, rows)})

    return draw


# Short, so that there can be thirty runs of seven stacks.
_BEST = {"effort": "best", "max_epochs": 20, "folds": 4}
CHANCES: dict[str, tuple[Draw, dict[str, Any]]] = {
    "two classes": (_of_noise(lambda rng, n: rng.choice(["no", "yes"], n)), {"effort": "fast"}),
    "numbers": (_of_noise(lambda rng, n: rng.normal(size=n)), {"effort": "fast"}),
    "numbers with a long tail, a logarithm is tried": (
        _of_noise(lambda rng, n: rng.lognormal(size=n)),
        {"effort": "standard", "max_epochs": 20, "folds": 4},
    ),
    "two classes, variants are blended": (_of_noise(lambda rng, n: rng.choice(["no", "yes"], n)), _BEST),
}


def chance(name: str, arguments: argparse.Namespace) -> Row:
    """Scores on random labels, averaged over seeds, beside fresh rows and a constant prediction."""
    draw, settings = CHANCES[name]
    figures, constants, optimism = [], [], []
    for seed in range(arguments.seeds):
        rng = np.random.default_rng(1000 + seed)
        frame, fresh = draw(rng, arguments.rows), draw(rng, 2000)
        model = fit(read(frame), Settings(target="y", seed=seed, **settings))
        metric = "r2" if model.task == "regression" else "roc_auc"
        figures.append(model.results["valid"][metric])
        y, y_fresh = answers(model, frame), answers(model, fresh)
        deviation = float(y_fresh.std()) if model.task == "regression" else 1.0
        judged, outcome = out_of_fold(model)
        promised = row_losses(model.task, outcome, y[judged], deviation).mean()
        by_member = [row_losses(model.task, one, y_fresh, deviation) for one in single_outcomes(model, fresh)]
        optimism.append(float(np.mean(by_member) - promised))
        constants.append(promised - _constant_loss(model.task, y, deviation))
        print(f"{name}, seed {seed}: {figures[-1]:.3f}", flush=True)
    return {
        "chance": name,
        "metric": metric,
        "seeds": arguments.seeds,
        "rows": arguments.rows,
        "figure": _mean_and_error(figures),
        "beyond_constant": _mean_and_error(constants),
        "optimism": _mean_and_error(optimism),
    }


def _constant_loss(task: str, y: Any, deviation: float) -> float:
    if task == "regression":
        return float(y.var() / deviation**2)
    shares = np.bincount(y) / len(y)
    return float(-(shares * np.log(shares)).sum())


def _mean_and_error(values: Sequence[float]) -> list[float]:
    """The mean, and its standard error."""
    return [float(np.mean(values)), float(np.std(values, ddof=1) / np.sqrt(len(values)))]


if __name__ == "__main__":
    main()
