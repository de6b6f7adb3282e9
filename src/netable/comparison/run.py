"""Run every method on the same folds of a table, one at a time, with the same threads."""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import combinations
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from netable.comparison.inference import estimate
from netable.comparison.methods import (
    DEFAULT_METHODS,
    METHODS,
    OWN,
    Lesson,
    Method,
    is_installed,
    method,
)
from netable.comparison.result import Comparison, Difference, MethodResult
from netable.comparison.words import verdict
from netable.compute.threads import free_cores
from netable.config.choices import OUTER_FOLDS
from netable.config.reading import ReadOptions
from netable.config.settings import Settings, config_from
from netable.errors import ConfigError, DataError, check_at_least, check_choice, locked_filters, silence
from netable.fit.preparation.prepare import Prepared, prepare
from netable.model.resampling import LEVEL
from netable.model.several_tests import holm
from netable.system.machine import version_of
from netable.table.reading.read import read
from netable.table.split import Part, fold_parts
from netable.table.target_values import labelled
from netable.train import metric_names, metrics

# Probabilities of zero are clipped alike for methods that predict in float32 and in float64.
_LEAST_PROBABILITY = float(np.finfo(np.float32).eps)


class Turn(NamedTuple):
    """A fit of a method in a fold that is about to begin: number `done`, from 0, of `turns`."""

    method: str
    fold: int
    done: int
    turns: int


# Metrics, and the seconds to fit and to predict.
_Measured = tuple[dict[str, float | None], float, float]


def compare(
    source: object,
    target: str | tuple[str, ...],
    *,
    settings: Mapping[str, Any] = {},
    outer_folds: int = OUTER_FOLDS,
    methods: Sequence[str] | None = None,
) -> Comparison:
    """Compare a constant, netable's networks and the installed boosted trees on the same folds of a table.

    Parameters
    ----------
    source : path, query result, or frame
        Whatever `netable.table.reading.read.read` takes.
    target : str or tuple of str
        The column to predict; several for several numbers.
    settings : mapping of setting to value
        As in `netable.config.settings.Settings`. Weights, groups, times, kinds, loss and class weights apply to every
        method, and those about files to the source.
    outer_folds : int
        Each part of the table is the test set once; netable splits the rest into folds of its own.
    methods : sequence of str, optional
        Of `netable.comparison.methods.METHODS`: a constant, netable's networks by name, and boosted trees.

    Raises
    ------
    UserError
        If the table cannot be read, or does not fit the settings or the folds.
    """
    config = config_from({**settings, "target": target}, source="settings")
    return compare_table(
        read(source, options=ReadOptions.of(config)), config, outer_folds=outer_folds, methods=methods
    )


def compare_table(
    table: pa.Table,
    config: Settings,
    *,
    outer_folds: int = OUTER_FOLDS,
    methods: Sequence[str] | None = None,
    on_turn: Callable[[Turn], None] | None = None,
) -> Comparison:
    """As `compare`, for a canonical table; `on_turn` is called before every fit."""
    check_at_least("outer_folds", outer_folds, 2, integer=True)
    names, missing = _choose(methods)
    table, _ = labelled(table, config)
    prepared = prepare(table, config, None, None, None)
    # The task is that of the whole table, also where a fold's rows would suggest another.
    config = replace(config, task=prepared.target.task)
    parts = _parts(table, config, prepared, outer_folds)
    failures: dict[str, str] = {}
    ready: dict[str, Method] = {}
    for name in names:
        with _may_fail(name, failures):
            ready[name] = method(name)
    measured: dict[str, list[_Measured]] = {name: [] for name in names}
    for turn in _turns(list(ready), outer_folds):
        if turn.method in failures:
            continue
        if on_turn:
            on_turn(turn)
        with _may_fail(turn.method, failures):
            measures = _measure(ready[turn.method], turn.method, table, config, prepared, parts[turn.fold])
            measured[turn.method].append(measures)
    ratio = float(np.mean([len(part.valid) / len(part.train) for part in parts]))
    metric = metric_names(prepared.target.task, config.loss)[0]
    results = [_summed_up(name, measured[name], failures.get(name, ""), metric, ratio) for name in names]
    results.sort(key=lambda result: np.inf if result.error is None else result.error)
    if results[0].error is None:
        raise DataError("Every method failed; " + "; ".join(f"{k}: {v}" for k, v in failures.items()))
    about = _about(prepared, config, outer_folds, metric, parts)
    compared = Comparison(about, tuple(results), _differences(results, ratio), tuple(missing))
    return replace(compared, verdict=verdict(compared))


def _choose(methods: Sequence[str] | None) -> tuple[list[str], list[str]]:
    """The methods to run, and those that are not installed."""
    for name in methods or ():
        check_choice("A method", name, METHODS)
    asked = [name for name in METHODS if name in (DEFAULT_METHODS if methods is None else methods)]
    here = [name for name in asked if is_installed(name)]
    if not here:
        raise ConfigError(
            f"None of these is installed: {', '.join(asked)}. Try: pip install 'netable[compare]'."
        )
    return here, [name for name in asked if name not in here]


def _parts(table: pa.Table, config: Settings, prepared: Prepared, outer_folds: int) -> list[Part]:
    rows = prepared.rows
    parts = fold_parts(
        len(rows),
        outer_folds,
        seed=config.seed,
        codes=None if prepared.target.task == "regression" else rows.y,
        groups=table.column(config.group_column) if config.group_column else None,
        times=table.column(config.time_column) if config.time_column else None,
    )
    for fold, part in enumerate(parts, start=1):
        if not rows.weight[part.valid].any():
            raise DataError(
                f"All rows that outer fold {fold} tests on have a weight of zero; use fewer folds."
            )
    return parts


@contextmanager
def _may_fail(name: str, failures: dict[str, str]) -> Iterator[None]:
    """Record any error of another library, and data errors of netable, as the result of a method."""
    try:
        yield
    except Exception as error:
        if name in OWN and not isinstance(error, DataError):
            raise
        kind = "" if name in OWN else f"{type(error).__name__}: "
        failures[name] = " ".join(f"{kind}{error}".split())[:300]


def _turns(names: Sequence[str], folds: int) -> Iterator[Turn]:
    """Fold by fold, each with another first method, so that none always runs on a cool machine."""
    turns = [(fold, names[(fold + i) % len(names)]) for fold in range(folds) for i in range(len(names))]
    for done, (fold, name) in enumerate(turns):
        yield Turn(name, fold, done, len(turns))


def _measure(
    learn: Method, name: str, table: pa.Table, config: Settings, prepared: Prepared, part: Part
) -> _Measured:
    rows = prepared.rows
    train, target = part.train, prepared.target
    lesson = Lesson(table.take(train), rows.y[train], rows.weight[train], target, config)
    tests = table.take(part.valid)
    # Warnings about the columns came with the whole table; those of other libraries are not for our users.
    with silence() if name in OWN else locked_filters(Warning):
        started = perf_counter()
        answer = learn(lesson)
        fitted = perf_counter()
        outcome = answer(tests)
        predicted = perf_counter()
    if not np.isfinite(outcome).all():
        raise ValueError(f"{np.count_nonzero(~np.isfinite(outcome))} predictions are not finite")
    if target.task != "regression":
        outcome = outcome.astype(np.float64).clip(_LEAST_PROBABILITY)
        outcome /= outcome.sum(1, keepdims=True)
    y, weight = rows.y[part.valid], rows.weight[part.valid]
    values = metrics(target.task, y, outcome, weight, loss=config.loss, quantile=config.quantile)
    return values, fitted - started, predicted - fitted


def _summed_up(
    name: str, measured: Sequence[_Measured], failure: str, metric: str, ratio: float
) -> MethodResult:
    if not failure and any(values[metric] is None for values, *_ in measured):
        failure = f"{metric} is not defined for its predictions"
    if failure:
        return MethodResult(name, failure=failure)
    values, fit_seconds, predict_seconds = zip(*measured, strict=True)
    by_fold = np.array([each[metric] for each in values], dtype=np.float64)
    mean, lower, upper, _ = estimate(by_fold, ratio)
    return MethodResult(
        name,
        mean,
        lower,
        upper,
        tuple(by_fold.tolist()),
        {key: _mean([each[key] for each in values]) for key in values[0]},
        round(float(np.mean(fit_seconds)), 4),
        round(float(np.mean(predict_seconds)), 4),
    )


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if len(known) == len(values) else None


def _differences(results: Sequence[MethodResult], ratio: float) -> tuple[Difference, ...]:
    """The differences from the best; p-values are adjusted for all pairs, because the same errors chose the best."""
    best, *others = [result for result in results if result.error is not None]
    pairs = combinations([np.array(result.by_fold) for result in (best, *others)], 2)
    estimates = [estimate(second - first, ratio) for first, second in pairs]
    raised = holm([each.p for each in estimates])
    differences = []
    # The first pairs are those of the best one.
    for other, (mean, lower, upper, _), p in zip(others, estimates, raised, strict=False):
        relative = mean / best.error if best.error else None
        differences.append(Difference(other.name, mean, lower, upper, relative, p, p < 1 - LEVEL))
    return tuple(differences)


def _about(
    prepared: Prepared, config: Settings, outer_folds: int, metric: str, parts: Sequence[Part]
) -> dict[str, Any]:
    target = prepared.target
    how = "stratified by class" if target.task != "regression" else "at random"
    if config.group_column:
        how = f"whole groups of {config.group_column!r}"
    elif config.time_column:
        how = f"in the order of {config.time_column!r}, each judged by what came before it"
    packages = ("netable", "torch", "scikit-learn", "lightgbm", "xgboost", "catboost")
    versions = {"python": platform.python_version()} | {
        package: installed for package in packages if (installed := version_of(package))
    }
    return {
        "task": target.task,
        "target": target.names[0] if len(target.names) == 1 else list(target.names),
        "rows": prepared.n_rows,
        "columns": len(prepared.schema.used),
        "metric": metric,
        "outer_folds": outer_folds,
        "split": how,
        "train_rows": round(float(np.mean([len(part.train) for part in parts]))),
        "test_rows": round(float(np.mean([len(part.valid) for part in parts]))),
        "seed": config.seed,
        "threads": free_cores(),
        "level": LEVEL,
        "test": "corrected resampled t-test (Nadeau & Bengio 2003), p-values raised by Holm's method",
        "versions": versions,
    }
