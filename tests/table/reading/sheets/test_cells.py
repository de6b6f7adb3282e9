from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest

from netable.config.reading import ReadOptions
from netable.system.notes import Notes
from netable.table.reading.base.table_file import TableFile
from netable.table.reading.sheets.cells import ErrorCell, column_of, plain_cell, spelled


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        (7, 7.0),
        ("  ", None),
        (" x ", " x "),
        (" #N/A", ErrorCell("#N/A")),
        (date(2020, 1, 2), datetime(2020, 1, 2)),
        (time(1, 2, 3, 4), timedelta(hours=1, minutes=2, seconds=3, microseconds=4)),
        (True, True),
    ],
)
def test_plain_cell__of_calamine__is_one_of_few_types(cell: object, expected: object) -> None:
    assert plain_cell(cell) == expected
    assert type(plain_cell(cell)) is type(expected)


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        (3.0, "3"),
        (0.1, "0.1"),
        (1e22, "10000000000000000000000"),
        (False, "False"),
        (datetime(2020, 1, 2, 3, 4, 5), "2020-01-02 03:04:05"),
        (datetime(2020, 1, 2), "2020-01-02"),
        (timedelta(hours=30, seconds=1.5), "30:00:01.500000"),
        (timedelta(seconds=59), "0:00:59"),
        (ErrorCell("#N/A"), ""),
        (None, ""),
    ],
)
def test_spelled__cell__is_as_in_a_csv(cell: object, expected: str) -> None:
    assert spelled(cell) == expected  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ([1.5, "007"], ["1.5", "007"]),
        ([True, "x", 2.0], ["True", "x", "2"]),
        ([datetime(2020, 1, 2), "n/a"], [datetime(2020, 1, 2), None]),
        ([datetime(2020, 1, 2), "soon"], ["2020-01-02", "soon"]),
        (["NA", None], ["NA", None]),
        ([ErrorCell("#N/A"), 1.0], [None, 1.0]),
        ([1.0, "1,5"], ["1", "1,5"]),
    ],
)
def test_column_of__cells_of_several_types__are_texts_unless_they_are_missing(
    cells: list[object], expected: list[object]
) -> None:
    column = column_of(cells, "a", TableFile("t", ReadOptions(), Notes("t")))  # type: ignore[arg-type]

    assert column.to_pylist() == expected
