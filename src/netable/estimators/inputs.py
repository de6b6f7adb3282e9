"""Checks and conversions of the inputs of the estimators."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from operator import index
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from sklearn.exceptions import NotFittedError

from netable.errors import ConfigError, DataError, DataTypeError, UserError, warn
from netable.table.canonical.arrow import python_column
from netable.table.reading.base.frames import is_records, is_row_of, read_records
from netable.table.reading.read import read

# The dtype of labels of these types; see `netable.table.target.Target`.
LABEL_DTYPES = {bool: "bool", int: "int64", str: "object"}


class NotFitted(UserError, NotFittedError):
    """The estimator must be fitted first."""


class NoRows(DataError, AttributeError):
    """The rows of `fit` are no longer known, nor what follows from them."""


def plain_labels(classes: NDArray[Any]) -> list[str | int | bool]:
    """Labels as a target column holds them: booleans, whole numbers, or text."""
    kind = classes.dtype.kind
    convert: type[str | int | bool] = bool if kind == "b" else int if kind in "iuf" else str
    return [convert(label) for label in classes]


def target_names(y: Any, n_targets: int, *, taken: Collection[str]) -> tuple[str, ...]:
    """Names of the targets in a model file: those of a frame or series if they differ from X's, else `y` or similar."""
    names = tuple(y.columns) if hasattr(y, "columns") else (getattr(y, "name", None),)
    usable = all(isinstance(name, str) and name.strip() == name != "" for name in names)
    if len(set(names)) == n_targets and usable and not set(names) & set(taken):
        return names
    plain = ("y", "target", "~target")
    base = next((base for base in plain if not set(taken) & set(_numbered(base, n_targets))), plain[-1])
    return _numbered(base, n_targets)


def _numbered(base: str, n: int) -> tuple[str, ...]:
    return (base,) if n == 1 else tuple(f"{base}{i}" for i in range(n))


def as_frame(X: Any, names: Sequence[str]) -> Any:
    """X as a frame if it is a dict or a list of dicts, or, by the columns of training, a row or an array with texts."""
    if is_records(X):
        table = read_records(X, "X")
        known = [name for name in names if name in table.column_names]
        return table.select([*known, *(name for name in table.column_names if name not in known)])
    if len(names) and is_row_of(X, names):
        return as_frame(dict(X), names)
    if len(names) and isinstance(X, np.ndarray) and X.dtype.kind in "OU" and X.shape[1:] == (len(names),):
        warn("X is an array with texts: its columns are taken in the order of training.")
        return read_records({name: column.tolist() for name, column in zip(names, X.T, strict=True)}, "X")
    return X


def refuse_texts(X: Any, error: ValueError) -> None:
    """Raise a `DataError` with the first cell of an array that is no number; none if all are."""
    if hasattr(X, "dtype") and getattr(X.dtype, "kind", "") not in "OUT":
        return
    try:
        cells = np.array(X, dtype=object)
    except ValueError:  # rows of different lengths
        return
    if cells.ndim != 2:
        return
    for (row, column), cell in np.ndenumerate(cells):
        try:
            float(cell)
        except (TypeError, ValueError):
            raise DataError(
                f"X holds {cell!r:.60} in row {row + 1}, column {column + 1}: an array holds only numbers. Pass a "
                "DataFrame; a transformer before it returns one after set_output(transform='pandas')."
            ) from error


def is_frame(X: Any) -> bool:
    """True for a frame with named columns; a pandas frame of numbered ones counts as an array."""
    if not hasattr(X, "columns"):
        return False
    if hasattr(X, "iloc"):
        return X.columns.nlevels > 1 or any(isinstance(name, str) for name in X.columns)
    return hasattr(X, "__arrow_c_stream__")


def weights_from(sample_weight: Any) -> NDArray[np.float64] | None:
    """Row weights as an array; `DataError` if they are not numbers."""
    try:
        return None if sample_weight is None else np.asarray(sample_weight, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(f"sample_weight must hold numbers: {error}.") from error


def row_column(values: Any, name: str, storage: str | None) -> pa.ChunkedArray:
    """Groups or times of rows as a canonical column; `DataError` if they are not one column."""
    if hasattr(values, "to_frame"):
        frame: Any = values.to_frame(name)
    else:
        array = np.asarray(values)
        if array.ndim != 1:
            raise DataError(
                f"{name} must be one value for each row; got an array of the shape {array.shape}."
            )
        is_date = array.dtype.kind == "M"
        frame = pa.table({name: pa.array(array) if is_date else python_column(array.tolist(), name, name)})
    return read(frame, storage={name: storage} if storage else None).column(name)


def seed_from(random_state: Any, checkpoint: Any = None) -> int:
    """A seed: the number itself, one drawn from a generator, or a new one for None; else a `ConfigError`.

    With a checkpoint it must be an integer, because a resumed fit needs the same seed.
    """
    drawn = random_state is None or isinstance(random_state, np.random.RandomState | np.random.Generator)
    if checkpoint is not None and drawn:
        raise ConfigError(
            f"checkpoint needs an integer as random_state, so that the same fit can resume; got {random_state!r}."
        )
    if random_state is None:
        return int(np.random.SeedSequence().generate_state(1)[0])
    if isinstance(random_state, np.random.RandomState):
        return int(random_state.randint(2**31))
    if isinstance(random_state, np.random.Generator):
        return int(random_state.integers(2**31))
    try:
        return index(random_state)
    except TypeError:
        raise ConfigError(
            f"random_state must be an integer, a NumPy generator or None; got {random_state!r}."
        ) from None


@contextmanager
def as_user_errors() -> Iterator[None]:
    """Turn errors of scikit-learn's checks into ours, with the same text and builtin type."""
    try:
        yield
    except UserError:
        raise
    except TypeError as error:
        raise DataTypeError(str(error)) from error
    except ValueError as error:
        raise DataError(str(error)) from error
