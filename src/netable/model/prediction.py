"""Predictions as labels and columns, and their checks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from netable.errors import ConfigError, DataError, warn
from netable.model.intervals import Intervals
from netable.table.canonical.messages import row_list
from netable.table.encode import Encoded
from netable.table.target import Target


def check_threshold(target: Target, threshold: float | None) -> None:
    """Raise `ConfigError` if a threshold is not from 0 to 1, or the target does not have two classes."""
    if threshold is None:
        return
    if target.task != "binary":
        what = "is a regression" if target.task == "regression" else f"has {len(target.labels)} classes"
        raise ConfigError(f"A threshold is for two classes; this model {what}. Leave it out.")
    if not 0 <= threshold <= 1:
        raise ConfigError(f"A threshold is a probability from 0 to 1; got {threshold:g}.")


def predicted_labels(
    target: Target, outcome: NDArray[np.float64], threshold: float | None = None
) -> NDArray[Any]:
    """The label of the most probable class, or of the second of two from a threshold on: (rows,)."""
    codes = outcome.argmax(1) if threshold is None else (outcome[:, 1] >= threshold).astype(np.int64)
    return target.decode(codes)


def prediction_columns(
    target: Target, outcome: NDArray[np.float64], threshold: float | None = None
) -> dict[str, pa.Array]:
    """`prediction`, and `proba_<class>` for classes; for several targets `prediction_<name>`."""
    if target.task != "regression":
        columns = {"prediction": pa.array(predicted_labels(target, outcome, threshold))}
        return columns | {
            f"proba_{label}": pa.array(p) for label, p in zip(target.labels, outcome.T, strict=True)
        }
    return target_columns(target, "prediction", outcome)


def prediction_table(
    target: Target,
    intervals: Intervals,
    outcome: NDArray[np.float64],
    interval: float | None = None,
    threshold: float | None = None,
) -> pa.Table:
    """`prediction_columns`, with a coverage `interval` also `lower` and `upper`."""
    check_threshold(target, threshold)
    columns = prediction_columns(target, outcome, threshold)
    if interval is not None:
        intervals.check(interval)
        ends = intervals.around(outcome, interval)
        for name, end in zip(("lower", "upper"), ends, strict=True):
            columns |= target_columns(target, name, end)
    return pa.table(columns)


def target_columns(target: Target, what: str, values: NDArray[np.float64]) -> dict[str, pa.Array]:
    """A column for each target of a regression: `what`, for several `what_<name>`."""
    if len(target.names) == 1:
        return {what: pa.array(values[:, 0])}
    return {f"{what}_{name}": pa.array(y) for name, y in zip(target.names, values.T, strict=True)}


def checked(outcome: NDArray[np.float64]) -> NDArray[np.float64]:
    """An outcome, if it is finite; else `DataError`."""
    finite = np.isfinite(outcome)
    if not finite.all():
        raise DataError(
            f"The model predicts no finite number in {row_list(~finite.all(1))}; either these rows are "
            "far from all that it learned from, or its weights are broken."
        )
    return outcome


def with_warnings(encoded: Encoded) -> Encoded:
    """Encoded rows, with a warning of levels and ranges that training did not have."""
    warn_of_cells(encoded.unseen, encoded.far_out)
    return encoded


def warn_of_cells(unseen: Mapping[str, int], far_out: Mapping[str, int]) -> None:
    """Warn of levels and ranges that training did not have; see `netable.table.encode.Encoded`."""
    for what, counts in (
        ("Levels never seen in training", unseen),
        ("Farther outside the range of training than that is wide", far_out),
    ):
        if counts:
            cells = ", ".join(f"{name!r} ({count})" for name, count in counts.items())
            warn(f"{what}, in cells: {cells}.")
