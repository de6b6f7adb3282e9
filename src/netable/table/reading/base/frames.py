"""Tables in memory: Arrow, pandas and other frames, and arrays of numbers."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import Any, TypeGuard

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from netable.config.values import is_text
from netable.errors import DataError, DataTypeError, SchemaError, UserError
from netable.table.canonical.arrow import python_column
from netable.table.canonical.marks import unusable
from netable.table.canonical.messages import name_list

# A sparse array is filled in up to this many cells: 2 GiB of numbers.
LARGEST_DENSE = 1 << 28


def read_frame(frame: Any, source: str, columns: Collection[str] | None) -> pa.Table:
    """A frame as an Arrow table; the frame is not changed.

    Raises
    ------
    DataTypeError
        If it is not a frame, or holds values of a type that is not supported.
    SchemaError
        If column names are not different texts.
    """
    if isinstance(frame, pa.Table):
        return frame
    if isinstance(frame, pa.RecordBatch):
        return pa.Table.from_batches([frame])
    if is_records(frame):
        return read_records(frame, source)
    if hasattr(frame, "iloc"):
        return _read_pandas(frame, source, columns)
    if not hasattr(frame, "__arrow_c_stream__"):
        raise DataTypeError(
            "expected a path, an array, or a pandas, polars, Arrow or DuckDB frame, a dict or a list of dicts; "
            f"got a {type(frame).__name__}."
        )
    # Some libraries abort the process when such a name is exported to Arrow.
    if names := [name for name in getattr(frame, "columns", ()) if "\0" in str(name)]:
        raise SchemaError(f"{source}: the column {names[0]!r} has a NUL character in its name. Rename it.")
    try:
        return pa.table(frame)
    except UserError:
        raise
    except Exception as error:  # each library raises its own errors here
        reason = str(error).splitlines()[0]
        raise DataTypeError(f"{source}: Arrow cannot read this {type(frame).__name__} ({reason}).") from error


def is_row_of(source: Any, names: Collection[str]) -> bool:
    """This is a row of a pandas frame with these columns, such as `frame.iloc[0]`."""
    return hasattr(source, "iloc") and not hasattr(source, "columns") and set(names) <= set(source.index)


def is_records(source: Any) -> bool:
    """This is a dict, or a list of dicts."""
    rows = source if isinstance(source, list | tuple) and len(source) else [source]
    return all(isinstance(row, Mapping) and not is_sparse(row) for row in rows)


# Types of columns in a frame whose cells are Python's floats, integers, booleans and texts, or equal them.
_PLAIN_TYPES = ("float64", "int64", "bool", "object", "str", "category")


def few_records(source: Any, most: int) -> Sequence[Mapping[str, Any]] | None:
    """A few rows as dicts: a dict, a list of dicts, or a row or a short frame of pandas; None for all else."""
    if isinstance(source, dict):
        return [source]
    if isinstance(source, list):
        return source if len(source) <= most and all(isinstance(row, dict) for row in source) else None
    if type(source).__module__.partition(".")[0] != "pandas" or not 0 < len(source) <= most:
        return None
    if not hasattr(source, "columns"):
        return [dict(source)] if hasattr(source, "iloc") else None
    names = source.columns.tolist()
    if len(set(names)) < len(names) or any(kind.name not in _PLAIN_TYPES for kind in source.dtypes):
        return None
    return [dict(zip(names, source.iloc[i].tolist(), strict=True)) for i in range(len(source))]


def read_records(source: Any, name: str) -> pa.Table:
    """A dict of one row or of columns, or a list of dicts of rows; a key that only some rows have is missing in others.

    Raises
    ------
    DataTypeError
        If a value is of a type that is not supported.
    SchemaError
        If a key is no text, or columns differ in length.
    """
    if isinstance(source, Mapping):
        # A cell of a row may be a list, which no column can use.
        in_columns = all(
            hasattr(cells, "__len__") and not isinstance(cells, str) for cells in source.values()
        )
        columns = {key: list(cells) if in_columns else [cells] for key, cells in source.items()}
    else:
        columns = {key: [row.get(key) for row in source] for row in source for key in row}
    if others := [key for key in columns if not is_text(key)]:
        raise SchemaError(f"{name}: expected columns named by texts, got {others[0]!r}.")
    lengths = {len(cells) for cells in columns.values()}
    if len(lengths) > 1:
        raise SchemaError(
            f"{name}: its columns have different numbers of rows: {name_list(sorted(lengths))}."
        )
    named = [(key, partial(python_column, cells, key, name)) for key, cells in columns.items()]
    return _as_table(named, max(lengths, default=0))


def _as_table(columns: Sequence[tuple[str, Callable[[], pa.Array]]], n_rows: int) -> pa.Table:
    """The columns as a table; those that cannot be read are left unread, with a mark."""
    arrays, fields = [], []
    for name, column in columns:
        metadata = None
        try:
            array = column()
        except (DataError, DataTypeError) as error:
            array, metadata = pa.nulls(n_rows), unusable(error)
        arrays.append(array)
        fields.append(pa.field(name, array.type, metadata=metadata))
    return pa.table(arrays, schema=pa.schema(fields))


def _read_pandas(frame: Any, source: str, columns: Collection[str] | None) -> pa.Table:
    if not hasattr(frame, "columns"):
        raise DataTypeError(f"expected a table; got a {type(frame).__name__}. Use .to_frame() on it.")
    if frame.columns.nlevels > 1:
        raise SchemaError(
            f"{source}: its columns have names of {frame.columns.nlevels} levels; flatten them first: "
            "frame.columns = ['_'.join(map(str, name)) for name in frame.columns]"
        )
    others = [name for name in frame.columns if not isinstance(name, str)]
    if others:
        raise SchemaError(
            f"{source}: expected columns named by texts, got {others[0]!r} ({type(others[0]).__name__}). "
            "Use frame.columns = frame.columns.astype(str)"
        )
    if invalid := [name for name in frame.columns if not is_text(name)]:
        raise SchemaError(
            f"{source}: the column {invalid[0]!r} has half of a character in its name (a lone surrogate). Rename it."
        )
    chosen = [item for item in frame.items() if columns is None or item[0].strip() in columns]
    return _as_table(
        [(name, partial(_pandas_column, series, name, source)) for name, series in chosen], len(frame)
    )


def _pandas_column(series: Any, name: str, source: str) -> pa.Array | pa.ChunkedArray:
    try:
        return pa.array(series, from_pandas=True)
    except (pa.ArrowException, OverflowError, TypeError, ValueError):
        values = np.asarray(series)
    if values.dtype.kind == "c":
        raise DataTypeError(f"{source}: column {name!r} holds complex numbers; split them into two columns.")
    if values.dtype == object:
        return python_column(list(values), name, source)
    return pa.array(_native(values), from_pandas=True)


def _native(values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The values in a type that Arrow supports: neither a foreign byte order nor floats of more than 64 bits."""
    kind = values.dtype
    is_long = kind.kind == "f" and kind.itemsize > 8
    return values.astype(np.float64 if is_long else kind.newbyteorder("="), copy=False)


def read_array(X: Any, names: Sequence[str] | None = None) -> pa.Table:
    """A NumPy or SciPy sparse array as a table; see `from_array`."""
    shape = tuple(X.shape)
    if len(shape) != 2:
        raise DataError(f"expected an array of shape (rows, columns); got the shape {shape}.")
    if is_sparse(X):
        if shape[0] * shape[1] > LARGEST_DENSE:
            raise DataError(
                f"a sparse array of {shape[0]:,} × {shape[1]:,} is too large to be filled in; "
                f"at most {LARGEST_DENSE:,} cells fit. Choose fewer columns, or reduce them (TruncatedSVD)."
            )
        X = X.toarray()
    names = numbered_names(shape[1]) if names is None else list(names)
    if len(names) != shape[1]:
        raise SchemaError(f"expected {shape[1]} names, one for each column; got {len(names)}.")
    columns = [_number_column(X[:, i], name) for i, name in enumerate(names)]
    return pa.table(columns, names=names)


def numbered_names(columns: int) -> list[str]:
    """The names of an array's columns."""
    return [f"x{i}" for i in range(columns)]


def is_plain(X: Any, columns: int) -> TypeGuard[NDArray[np.floating]]:
    """True for an array of so many columns of floats, with rows, and without infinity."""
    return (
        type(X) is np.ndarray
        and X.dtype in (np.float64, np.float32)
        and X.ndim == 2
        and len(X) > 0
        and X.shape[1] == columns
        and not np.isinf(X).any()
    )


def is_sparse(X: Any) -> bool:
    """This is a SciPy sparse array (checked without importing SciPy)."""
    return hasattr(X, "toarray") and hasattr(X, "nnz")


def _number_column(column: np.ndarray[Any, Any], name: str) -> pa.Array:
    kind = column.dtype
    if kind.kind in "biufO":
        try:
            numbers = pa.array(_native(column), from_pandas=True)
            return numbers if pa.types.is_floating(numbers.type) else numbers.cast(pa.float64(), safe=False)
        except (pa.ArrowException, TypeError, ValueError):
            pass
    raise DataTypeError(
        f"column {name!r}: expected an array of numbers, got the type {kind}. For texts, dates and mixtures, "
        "use a frame with named columns."
    )
