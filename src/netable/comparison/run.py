"""Run every method on the same folds of a table, one at a time, with the same threads."""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from importlib.metadata import version
from itertools import combinations
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from netable.comparison.inference import estimate, holm
from netable.comparison.lesson import Floats, Lesson
from netable.comparison.methods import DEFAULT_METHODS, METHODS, OWN, Answer, Method, is_installed, method
from netable.comparison.result import Comparison, Difference, MethodResult
from netable.comparison.words import verdict
from netable.compute.threads import free_cores
from netable.config.choices import OUTER_FOLDS
from netable.config.settings import Settings, config_from
from netable.errors import ConfigError, DataError, check_at_least, check_choice, locked_filters, silence
from netable.fit.preparation.prepare import Prepared, prepare
from netable.model.resampling import LEVEL
from netable.table.reading.read import read
from netable.table.split import Part, fold_parts
from netable.train import metric_names, metrics

# Probabilities of zero are clipped alike for methods that predict in float32 and in float64.
_LEAST_PROBABILITY = float(np.finfo(np.float32).eps)


class Turn(NamedTuple):
    """A fit of a method in a fold that is about to begin: number `done`, from 0, of `turns`."""

    method: str
    fold: int
    done: int
    turns: int


class _Measured(NamedTuple):
    metrics: dict[str, float | None]
    fit_seconds: float
    predict_seconds: float


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
        method.
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
    return compare_table(read(source), config, outer_folds=outer_folds, methods=methods)


def compare_table(
    table: pa.Table,
    config: Settings,
    *,
    outer_folds: int = OUTER_FOLDS,
    methods: Sequence[str] | None = None,
    on_turn: Callable[[Turn], None] | None = None,
) -> Comparison:
    """As `compare`, for a canonical table; `on_turn` is told of every fit before it begins."""
    check_at_least("outer_folds", outer_folds, 2, integer=True)
    names, missing = _choose(methods)
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
            found = _measure(ready[turn.method], turn.method, table, config, prepared, parts[turn.fold])
            measured[turn.method].append(found)
    ratio = float(np.mean([len(part.valid) / len(part.train) for part in parts]))
    metric = metric_names(prepared.target.task, config.loss)[0]
    results = [_summed_up(name, measured[name], failures.get(name, ""), metric, ratio) for name in names]
    results.sort(key=lambda found: np.inf if found.error is None else found.error)
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
    lesson = Lesson(
        table.take(part.train),
        rows.y[part.train],
        rows.weight[part.train],
        prepared.target,
        config,
        free_cores(),
    )
    tests = table.take(part.valid)
    # Warnings about the columns came with the whole table; those of other libraries are not for our users.
    with silence() if name in OWN else locked_filters(Warning):
        started = perf_counter()
        answer: Answer = learn(lesson)
        fitted = perf_counter()
        outcome = answer(tests)
        predicted = perf_counter()
    if not np.isfinite(outcome).all():
        raise ValueError(f"{np.count_nonzero(~np.isfinite(outcome))} predictions are not finite")
    found = metrics(
        prepared.target.task,
        rows.y[part.valid],
        outcome if lesson.is_regression else _normalized(outcome),
        rows.weight[part.valid],
        loss=config.loss,
        quantile=config.quantile,
    )
    return _Measured(found, fitted - started, predicted - fitted)


def _normalized(probability: Floats) -> Floats:
    probability = probability.astype(np.float64).clip(_LEAST_PROBABILITY)
    normalized: Floats = probability / probability.sum(1, keepdims=True)
    return normalized


def _summed_up(
    name: str, measured: Sequence[_Measured], failure: str, metric: str, ratio: float
) -> MethodResult:
    errors = [found.metrics[metric] for found in measured]
    if not failure and None in errors:
        failure = f"{metric} is not defined for its predictions"
    if failure:
        return MethodResult(name, failure=failure)
    by_fold = np.array(errors, dtype=np.float64)
    mean, lower, upper, _ = estimate(by_fold, ratio)
    return MethodResult(
        name,
        mean,
        lower,
        upper,
        tuple(by_fold.tolist()),
        {key: _mean([found.metrics[key] for found in measured]) for key in measured[0].metrics},
        round(float(np.mean([found.fit_seconds for found in measured])), 4),
        round(float(np.mean([found.predict_seconds for found in measured])), 4),
    )


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if len(known) == len(values) else None


def _differences(results: Sequence[MethodResult], ratio: float) -> tuple[Difference, ...]:
    """The differences from the best; p-values are adjusted for all pairs, because the same errors chose the best."""
    measured = [found for found in results if found.error is not None]
    pairs = list(combinations(range(len(measured)), 2))
    by_fold = [np.array(found.by_fold) for found in measured]
    told = [estimate(by_fold[other] - by_fold[first], ratio) for first, other in pairs]
    raised = holm([found.p for found in told])
    best = measured[0]
    return tuple(
        Difference(
            measured[other].name,
            found.mean,
            found.lower,
            found.upper,
            found.mean / best.error if best.error else None,
            p,
            p < 1 - LEVEL,
        )
        for (first, other), found, p in zip(pairs, told, raised, strict=True)
        if first == 0
    )


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
        "versions": {"python": platform.python_version()}
        | {name: version(name) for name in packages if name == "netable" or _is_present(name)},
    }


def _is_present(package: str) -> bool:
    try:
        version(package)
    except ModuleNotFoundError:
        return False
    return True
