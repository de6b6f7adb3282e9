from __future__ import annotations

import pyarrow as pa
import pytest

from netable.config.settings import Settings
from netable.errors import silence
from netable.first_look.columns import look_at_columns
from netable.first_look.result import ColumnLook
from netable.table.reading.read import read
from netable.table.schema import Schema


def looked(**columns: object) -> dict[str, ColumnLook]:
    with silence():
        table = read(pa.table(columns))
        schema, _ = Schema.infer(table)
    return {column.name: column for column in look_at_columns(table, schema, Settings(), ())}


@pytest.mark.parametrize(
    ("values", "odd"),
    [
        (["Seoul", "seoul", "Busan"] * 20, ("'Seoul' and 'seoul' differ in case or blanks only",)),
        (["x"] * 199 + ["y"], ("99.5% of the values are 'x'",)),
        ([None] * 45 + ["a", "b", "c"] * 5, ("75% of the cells are missing",)),
        ([1.0, 2.0, 3.0] * 30 + [1e30], ("Values far outside the rest, perhaps slips or codes for missing",)),
        (["a", "b", "c"] * 20, ()),
    ],
)
def test_columns__what_looks_odd__is_said(values: list[object], odd: tuple[str, ...]) -> None:
    columns = looked(c=values, other=list(range(0, 3 * len(values), 3)))

    assert columns["c"].odd == odd


def test_columns__numbers_with_exceptions__are_told_with_an_example() -> None:
    columns = looked(c=[str(i % 9) for i in range(60)] + ["many"] * 20, other=[0.5, 1.5] * 40)

    assert columns["c"].kind == "category"
    assert len(columns["c"].odd) == 1
    assert columns["c"].odd[0].startswith("20 of 80 cells are not numbers, such as 'many' in row 61")


def test_columns__examples__are_the_first_different_values() -> None:
    day = pa.array([0, 0, 86_400_000_000, 90_000_000_000] * 10, pa.timestamp("us"))
    columns = looked(c=["b", "b", "a", None] * 10, n=[2.5, 1.0, 2.5, 4.0] * 10, d=day)

    assert columns["c"].examples == ("b", "a")
    assert columns["n"].examples == ("2.5", "1", "4")
    assert columns["d"].examples == ("1970-01-01", "1970-01-02", "1970-01-02 01:00:00")


def test_columns__unusable_type__is_left_out_and_said() -> None:
    columns = looked(c=[[1], [2]] * 20, other=[0.5, 1.5] * 20)

    assert columns["c"].role == "left out"
    assert columns["c"].odd
