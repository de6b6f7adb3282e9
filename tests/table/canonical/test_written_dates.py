"""Dates in a form that was set: `kinds={"created": "date:%d.%m.%Y"}`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest

from netable import NetRegressor
from netable.config.reading import ReadOptions
from netable.config.settings import SETTINGS, Settings
from netable.errors import ConfigError, DataError, DataTypeError, DataWarning
from netable.fit.fit import fit
from netable.model.file import load, save
from netable.table.canonical.forms import form_of
from netable.table.reading.read import read
from netable.table.schema import Schema
from small import QUICK

# Day and month could be told apart in neither.
TEXTS = ["01.02.2011", "03.04.2012", None, "05.06.2010"]
DATES = [datetime(2011, 2, 1), datetime(2012, 4, 3), None, datetime(2010, 6, 5)]


def options(form: str = "date:%d.%m.%Y", **more: Any) -> ReadOptions:
    return ReadOptions(kinds={"day": form}, **more)


@pytest.mark.parametrize(
    ("form", "texts", "dates"),
    [
        ("%d.%m.%Y", TEXTS, DATES),
        ("%m.%d.%Y", ["01.02.2011", "1.2.2011"], [datetime(2011, 1, 2)] * 2),
        ("%d%m%Y", ["01022011", "03042012"], DATES[:2]),
        ("%b %d, %Y", ["Feb 1, 2011", "Apr 3, 2012"], DATES[:2]),
        ("%d/%m/%y %H:%M", ["01/02/11 15:04", ""], [datetime(2011, 2, 1, 15, 4), None]),
        ("%Y-%m-%dT%H:%M:%S%z", ["2011-02-01T01:00:00+0100"], [datetime(2011, 2, 1)]),
        ("%Y", ["2011", "2012"], [datetime(2011, 1, 1), datetime(2012, 1, 1)]),
    ],
)
def test_read__form_of_dates__is_that_of_the_column(form: str, texts: list[Any], dates: list[Any]) -> None:
    table = read(pa.table({"day": texts, "x": list(range(len(texts)))}), options=options(f"date:{form}"))

    assert table.column("day").to_pylist() == dates
    assert form_of(table, "day") == f"as {form}"
    assert table.column("x").type == pa.float64()


@pytest.mark.parametrize("source", ["csv", "parquet", "pandas", "category", "numbers", "dates"])
def test_read__form_of_dates__any_source(source: str, tmp_path: Path) -> None:
    form, table = "date:%d.%m.%Y", pa.table({"day": TEXTS, "x": [1, 2, 3, 4]})
    given: Any = table.to_pandas()
    if source == "csv":
        pa.csv.write_csv(table, tmp_path / "t.csv")
        given = tmp_path / "t.csv"
    elif source == "parquet":
        pa.parquet.write_table(table, tmp_path / "t.parquet")
        given = tmp_path / "t.parquet"
    elif source == "category":
        given["day"] = given["day"].astype("category")
    elif source == "numbers":
        form, given["day"] = "date:%Y%m%d", [20110201, 20120403, None, 20100605]
    elif source == "dates":
        given["day"] = pd.to_datetime(pd.Series(DATES))

    assert read(given, options=options(form)).column("day").to_pylist() == DATES


@pytest.mark.parametrize("text", ["2011-02-01", "31.02.2011", "01.02.2011 x", "someday"])
def test_read__cell_in_another_form__is_named(text: str) -> None:
    error = rf"^the table, row 3, column 'day': expected a date such as '28\.02\.2013' \(%d\.%m\.%Y\), got '{text}'\.$"

    with pytest.raises(DataError, match=error):
        read(pa.table({"day": ["01.02.2011", None, text]}), options=options())
    ignored = read(pa.table({"day": [text], "x": [1]}), options=options(ignore_columns=("day",)))
    assert ignored.column("day").to_pylist() == [None]


def test_read__form_of_dates_and_later_storage__is_that_of_the_storage() -> None:
    storage = {"day": "timestamp, as %d.%m.%Y"}

    assert read(pa.table({"day": ["01.02.2011"]}), storage=storage)["day"].to_pylist() == DATES[:1]
    with pytest.raises(DataError, match=r"row 1, column 'day': expected a date such as '28\.02\.2013'"):
        read(pa.table({"day": ["2011-02-01"]}), storage=storage)


@pytest.mark.parametrize(
    ("setting", "error"),
    [
        ("date:%d.%m", r"cannot be 'date:%d\.%m': write the form as Python's strptime takes it, with a year"),
        ("date:", "cannot be 'date:': write the form"),
        ("date:dd.mm.yyyy", "write the form"),
        ("date:%d%d%Y", "write the form"),
        ("date:%Y%", "write the form"),
        ("date:%Y\n", "write the form"),
        ("date:" + 60 * "%Y", "write the form"),
        ("number:%d", "cannot be 'number:%d': only dates have a form"),
        ("dates:%d.%m.%Y", "cannot be 'dates'. Did you mean 'date'"),
        (7, "cannot be 7"),
    ],
)
def test_kinds__form_that_is_none__is_refused(setting: Any, error: str) -> None:
    with pytest.raises(ConfigError, match=rf"^The kind of 'day' .*{error}"):
        SETTINGS["kinds"].checked({"day": setting})


def test_kinds__typed__may_hold_commas_and_colons() -> None:
    typed = ["sold=date:%d.%m.%Y", '"a, b=date:%b %d, %Y %H:%M",c=flag']

    assert SETTINGS["kinds"].checked(SETTINGS["kinds"].parse(typed)) == {
        "sold": "date:%d.%m.%Y",
        "a, b": "date:%b %d, %Y %H:%M",
        "c": "flag",
    }


def test_schema__table_that_was_read_without_the_form__is_told() -> None:
    with pytest.warns(DataWarning, match="day and month cannot be told apart"):
        table = read(pa.table({"day": TEXTS, "x": [1, 2, 3, 4]}))

    with pytest.raises(
        DataError, match=r"^Column 'day' was read without the form '%d\.%m\.%Y'; it holds text\.$"
    ):
        Schema.infer(table, kinds={"day": "date:%d.%m.%Y"})


def dated(rng: np.random.Generator) -> pd.DataFrame:
    days = pd.Timestamp("2011-01-01") + pd.to_timedelta(rng.integers(0, 12, 120), unit="D")
    frame = pd.DataFrame({"day": days.strftime("%m.%d.%Y"), "x": rng.normal(size=120)})
    return frame.assign(y=days.day + frame["x"])


def test_fit__form_of_dates__reads_later_tables_alike(rng: np.random.Generator, tmp_path: Path) -> None:
    frame = dated(rng)
    settings = Settings(target="y", kinds={"day": "date:%m.%d.%Y"}, **QUICK)
    model = fit(read(frame, options=ReadOptions.of(settings)), settings)
    save(model, tmp_path / "m.netable")
    loaded = load(tmp_path / "m.netable")

    assert loaded.schema.columns[0].form == "as %m.%d.%Y"
    assert loaded.recipe.kinds["day"] == "date:%m.%d.%Y"
    as_dates = frame.assign(day=pd.to_datetime(frame["day"], format="%m.%d.%Y"))
    assert np.array_equal(loaded.predict(frame), model.predict(as_dates))
    with pytest.raises(
        DataError, match=r"expected a date such as '02\.28\.2013' \(%m\.%d\.%Y\), got '2011-02-01'"
    ):
        loaded.predict(frame.assign(day="2011-02-01"))


def test_estimator__form_of_dates__reads_later_frames_alike(rng: np.random.Generator, tmp_path: Path) -> None:
    frame = dated(rng)
    X, y = frame[["day", "x"]], frame["y"]
    net = NetRegressor(kinds={"day": "date:%m.%d.%Y"}, **QUICK).fit(X, y)
    net.save(tmp_path / "m.netable")
    loaded = NetRegressor.load(tmp_path / "m.netable")

    assert net.results_["used"] == {"day": "date", "x": "number"}
    assert loaded.kinds == {"day": "date:%m.%d.%Y"}
    assert np.array_equal(loaded.predict(X.iloc[:1]), net.predict(X.iloc[[0]]))
    assert np.array_equal(net.partial_fit(X, y).predict(X), net.predict(X))
    with pytest.raises((DataError, DataTypeError), match=r"expected a date such as '02\.28\.2013'"):
        NetRegressor(kinds={"day": "date:%m.%d.%Y"}, **QUICK).fit(X.assign(day="13.01.2011"), y)
