"""Spellings of numbers, dates, times and durations, each with its value, or with what is said about it."""

from __future__ import annotations

import warnings
from datetime import datetime
from typing import Any

import pyarrow as pa
import pytest

from netable.config.reading import ReadOptions
from netable.errors import DataError, DataWarning
from netable.table.canonical.forms import storages
from netable.table.reading.read import read

DAY = datetime(2023, 1, 2)
NOON = datetime(2023, 1, 2, 15, 4)
# The cell stands beside others that make its column certain, where these are given.
NUMBERS: list[tuple[str, float, str]] = [
    ("5", 5, ""),
    ("-5", -5, ""),
    ("+5", 5, ""),
    ("5.", 5, ""),
    (".5", 0.5, ""),
    ("-.5", -0.5, ""),
    ("1e3", 1000, ""),
    ("1E+03", 1000, ""),
    ("2.5e-3", 0.0025, ""),
    (" 7 ", 7, ""),
    ("5.00-", -5, ""),
    ("(5.00)", -5, "7"),
    ("(1,234.50)", -1234.5, "7"),
    ("−5.5", -5.5, ""),
    ("1,234.5", 1234.5, ""),
    ("1,234,567", 1234567, ""),
    ("9,76,586.95", 976586.95, ""),
    ("1,50,000", 150000, ""),
    ("1 234 567,5", 1234567.5, ""),
    ("1\u00a0234.5", 1234.5, ""),
    ("1'234.5", 1234.5, ""),
    ("1.234.567", 1234567, ""),
    ("1.234,5", 1234.5, ""),
    ("0,5", 0.5, ""),
    ("12,5-", -12.5, ""),
    ("$6,369.62", 6369.62, ""),
    ("20.2%", 20.2, ""),
    ("7 kg", 7, ""),
    ("€ 1.234,50", 1234.5, ""),
    ("1:02:03", 3723, ""),
    ("01:02:03.5", 3723.5, ""),
    ("123:00:01", 442801, ""),
    ("-0:00:05", -5, ""),
    ("15:04", 54240, ""),
    ("2 days 01:00:00", 176400, ""),
    ("1 day, 1:00:00", 90000, ""),
    ("-1 days +23:00:00", -3600, ""),
]
DATES: list[tuple[str, datetime, str]] = [
    ("2023-01-02", DAY, ""),
    ("2023-1-2", DAY, ""),
    ("2023/01/02", DAY, ""),
    ("2023/1/2", DAY, ""),
    ("2023.01.02", DAY, ""),
    ("20230102", DAY, "20230103 20230104"),
    ("2023-01-02 15:04", NOON, ""),
    ("2023-01-02T15:04:00", NOON, ""),
    ("2023/01/02 15:04", NOON, ""),
    ("2023/1/2 3:04 PM", NOON, ""),
    ("2023-01-02 15:04:00.000", NOON, ""),
    ("2023-01-02T15:04:00Z", NOON, ""),
    ("2023-01-02 15:04 UTC", NOON, ""),
    ("2023-01-02T15:04:00+00:00", NOON, "2023-07-02T15:04:00+01:00"),
    ("2023-01-02T10:04:00-05:00", NOON, "2023-07-02T10:04:00-04:00"),
    ("2023-01-02T10:04:00-0500", NOON, ""),
    ("1/2/2023 3:04 PM", NOON, "1/31/2023~3:04~PM"),
    ("1/2/2023, 3:04:00 pm", NOON, "1/31/2023"),
    ("2/1/2023 15:04", NOON, "31/1/2023"),
    ("02/01/2023", DAY, "31/01/2023"),
    ("02.01.2023", DAY, "31.01.2023"),
    ("2-1-2023", DAY, "31-1-2023"),
    ("1/2/2023", DAY, "1/31/2023"),
    ("2 Jan 2023", DAY, ""),
    ("02-Jan-2023", DAY, ""),
    ("2 January 2023", DAY, ""),
    ("Jan 2, 2023", DAY, ""),
    ("January 2, 2023 3:04 PM", NOON, ""),
]
# A column of each alone is text, with a note or an error that begins so.
SAID: list[tuple[str, str]] = [
    ("01/02/2023", "day and month cannot be told apart"),
    ("1/2/2023 3:04 PM", "day and month cannot be told apart"),
    ("1/2/23", "look like dates or times"),
    ("23-01-02", "look like dates or times"),
    ("Mon, 2 Jan 2023 15:04:00 GMT", "look like dates or times"),
    ("75:30", "look like dates or times"),
    ("2023-02-30", "look like dates or times"),
    ("1,234", r"is 1\.234 or 1234\.0\. Choose the mark"),
    ("0123", "leading zeros are codes"),
    ("(5.00)", "in brackets"),
]


def column(*cells: str) -> tuple[list[Any], dict[str, str]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        table = read(pa.table({"x": cells}))
    return table["x"].to_pylist(), storages(table)


def beside(text: str) -> list[str]:
    return [cell.replace("~", " ") for cell in text.split()]


@pytest.mark.bad_input(119)
@pytest.mark.parametrize(("cell", "value", "others"), [*NUMBERS, *DATES])
def test_spelling__119_certain__is_read_and_again_alone_in_a_later_table(
    cell: str, value: float | datetime, others: str
) -> None:
    values, storage = column(cell, *beside(others))
    assert values[0] == (pytest.approx(value) if isinstance(value, float | int) else value)
    later = read(pa.table({"x": [cell]}), storage=storage)
    assert later["x"].to_pylist() == values[:1]


@pytest.mark.parametrize(("cell", "message"), SAID)
def test_spelling__uncertain__is_said_with_the_cell(cell: str, message: str) -> None:
    with pytest.raises((DataError, DataWarning), match=message):
        read(pa.table({"x": [cell] * 3}))


def test_spelling__numbers_of_eight_digits_that_are_no_dates__stay_numbers() -> None:
    assert column("20230102", "20230103", "20239999")[0] == [20230102.0, 20230103.0, 20239999.0]
    assert column("20230102")[0] == [20230102.0]


def test_spelling__types_of_arrow_and_their_texts__are_equal() -> None:
    days = pa.table({"x": [20230102, 20230103, 20230104]})
    seconds = pa.table({"x": pa.array([3723, None], pa.duration("s"))})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        assert read(days)["x"].to_pylist()[0] == DAY
    assert read(seconds)["x"].to_pylist() == [3723.0, None]


def test_spelling__minus_behind_with_decimal_comma_asked_for__is_read() -> None:
    with pytest.warns(DataWarning, match="read as negative in 'x'"):
        table = read(pa.table({"x": ["5,25-", "(3)", "1"]}), options=ReadOptions(decimal=","))
    assert table["x"].to_pylist() == [-5.25, -3.0, 1.0]
