"""Ways in which one column of a table shifts."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

# Numbers of fewer values are levels: half a deviation moves them onto others, or nowhere.
FEWEST_VALUES = 20
# Shares of a level that is to double.
LEAST_SHARE, MOST_SHARE = 0.05, 0.4
INCHES = 2.54


def is_number(column: pd.Series) -> bool:
    """True for numbers of many values."""
    return bool(pd.api.types.is_numeric_dtype(column) and column.nunique() >= FEWEST_VALUES)


def has_level(column: pd.Series) -> bool:
    """True for a category with a level that can double."""
    return not pd.api.types.is_numeric_dtype(column) and _level(column) is not None


def _level(column: pd.Series) -> object:
    if pd.api.types.is_datetime64_any_dtype(column) or pd.api.types.is_bool_dtype(column):
        return None
    shares = column.value_counts() / len(column)
    fitting = shares[(shares >= LEAST_SHARE) & (shares <= MOST_SHARE)]
    return fitting.index[-1] if len(fitting) else None


def shifted(column: pd.Series, rng: np.random.Generator) -> pd.Series:
    """Half a standard deviation more."""
    return column + 0.5 * column.std()


def other_unit(column: pd.Series, rng: np.random.Generator) -> pd.Series:
    """Centimetres in place of inches."""
    return column * INCHES


def doubled(column: pd.Series, rng: np.random.Generator) -> pd.Series:
    """A level twice as frequent, in place of others; the rarest of those that 5 to 40 % of the rows have."""
    level = _level(column)
    has = (column == level).to_numpy()
    turned = rng.choice(np.flatnonzero(~has), int(has.sum()), replace=False)
    changed = column.astype(object).copy()
    changed.iloc[turned] = level
    return changed.astype(column.dtype)


def gone(column: pd.Series, rng: np.random.Generator) -> pd.Series:
    """Every cell missing."""
    return pd.Series([None] * len(column), index=column.index, dtype=object)


Shift = Callable[..., "pd.Series"]
# The name of each shift, which columns can have it, and the shift.
SHIFTS: dict[str, tuple[Callable[..., bool], Shift]] = {
    "half a deviation more": (is_number, shifted),
    "another unit": (is_number, other_unit),
    "a level doubled": (has_level, doubled),
    "all missing": (lambda column: True, gone),
}
