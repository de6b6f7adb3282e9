"""Choose the transform of a regression target, and check targets against the loss and the transform."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from netable.config.bodies import body_spec
from netable.config.settings import DEFAULTS, Settings
from netable.errors import ConfigError, DataError
from netable.table.canonical.messages import row_list
from netable.table.canonical.storage import storage_of
from netable.table.target import Target
from netable.train import TargetScale

# The least skewness for trying a logarithm (an exponential distribution has 2), and the fewest rows.
LONG_TAIL = 1.0
ROWS_FOR_LOG = 500


def task_for(settings: Settings, table: pa.Table) -> str:
    """The task to infer: a loss or a transform for numbers makes a few whole numbers a regression, not classes."""
    if settings.task != "auto" or not settings.target:
        return settings.task
    first = settings.target if isinstance(settings.target, str) else settings.target[0]
    for_numbers = settings.loss != DEFAULTS.loss or settings.target_transform == "log"
    if not for_numbers or first not in table.column_names:
        return settings.task
    return "regression" if storage_of(table.column(first), first) == "number" else settings.task


def may_need_log(settings: Settings, y: NDArray[np.float64]) -> bool:
    """True if a regression's targets, (rows, d_out), are never negative and have a long tail."""
    if settings.loss not in ("mse", "huber") or len(y) < ROWS_FOR_LOG or y.min() < 0:
        return False
    return bool((_skewness(y) > LONG_TAIL).all())


def _skewness(y: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of each column, whose values are 0 or more; 0 if they are all equal."""
    scaled = y / np.maximum(
        y.max(0), np.finfo(y.dtype).tiny
    )  # cubes of some numbers have no place in 64 bits
    middle = scaled.mean(0)
    off = scaled - middle
    deviation = np.sqrt(np.square(off).mean(0))
    varies = deviation > np.finfo(y.dtype).eps * middle
    skewness: NDArray[np.float64] = np.mean((off / np.where(varies, deviation, np.inf)) ** 3, axis=0)
    return skewness


def choose_transform(settings: Settings, target: Target, y: NDArray[Any], weight: NDArray[np.float64]) -> str:
    """The target transform: "none" or "log"; "auto" if short runs must decide.

    Raises
    ------
    ConfigError
        If the loss or the transform are not for classes.
    DataError
        If the target has values that they cannot take.
    """
    if target.task != "regression":
        _check_classes(settings, target)
        return "none"
    check_targets(settings, target, y)
    if settings.loss == "poisson":
        _check_counts(target, y, weight)
    if settings.target_transform != "auto":
        return settings.target_transform
    is_linear = body_spec(settings.model).is_linear
    may_try = settings.effort != "fast" and not is_linear and may_need_log(settings, y)
    return "auto" if may_try else "none"


def _check_counts(target: Target, y: NDArray[Any], weight: NDArray[np.float64]) -> None:
    counted = weight > 0 if weight.any() else slice(None)
    for name, values in zip(target.names, y[counted].T, strict=True):
        if not values.any():
            raise DataError(f"loss='poisson' takes targets with a mean above 0; {name!r} is 0 in all rows.")


def check_targets(settings: Settings, target: Target, y: NDArray[Any], what: str = "The target") -> None:
    """Refuse negative targets where the loss or the transform takes none.

    Raises
    ------
    DataError
    """
    log = settings.target_transform == "log"
    if target.task != "regression" or not (log or settings.loss == "poisson"):
        return
    setting = "target_transform='log'" if log else "loss='poisson'"
    for name, values in zip(target.names, y.T, strict=True):
        below = values < 0
        if below.any():
            raise DataError(
                f"{what} {name!r} is {float(values[below][0])!r} in {row_list(below.nonzero()[0][:1])}; "
                f"{setting} takes none below 0."
            )


def check_other_targets(
    settings: Settings, target: Target, sample: NDArray[Any], tries_log: bool, y: NDArray[Any]
) -> None:
    """Refuse targets of rows beside a sample that its loss or transform cannot take.

    Parameters
    ----------
    sample, y : (rows, d_out) numbers, or codes of classes
    tries_log : bool
        A logarithm may be chosen.

    Raises
    ------
    DataError
    """
    check_targets(settings, target, y)
    if target.task != "regression" or not (tries_log or settings.target_transform == "log"):
        return
    for name, values, least in zip(target.names, y.T, sample.min(0), strict=True):
        below = values <= 0 if least > 0 else values < 0
        if below.any():
            raise DataError(
                f"The target {name!r} is {float(values[below][0])!r} in {row_list(below.nonzero()[0][:1])}, but "
                f"{'above' if least > 0 else 'not below'} 0 in the sample, so its logarithm may be learned; "
                "target_transform='none' does not."
            )


def check_later_targets(scale: TargetScale | None, target: Target, y: NDArray[Any]) -> None:
    """Refuse targets of 0 for a model that has begun to learn log(y) from targets above 0.

    Raises
    ------
    DataError
    """
    if scale is None or scale.shift is None:
        return
    for name, values, shift in zip(target.names, y.T, scale.shift[0, 0].tolist(), strict=True):
        zero = values + shift <= 0
        if zero.any():
            raise DataError(
                f"The target {name!r} is 0 in {row_list(zero)}; the model learns its logarithm, "
                "because it was above 0 in the first rows."
            )


def _check_classes(settings: Settings, target: Target) -> None:
    what = f"the target {target.names[0]!r} holds classes"
    if settings.loss != DEFAULTS.loss:
        raise ConfigError(f"loss={settings.loss!r} is for regression; {what}.")
    if settings.target_transform == "log":
        raise ConfigError(f"target_transform='log' is for regression; {what}.")
