"""What a careful person does to a table before a peer sees it; everything is learned from the training rows."""

from __future__ import annotations

from typing import Protocol, Self

import numpy as np
import pandas as pd
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

MISSING = "missing"
MOST_DISTINCT = 0.9


class Preparation(Protocol):
    """One step from a table to what a method takes."""

    def fit(self, X: pd.DataFrame) -> Self:
        """Learn from the training rows."""

    def transform(self, X: pd.DataFrame) -> pd.DataFrame:
        """The same step for any rows."""


class PlainColumns:
    """Numbers, and text for everything else: dates become numbers, column names lose their odd characters.

    Columns without values are left out, and so is text that hardly ever says the same twice: names, not categories.
    """

    def fit(self, X: pd.DataFrame) -> Self:
        """Decide which columns stay."""
        self.names = [name for name in X.columns if _is_of_use(X[name])]
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
    """Text becomes pandas' categories; a level that training did not have is missing."""

    def fit(self, X: pd.DataFrame) -> Self:
        """Take down the levels."""
        self.levels = {name: sorted(X[name].dropna().unique()) for name in _text_columns(X)}
        return self

    def transform(self, X: pd.DataFrame) -> pd.DataFrame:
        """The same table with a category dtype where there was text."""
        known = {name: X[name].where(X[name].isin(levels)) for name, levels in self.levels.items()}
        dtypes = {name: pd.CategoricalDtype(levels) for name, levels in self.levels.items()}
        return X.assign(**known).astype(dtypes)


class WordForMissing:
    """Missing text becomes a word of its own."""

    def fit(self, X: pd.DataFrame) -> Self:
        """Nothing is learned."""
        return self

    def transform(self, X: pd.DataFrame) -> pd.DataFrame:
        """The same table without missing text."""
        return X.fillna(dict.fromkeys(_text_columns(X), MISSING))


class FilledNumbers:
    """Missing numbers become the median, and a column tells that they were missing."""

    def fit(self, X: pd.DataFrame) -> Self:
        """Take down the medians."""
        numbers = X.select_dtypes("number")
        self.medians = numbers.median()
        self.with_gaps = [name for name in numbers if numbers[name].isna().any()]
        return self

    def transform(self, X: pd.DataFrame) -> pd.DataFrame:
        """The same table without missing numbers, and the columns that tell."""
        gaps = X[self.with_gaps].isna().astype(float).add_suffix("_missing")
        return pd.concat([X.fillna(self.medians), gaps], axis=1)


class ScaledAndOneHot:
    """Numbers centred and scaled, with a column that tells what was missing; rare levels put together."""

    def fit(self, X: pd.DataFrame) -> Self:
        """Learn medians, deviations and levels."""
        numbers = make_pipeline(SimpleImputer(strategy="median", add_indicator=True), StandardScaler())
        one_hot = OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=3)
        words = make_pipeline(FunctionTransformer(_as_words), one_hot)
        self.columns = make_column_transformer(
            (numbers, make_column_selector(dtype_include="number")),
            (words, make_column_selector(dtype_exclude="number")),
        ).fit(X)
        return self

    def transform(self, X: pd.DataFrame) -> pd.DataFrame:
        """A matrix, sparse if most of it is zero."""
        return self.columns.transform(X)


def _is_number(column: pd.Series) -> bool:
    return bool(pd.api.types.is_numeric_dtype(column))


def _is_of_use(column: pd.Series) -> bool:
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


def _text_columns(X: pd.DataFrame) -> list[str]:
    return [name for name in X.columns if not _is_number(X[name])]


def _as_words(X: pd.DataFrame) -> pd.DataFrame:
    return X.astype(object).where(X.notna(), MISSING).astype(str)
