"""The advice about workbooks, followed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from advice import Case, advice, check_complete, follow
from netable.config.reading import ReadOptions
from netable.table.reading.read import read
from workbooks import locked_xlsx, write_xlsx

MESSAGES = advice("table/reading/sheets")
ROWS = [["name", "count"], ["a", 1.5], ["b", 2]]


def sheets(
    rows: list[list[Any]],
    other: list[list[Any]] | None = None,
    hidden: tuple[str, ...] = (),
    merged: str = "",
    memory: int = 10**9,
    **options: Any,
) -> pa.Table:
    """Write a workbook with the sheets A and perhaps B, and read it."""
    write_xlsx(Path("t.xlsx"), {"A": rows} | ({"B": other} if other else {}), hidden=hidden, merged=merged)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("netable.table.reading.sheets.workbook.usable_memory", lambda: memory)
        return read("t.xlsx", options=ReadOptions(**options))


def locked(is_locked: bool) -> pa.Table:
    """Write a workbook, perhaps one with a password, and read it."""
    if is_locked:
        Path("t.xlsx").write_bytes(locked_xlsx())
        return read("t.xlsx")
    return sheets(ROWS)


CASES = [
    Case(
        "Turn it into a number in the spreadsheet",
        sheets,
        {"rows": [["a"], [4.567], ["1,5"]]},
        [{"rows": [["a"], [4.567], [1.5]]}],
    ),
    Case(
        "looks like a title",
        sheets,
        {"rows": [["May"], ["name", "count"], ["a", 1], ["b", 2]]},
        [{"skip_rows": 1}, {"header": True}],
    ),
    Case(
        "cells are merged over several columns of the header",
        sheets,
        {"rows": [["n", "2022", None], [None, "Q1", "Q2"], ["x", 2, 3], ["y", 4, 5]], "merged": "B1:C1"},
        [{"rows": [["n", "Q1", "Q2"], ["x", 2, 3], ["y", 4, 5]], "merged": ""}, {"header": True}],
    ),
    Case(
        "only the first visible sheet with cells is read",
        sheets,
        {"rows": ROWS, "other": ROWS},
        [{"sheet": "A"}, {"sheet": "B"}],
    ),
    Case("Save it without one", locked, {"is_locked": True}, [{"is_locked": False}]),
    Case(
        "Delete the rows and columns behind the table",
        sheets,
        {"rows": [*ROWS, *[[]] * 9000, ["x"]], "memory": 10**5},
        [{"rows": ROWS}],
    ),
    Case("choose one with sheet=…", sheets, {"rows": [], "other": ROWS, "hidden": ("B",)}, [{"sheet": "B"}]),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_advice__followed__works(case: Case) -> None:
    follow(case, MESSAGES)


def test_advice__every_message__has_a_case() -> None:
    check_complete(CASES, MESSAGES)
