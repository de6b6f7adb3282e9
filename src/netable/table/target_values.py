"""Values of a target: rows that have one, complete, finite, and the labels of classes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from netable.config.settings import Settings
from netable.errors import DataError, warn
from netable.system.wording import counted, setting
from netable.table.canonical.casts import convert
from netable.table.canonical.messages import row_list
from netable.table.canonical.storage import storage_of
from netable.table.labels import Label, is_whole_text, sorted_labels

# Whole numbers with more distinct values are measurements; with fewer, they are classes.
_CLASSES_AT_MOST = 20
# Sums of the squares of larger numbers may not fit into 64 bits.
_HUGE = 1e150


def check_complete(data: pa.ChunkedArray, name: str, otherwise: str = "") -> None:
    """Refuse dates and missing values; `otherwise` names another way out."""
    if storage_of(data, name) == "timestamp":
        raise DataError(f"The target {name!r} holds dates; a target is a number or a class.")
    missing = data.is_null().to_numpy()
    if missing.any():
        raise DataError(
            f"The target {name!r} is missing in {missing.sum()} of {len(missing)} rows: {row_list(missing)}; "
            f"fill them in or remove these rows{otherwise}."
        )


def check_numbers(table: pa.Table, names: Sequence[str]) -> None:
    """Refuse several targets that are not all numbers."""
    for name in names:
        if (storage := storage_of(table.column(name), name)) != "number":
            others = setting("ignore_columns", [other for other in names if other != name])
            raise DataError(
                f"Several targets must hold numbers; {name!r} holds {storage}. Write classes as 0 and 1 to predict "
                f"their probabilities, or train a model for each: {setting('target', [name])} with {others}."
            )


def finite(data: pa.ChunkedArray, name: str) -> np.ndarray:
    """The numbers of a target, (rows,); infinite and huge ones are refused."""
    values: np.ndarray = convert(data, "number", name).to_numpy()
    infinite = ~np.isfinite(values)
    if infinite.any():
        raise DataError(f"The target {name!r} is infinite in {row_list(infinite)}; correct these rows.")
    if (huge := np.abs(values) > _HUGE).any():
        raise DataError(
            f"The target {name!r} is {values[huge][0]:.3g} in {row_list(huge)}, too large to be squared; correct "
            "these rows, or use another unit."
        )
    return values


def few_whole_numbers(data: pa.ChunkedArray, name: str) -> int | None:
    """The number of distinct whole numbers if they may be classes, else 0; None for a column without numbers."""
    if storage_of(data, name) != "number":
        return None
    values = np.unique(data.to_numpy())
    return len(values) if len(values) <= _CLASSES_AT_MOST and _are_whole(values).all() else 0


def _are_whole(values: np.ndarray) -> np.ndarray:
    whole: np.ndarray = (values == np.floor(values)) & (np.abs(values) < 2**63)
    return whole


def labels_of(data: pa.ChunkedArray, name: str) -> tuple[tuple[Label, ...], np.ndarray, str]:
    """The labels in order, the count of each, and their type."""
    storage = storage_of(data, name)
    if storage == "number":
        values, counts = np.unique(finite(data, name), return_counts=True)
        whole = _are_whole(values)
        if not whole.all():
            value = values[~whole][0]
            row = row_list(np.flatnonzero(data.to_numpy() == value)[:1])
            raise DataError(
                f"The target {name!r} holds {float(value)!r} in {row}; classes are text or whole numbers. "
                "Use task='regression', or name the classes."
            )
        return tuple(int(value) for value in values), counts, "int64"
    if storage == "category":
        data = data.cast(pa.string())
    counted = {c["values"]: c["counts"] for c in data.value_counts().to_pylist()}
    labels = sorted(counted) if storage == "boolean" else sorted_labels(counted)
    counts = np.array([counted[label] for label in labels])
    if storage == "category" and all(map(is_whole_text, labels)):
        # The same labels as from a CSV, which has a column of whole numbers.
        return tuple(map(int, labels)), counts, "int64"
    return tuple(labels), counts, "bool" if storage == "boolean" else "object"


def has_target(table: pa.Table, settings: Settings) -> NDArray[np.bool_] | None:
    """True for the rows to keep, which have a target; None for all, also where `missing_target` wants an error."""
    names = [settings.target] if isinstance(settings.target, str) else settings.target or ()
    complete = [table.column(name).is_valid().to_numpy() for name in names if name in table.column_names]
    if settings.missing_target == "error" or not complete:
        return None
    known: NDArray[np.bool_] = np.all(complete, axis=0)
    return None if known.all() else known


def labelled(
    table: pa.Table, settings: Settings, weight: NDArray[np.floating] | None = None
) -> tuple[pa.Table, NDArray[Any] | None]:
    """The rows that have a target and their weights, if `missing_target` asks for them, else all.

    Warns
    -----
    DataWarning
        If rows are left out.
    """
    known = has_target(table, settings)
    if known is None:
        return table, weight
    warn_of_left_out(int((~known).sum()))
    return table.filter(pa.array(known)), None if weight is None else np.asarray(weight)[known]


def warn_of_left_out(count: int) -> None:
    """Warn of rows without a target, if there are any."""
    if count:
        warn(f"{counted(count, 'row')} left out, because the target is missing (missing_target='drop').")
