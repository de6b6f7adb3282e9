"""Preparation of a table for boosted trees; everything is learned from the training rows.

netable does not depend on pandas: this module is imported only with a library that takes its frames.
"""

from __future__ import annotations

from typing import Any, Protocol, Self

import numpy as np
import pandas as pd

MISSING = "missing"
MOST_DISTINCT = 0.9


class Preparation(Protocol):
    """One step of the preparation of a table."""

    def fit(self, X: pd.DataFrame) -> Self:
        """Learn from the training rows."""

    def transform(self, X: pd.DataFrame) -> Any:
        """Apply the step to any rows."""


class PlainColumns:
    """Numbers, and text for everything else: dates become numbers, columns are renamed to plain letters.

    Columns without values are left out, and so is text that is almost always distinct, such as names.
    """

    def fit(self, X: pd.DataFrame) -> Self:
        """Choose the columns to keep."""
        self.names = [name for name in X.columns if _is_useful(X[name])]
        return self

    def transform(self, X: pd.DataFrame) -> pd.DataFrame:
        """Columns c0, c1, …: float64, or text with None for missing."""
        columns = []
        for name in self.names:
            if pd.api.types.is_datetime64_any_dtype(X[name]):
                columns += _date_parts(X[name])
            elif _is_number(X[name]):
                columns.append(X[name].astype(float))
            else:
                columns.append(_as_text(X[name]))
        return pd.DataFrame({f"c{i}": column for i, column in enumerate(columns)}, index=X.index)


class Categories:
    """Text becomes categories of pandas; a level absent from training becomes missing."""

    def fit(self, X: pd.DataFrame) -> Self:
        """Learn the levels."""
        self.levels = {name: sorted(X[name].dropna().unique()) for name in text_columns(X)}
        return self

    def transform(self, X: pd.DataFrame) -> pd.DataFrame:
        """The table with a category dtype for text."""
        known = {name: X[name].where(X[name].isin(levels)) for name, levels in self.levels.items()}
        dtypes = {name: pd.CategoricalDtype(levels) for name, levels in self.levels.items()}
        return X.assign(**known).astype(dtypes)


class WordForMissing:
    """Missing text becomes the word "missing"."""

    def fit(self, X: pd.DataFrame) -> Self:
        """Do nothing: there is nothing to learn."""
        return self

    def transform(self, X: pd.DataFrame) -> pd.DataFrame:
        """The table without missing text."""
        return X.fillna(dict.fromkeys(text_columns(X), MISSING))


def text_columns(X: pd.DataFrame) -> list[str]:
    """The columns that are not numeric."""
    return [name for name in X.columns if not _is_number(X[name])]


def _is_number(column: pd.Series) -> bool:
    return bool(pd.api.types.is_numeric_dtype(column))


def _is_useful(column: pd.Series) -> bool:
    values = column.dropna()
    if values.empty:
        return False
    if _is_number(column) or pd.api.types.is_datetime64_any_dtype(column):
        return True
    return bool(values.nunique() <= MOST_DISTINCT * len(values))


def _date_parts(column: pd.Series) -> list[pd.Series]:
    day = np.timedelta64(1, "D")
    since = (column - pd.Timestamp(0, tz=column.dt.tz)) / day
    return [since, *(part.astype(float) for part in (column.dt.month, column.dt.day_of_week, column.dt.hour))]


def _as_text(column: pd.Series) -> pd.Series:
    text = column.astype(object)
    return text.where(text.isna(), text.astype(str)).where(text.notna(), None)
