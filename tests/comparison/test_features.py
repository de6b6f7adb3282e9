"""The columns of a table as boosted trees get them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from netable.comparison.features import Categories, PlainColumns, WordForMissing
from small import mixed_frame


def plain(frame: pd.DataFrame) -> pd.DataFrame:
    return PlainColumns().fit(frame).transform(frame)


def test_plain_columns__mixed_table__are_numbers_and_text() -> None:
    mixed = mixed_frame()
    found = plain(mixed.drop(columns=["price", "dear", "third"]))

    # size, city, garden, and four parts of the date; names and the empty column are left out.
    assert list(found) == [f"c{i}" for i in range(7)]
    assert [pd.api.types.is_float_dtype(dtype) for dtype in found.dtypes] == [
        True,
        False,
        True,
        True,
        True,
        True,
        True,
    ]
    assert found["c1"].isna().sum() == mixed["city"].isna().sum()
    assert set(found["c1"].dropna()) == {"a{1}", "b", "c"}


def test_plain_columns__dates__are_days_month_weekday_and_hour() -> None:
    dates = pd.DataFrame({"at": pd.to_datetime(["1970-01-02 12:00", None])})

    found = plain(dates)

    assert found.iloc[0].tolist() == [1.5, 1, 4, 12]
    assert found.iloc[1].isna().all()


def test_plain_columns__nullable_types__become_float() -> None:
    frame = pd.DataFrame({"n": pd.array([1, None], "Int64"), "b": pd.array([True, None], "boolean")})

    np.testing.assert_array_equal(plain(frame).to_numpy(), [[1, 1], [np.nan, np.nan]])


def test_categories__level_never_seen__is_missing() -> None:
    step = Categories().fit(pd.DataFrame({"c": ["b", None, "a"]}))

    found = step.transform(pd.DataFrame({"c": ["a", "z", "b"]}))["c"]

    assert list(found.cat.categories) == ["a", "b"]
    assert found.cat.codes.tolist() == [0, -1, 1]


def test_word_for_missing__text_and_numbers__only_text_is_filled() -> None:
    frame = pd.DataFrame({"c": ["b", None], "x": [1.0, None]})

    found = WordForMissing().fit(frame).transform(frame)

    assert found["c"].tolist() == ["b", "missing"]
    assert found["x"].isna().tolist() == [False, True]
