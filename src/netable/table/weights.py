"""The weights of rows and of classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import ArrayLike, NDArray

from netable.errors import ConfigError, DataError, check_at_least, did_you_mean, warn
from netable.table.canonical.messages import check_columns, row_list
from netable.table.target import Label

# Share of the largest weight; smaller weights are lost in 32 bits.
_LEAST_SHARE = 1e-30


def row_weights(
    table: pa.Table, column: str | None = None, given: ArrayLike | None = None, *, required: bool = False
) -> NDArray[np.float64]:
    """The weight of each row: as given, else from the weight column, else 1.

    Parameters
    ----------
    table : pyarrow.Table
        Canonical.
    column : str, optional
        The weight column.
    given : (rows,), optional
        Weights that count instead of the column.
    required : bool
        Refuse a table without its weight column; else warn, and let all rows count the same.

    Returns
    -------
    float64 (rows,)
        The largest is 1, because only proportions matter.

    Raises
    ------
    SchemaError
        If a required weight column is not in the table.
    DataError
        As `check_weights`.
    """
    if given is None and column:
        if required:
            check_columns([column], table.column_names, "The weight column")
        if column in table.column_names:
            given = table.column(column).to_numpy()
        else:
            warn(f"Without the weight column {column!r}, all rows count the same.")
    if given is None:
        return np.ones(table.num_rows)
    weights = check_weights(given, table.num_rows)
    return in_units(weights, weights.max(initial=0))


def largest_weight(table: pa.Table, column: str | None) -> float:
    """The largest weight in a column; 1 without one."""
    return float(pc.max(table.column(column)).as_py()) if column else 1.0


def weights_of_some(table: pa.Table, column: str | None, unit: float) -> NDArray[np.float64]:
    """The weights of some rows of a table, in a unit that is the same for all of them.

    Raises
    ------
    DataError
        As `check_weights`, but all of them may be zero.
    """
    if column is None:
        return np.ones(table.num_rows)
    given = table.column(column)
    if not given.null_count and not pc.any(pc.not_equal(given, 0)).as_py():
        return np.zeros(table.num_rows)
    return in_units(check_weights(given.to_numpy(), table.num_rows), unit)


def in_units(weights: NDArray[np.float64], unit: float) -> NDArray[np.float64]:
    """Weights as multiples of a unit, in 40 bits: the same bits whatever the scale they were given in.

    Training amplifies a difference in the last bit.
    """
    share, exponent = np.frexp(weights / unit) if len(weights) else (weights, np.zeros(0, int))
    rounded: NDArray[np.float64] = np.ldexp(np.rint(share * 2.0**40), exponent - 40)
    return rounded


def check_weights(weight: ArrayLike, n_rows: int) -> NDArray[np.float64]:
    """Check the weights of rows and return them as float64 (rows,).

    Raises
    ------
    DataError
        If there is not one number for each row; if one is missing, infinite or negative; if all are zero, or some
        negligible beside the largest.
    """
    try:
        weights = np.array(weight, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(f"The weights must be numbers: {error}.") from error
    if weights.shape != (n_rows,):
        got = f"{len(weights)}" if weights.ndim == 1 else f"shape {weights.shape}"
        raise DataError(f"There must be one weight for each of {n_rows} rows; got {got}.")
    for fault, wrong in (
        ("missing", np.isnan(weights)),
        ("infinite", np.isinf(weights)),
        ("negative", weights < 0),
    ):
        if wrong.any():
            raise DataError(f"The weight is {fault} in {row_list(wrong)}; weights are zero or more.")
    if n_rows and not weights.any():
        raise DataError(f"All {n_rows} weights are zero; at least one row must count.")
    least, most = weights[weights > 0].min(initial=np.inf), weights.max(initial=0)
    if least < most * _LEAST_SHARE:
        raise DataError(
            f"The weights range from {least:.3g} to {most:.3g}; the smallest are negligible beside the largest. "
            "Set them to zero, or correct the largest."
        )
    return weights


def class_weights(
    labels: Sequence[Label],
    codes: np.ndarray,
    class_weight: str | Mapping[Any, float] | None,
    weight: np.ndarray | None = None,
) -> np.ndarray:
    """The weight of each class, in the order of `labels`.

    Parameters
    ----------
    labels : sequence of label
        The classes.
    codes : int64 (rows,)
        The class of each row.
    class_weight : None, "balanced" or a mapping of label to weight
        None is 1 for each; "balanced" gives each class the same sum over the rows; a mapping may name a label
        by its text, and classes that it does not name weigh 1.
    weight : float64 (rows,), optional
        The weight of each row, for "balanced".

    Raises
    ------
    ConfigError
        If `class_weight` names no label, or a weight is not a number of zero or more.
    """
    if class_weight is None:
        return np.ones(len(labels))
    if isinstance(class_weight, Mapping):
        return _mapped(labels, class_weight)
    if class_weight != "balanced":
        raise ConfigError(f"class_weight must be 'balanced', a mapping or None; got {class_weight!r}.")
    counts = np.bincount(codes, weights=weight, minlength=len(labels)).astype(np.float64)
    weights = np.zeros(len(labels))
    present = counts > 0
    weights[present] = counts.sum() / (len(labels) * counts[present])
    return weights


def _mapped(labels: Sequence[Label], class_weight: Mapping[Any, float]) -> np.ndarray:
    weights = np.ones(len(labels))
    position = {str(label): i for i, label in enumerate(labels)}
    position |= {label: i for i, label in enumerate(labels)}  # type: ignore[misc]
    for key, value in class_weight.items():
        code = position.get(key, position.get(str(key)))
        if code is None:
            raise ConfigError(
                f"class_weight names {key!r}, which is no class. "
                f"{did_you_mean(str(key), [str(label) for label in labels])}"
            )
        check_at_least(f"class_weight of {key!r}", value, 0)
        if value == np.inf:
            raise ConfigError(f"class_weight of {key!r} must be finite; got {value!r}.")
        weights[code] = value
    if not weights.any():
        raise ConfigError("class_weight is zero for every class; at least one must count.")
    return weights
