"""Comparisons made by hand."""

from __future__ import annotations

from typing import Any

from netable.comparison import Comparison, Difference, MethodResult

ABOUT: dict[str, Any] = {
    "task": "regression",
    "target": "price",
    "rows": 100,
    "columns": 3,
    "metric": "rmse",
    "outer_folds": 2,
    "split": "at random",
    "train_rows": 50,
    "test_rows": 50,
    "seed": 0,
    "threads": 1,
    "level": 0.95,
    "versions": {"python": "3"},
}


def compared(
    *found: tuple[str, float, float, float], failure: str = "", missing: tuple[str, ...] = ()
) -> Comparison:
    """From names, errors, seconds of a fit, and p-values; the best is named first."""
    methods = [
        MethodResult(
            name, error, error - 1, error + 1, (error, error), {"rmse": error, "r2": None}, seconds, 0.1
        )
        for name, error, seconds, _ in found
    ]
    best = found[0][1]
    differences = [
        Difference(name, error - best, 0.0, 1.0, (error - best) / best if best else None, p, p < 0.05)
        for name, error, _, p in found[1:]
    ]
    failed = [MethodResult("xgboost", failure=failure)] if failure else []
    return Comparison(ABOUT, (*methods, *failed), tuple(differences), missing)
