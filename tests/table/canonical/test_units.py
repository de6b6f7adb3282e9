from __future__ import annotations

import json
from typing import Any

import pyarrow as pa
import pytest

from netable.errors import ConfigError, DataError, DataWarning
from netable.table.canonical.forms import storages
from netable.table.reading.read import ReadOptions, read
from netable.table.schema import Column, Schema
from netable.table.target import Target


def texts(*values: str | None) -> pa.Table:
    return pa.table({"x": pa.array(values, pa.string())})


def numbers(*values: str | None, **options: Any) -> list[Any]:
    return read(texts(*values), options=ReadOptions(**options)).column("x").to_pylist()


@pytest.mark.bad_input(109)
@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["$6,369.62", "-$5", "$-7.5", "+$.50"], [6369.62, -5.0, -7.5, 0.5]),
        (["20.2%", "3 %", None, ""], [20.2, 3.0, None, None]),
        (["1,234.5 kg", "5kg"], [1234.5, 5.0]),
        (["€ 5", "€7,5"], [5.0, 7.5]),
        (["1.234,5\u00a0€", "2 €"], [1234.5, 2.0]),
        (["US$ 5", "US$7"], [5.0, 7.0]),
        (["Rs.500", "Rs. 0.5"], [500.0, 0.5]),
        (["12 m2", "3.5 m2"], [12.0, 3.5]),
        (["12원", "7원"], [12.0, 7.0]),
        (["$5", "unknown"], [5.0, None]),
    ],
)
def test_read__109_one_unit__is_numbers_with_a_note(cells: list[str | None], expected: list[Any]) -> None:
    with pytest.warns(DataWarning) as caught:
        found = numbers(*cells)

    assert found == expected
    assert any("read as numbers, without the unit in every cell" in str(w.message) for w in caught)


@pytest.mark.parametrize(
    "cells",
    [
        ["5 kg", "300 g"],
        ["$5", "€5"],
        ["$5", "5"],
        ["$1.2K", "$3M", "Free"],
        ["10%", "(5%)"],
        ["(10)", "(5)"],
        ["12 seats", "5 seats"],
        ["Rs 500", "Rs.500"],
        ["1,2,3 kg", "5 kg"],
    ],
)
def test_read__units_that_differ_or_are_not_known__stay_text_with_a_note(cells: list[str]) -> None:
    with pytest.warns(
        DataWarning, match=r"kept as text, though many cells look like numbers with a unit.*'x' \("
    ):
        assert numbers(*cells) == cells


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "cells", [["A1", "A2"], ["Q1", "Q2"], ["1st", "2nd"], ["class_1", "class_2"], ["4WD", "2WD"]]
)
def test_read__codes_of_letters_and_digits__stay_text_without_a_word(cells: list[str]) -> None:
    assert numbers(*cells) == cells


@pytest.mark.filterwarnings("ignore::netable.errors.DataWarning")
def test_read__zeros_before_a_number_with_a_unit__are_a_code() -> None:
    assert numbers("007 kg", "12 kg") == ["007 kg", "12 kg"]


def test_read__open_decimal_mark__is_asked_about() -> None:
    with pytest.raises(DataError, match="Choose the mark: decimal=','"):
        numbers("$1,500", "$2")


@pytest.mark.filterwarnings("ignore::netable.errors.DataWarning")
def test_later_table__written_as_in_training__is_read_so() -> None:
    table = read(texts("€ 5", "€1,25"))
    schema = Schema.infer(table)[0]
    later = read(texts("€4.567", None), storage=schema.storage)

    assert schema.storage == {"x": "number, decimal comma, as €#"}
    assert later.column("x").to_pylist() == [4567.0, None]
    assert storages(read(table, storage=schema.storage)) == schema.storage
    assert Schema.from_dict(json.loads(json.dumps(schema.to_dict()))) == schema


@pytest.mark.filterwarnings("ignore::netable.errors.DataWarning")
@pytest.mark.parametrize("value", ["0.202", "20.2 €", "20.2 %%"])
def test_later_table__written_otherwise__is_refused(value: str) -> None:
    storage = Schema.infer(read(texts("20.2%", "3%")))[0].storage

    with pytest.raises(
        DataError,
        match=rf"^the table, row 2, column 'x': expected a number written as '#%', as in training, got '{value}'\.$",
    ):
        read(texts("1%", value), storage=storage)


@pytest.mark.filterwarnings("ignore::netable.errors.DataWarning")
def test_later_table__plain_numbers_where_there_was_a_unit__are_refused() -> None:
    storage = Schema.infer(read(texts("20.2%", "3%")))[0].storage

    with pytest.raises(DataError, match=r"written as '#%', as in training, got plain ones, such as 0\.2"):
        read(pa.table({"x": [0.2, 0.5]}), storage=storage)
    assert read(pa.table({"x": pa.nulls(2)}), storage=storage).column("x").null_count == 2


@pytest.mark.filterwarnings("ignore::netable.errors.DataWarning")
def test_target__of_prices__is_a_regression_that_remembers_how_they_are_written() -> None:
    target = Target.infer(read(texts("$1,234.50", "$7.25", "$3")), "x")

    assert target.task == "regression"
    assert target.storage == {"x": "number, decimal point, as $#"}
    assert Target.from_dict(json.loads(json.dumps(target.to_dict()))) == target


@pytest.mark.parametrize(
    "form", ["as #", "as $", "as $#, octal", "octal, as $#", "as " + "$" * 30 + "#", "as \n#"]
)
def test_form__with_a_unit_that_none_could_have__is_refused(form: str) -> None:
    with pytest.raises(ConfigError):
        Column("x", "number", "number", form=form)
    with pytest.raises(ConfigError):
        Column("x", "date", "timestamp", form="as $#")


@pytest.mark.filterwarnings("ignore::netable.errors.DataWarning")
def test_later_table__with_another_decimal_mark_asked_for__says_so() -> None:
    storage = Schema.infer(read(texts("20.2%", "3%")))[0].storage

    with pytest.raises(DataError, match=r"expected a number with the decimal mark ',' written as '#%'"):
        read(texts("20.2%"), storage=storage, options=ReadOptions(decimal=","))
