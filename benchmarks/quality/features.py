"""Preparation for linear models and networks beyond `netable.comparison.features`, fitted on the training rows only."""

from __future__ import annotations

from typing import Self

import pandas as pd
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

from netable.comparison.features import MISSING


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


def _as_words(X: pd.DataFrame) -> pd.DataFrame:
    return X.astype(object).where(X.notna(), MISSING).astype(str)
