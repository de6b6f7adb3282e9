from __future__ import annotations

import json
import re
import warnings
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from netable.errors import ConfigError, DataError
from netable.table.canonical.forms import FORMS, form_of, storages
from netable.table.kinds.number import Number
from netable.table.reading.read import ReadOptions, read
from netable.table.schema import Schema
from netable.table.target import Target

pytestmark = pytest.mark.filterwarnings("ignore::netable.errors.DataWarning")

COMMA = ("99,50", "4.567", "12,25")
GROUPED = ("1,234.5", "17.25", "3")
TOKYO = ("2024-01-01T09:00:00+09:00", "2024-01-02T10:30:00+09:00")
NAIVE = ("2024-01-01T09:00:00", "2024-01-02T10:30:00")
DAY_FIRST = ("13/05/2020", "04/08/2020")
MONTH_FIRST = ("05/13/2020", "04/08/2020")


def texts(*values: str | None) -> pa.Table:
    return pa.table({"x": pa.array(values, pa.string())})


def learned(*values: str, **options: Any) -> Schema:
    return Schema.infer(read(texts(*values), options=ReadOptions(**options)))[0]


def later(schema: Schema, *values: str | None, **options: Any) -> list[Any]:
    table = read(texts(*values), storage=schema.storage, options=ReadOptions(**options))
    return table.column("x").to_pylist()


def test_decimal_comma__one_row_alone__is_read_as_in_training(tmp_path: Path) -> None:
    train, new = tmp_path / "train.csv", tmp_path / "new.csv"
    train.write_text("name;price\nb;99,50\na;4.567\nb;12,25\n")
    new.write_text("name;price\na;4.567\n")
    table = read(train)
    schema = Schema.infer(table)[0]

    assert schema.storage["price"] == "number, decimal comma"
    assert read(new, storage=schema.storage).column("price").to_pylist() == [4567.0]
    assert table.column("price").to_pylist()[1] == 4567.0


def test_decimal_comma__as_told_in_training__is_remembered_without_a_note() -> None:
    schema = learned("4.567", "1.000", "7", decimal=",")

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert later(schema, "4.567", "1,5", None) == [4567.0, 1.5, None]


def test_decimal_point__as_told_in_training__is_remembered() -> None:
    schema = learned("1.5", "2.5", decimal=".")

    assert later(schema, "4.567", "1,234") == [4.567, 1234.0]


def test_thousands__alone_and_open__are_read_as_in_training() -> None:
    assert later(learned(*GROUPED), "1,234") == [1234.0]


def test_decimal__given_at_prediction__wins() -> None:
    assert later(learned(*COMMA), "4.567", decimal=".") == [4.567]
    assert later(learned(*GROUPED), "1,234", decimal=",") == [1.234]


def test_offsets__other_than_in_training__are_taken_to_utc() -> None:
    assert later(learned(*TOKYO), "2024-01-01T00:00:00Z") == [datetime(2024, 1, 1)]
    assert later(learned(*TOKYO), *TOKYO) == [datetime(2024, 1, 1), datetime(2024, 1, 2, 1, 30)]


def test_day_and_month__open_in_a_later_file__are_in_the_order_of_training() -> None:
    assert later(learned(*DAY_FIRST), "04/08/2020") == [datetime(2020, 8, 4)]
    assert later(learned(*MONTH_FIRST), "4.8.2020 9:30") == [datetime(2020, 4, 8, 9, 30)]


@pytest.mark.parametrize(
    ("training", "value", "expected"),
    [
        (COMMA, "99.50", "a number with a decimal comma"),
        (COMMA, "1,234.5", "a number with a decimal comma"),
        (GROUPED, "99,50", "a number with a decimal point"),
        (
            TOKYO,
            NAIVE[0],
            "a timestamp with an offset such as 2011-02-01 12:00+00:00 (in training all had one)",
        ),
        (TOKYO, "2024-01-01", "a timestamp with an offset"),
        (NAIVE, TOKYO[0], "a date or timestamp without an offset such as"),
        (NAIVE, "13/05/2020", "a date or timestamp without an offset such as 2011-02-01 12:00"),
        (DAY_FIRST, "05/13/2020", "a date with the day first such as 28/02/2011"),
        (DAY_FIRST, "2020-05-13", "a date with the day first"),
        (MONTH_FIRST, "13/05/2020", "a date with the month first"),
    ],
)
def test_form__only_another_fits__is_refused(training: tuple[str, ...], value: str, expected: str) -> None:
    schema = learned(*training)

    with pytest.raises(DataError) as caught:
        later(schema, training[0], value)

    message = str(caught.value)
    assert message.startswith(f"the table, row 2, column 'x': expected {expected}")
    assert f", got {value!r}." in message
    assert "\n" not in message


def test_offsets__several_beside_each_other__are_each_certain() -> None:
    found = later(learned(*TOKYO), "2024-01-01T09:00:00+09:00", "2024-01-01T09:00:00+10:00")
    assert found == [datetime(2024, 1, 1), datetime(2023, 12, 31, 23)]


@pytest.mark.parametrize("training", [COMMA, GROUPED, TOKYO, NAIVE, DAY_FIRST, MONTH_FIRST])
def test_form__typed_columns_and_missing_ones__pass(training: tuple[str, ...]) -> None:
    schema = learned(*training)
    typed = read(texts(*training)).replace_schema_metadata(None)
    typed = pa.table({"x": typed.column("x")})
    nothing = pa.table({"x": pa.nulls(2)})

    assert read(typed, storage=schema.storage).equals(typed)
    assert read(nothing, storage=schema.storage).column("x").null_count == 2


@pytest.mark.parametrize("table", [texts("1.5", "2"), pa.table({"x": [1.5, 2.0]})], ids=["text", "typed"])
def test_plain_numbers__in_training__take_what_is_certain(table: pa.Table) -> None:
    schema = Schema.infer(read(table))[0]

    assert schema.storage == {"x": "number"}
    assert later(schema, "4.567") == [4.567]
    assert later(schema, "99,50") == [99.5]
    with pytest.raises(DataError, match="Choose the mark"):
        later(schema, "1,234")


def test_typed_dates__in_training__take_any_certain_text() -> None:
    schema = Schema.infer(
        pa.table({"x": pa.array([datetime(2024, 1, 1), datetime(2024, 1, 2)], "timestamp[us]")})
    )[0]

    assert schema.storage == {"x": "timestamp"}
    assert later(schema, NAIVE[0]) == [datetime(2024, 1, 1, 9)]
    assert later(schema, TOKYO[0]) == [datetime(2024, 1, 1)]
    assert later(schema, "13/05/2020") == [datetime(2020, 5, 13)]


def test_form__read_again_filtered_or_saved__is_kept(tmp_path: Path) -> None:
    table = read(texts(*COMMA))
    pq.write_table(table, tmp_path / "t.parquet")

    assert form_of(read(table), "x") == "decimal comma"
    assert form_of(table.filter(pa.array([True, False, True])), "x") == "decimal comma"
    assert storages(table) == {"x": "number, decimal comma"}
    assert form_of(read(table, storage=storages(table)), "x") == "decimal comma"


@pytest.mark.parametrize("form", [b"day first", b"octal", b"\xff"])
def test_form__in_metadata_that_is_not_ours__is_none(form: bytes) -> None:
    field = pa.field("x", pa.float64(), metadata={b"netable.form": form})
    table = pa.Table.from_arrays([pa.array([1.0, 2.0])], schema=pa.schema([field]))

    assert form_of(table, "x") == ""
    assert form_of(read(table), "x") == ""


def test_kinds_and_ignored__of_a_column_with_a_form__keep_it() -> None:
    table = read(pa.table({"a": COMMA, "b": COMMA, "c": ["x", "y", "x"]}))
    schema = Schema.infer(table, kinds={"a": "category"}, ignore=["b"])[0]

    assert [column.form for column in schema.columns] == ["decimal comma", "decimal comma", ""]


@pytest.mark.parametrize("training", [COMMA, GROUPED, TOKYO, NAIVE, DAY_FIRST, ("1.5", "2")])
def test_schema__with_forms_through_json__is_the_same(training: tuple[str, ...]) -> None:
    schema = learned(*training)
    plain = json.loads(json.dumps(schema.to_dict()))

    assert Schema.from_dict(plain) == schema
    for column in plain["columns"]:
        del column["form"]
    assert Schema.from_dict(plain).columns[0].form == ""


def test_target__with_a_form__is_read_in_it_and_comes_back_through_json() -> None:
    table = read(pa.table({"y": COMMA, "z": ["1.5", "2", "3"]}))
    target = Target.infer(table, ["y", "z"], "regression")
    plain = json.loads(json.dumps(target.to_dict()))

    assert target.storage == {"y": "number, decimal comma", "z": "number"}
    assert read(pa.table({"y": ["4.567"]}), storage=target.storage).column("y").to_pylist() == [4567.0]
    assert Target.from_dict(plain) == target
    del plain["forms"]
    assert Target.from_dict(plain).storage == {"y": "number", "z": "number"}


def test_storage__with_a_form_that_is_none_of_it__is_refused() -> None:
    for wanted in ("number, day first", "timestamp, octal", "text, decimal comma"):
        with pytest.raises(
            ConfigError, match=re.escape(f"The form of a column stored as {wanted.split(',')[0]}")
        ):
            read(texts("1"), storage={"x": wanted})


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "secret"},
        {"kind": ["number"]},
        {"kind": "identifier"},
        {"storage": "pickle"},
        {"storage": {}},
        {"form": "octal"},
        {"form": "day first"},
        {"form": ["decimal comma"]},
        {"name": 7},
        {"name": None},
        {"reason": 1},
        {"levels": ["no", "yes"]},
        {"kind": "flag", "levels": ["no", 1]},
        {"kind": "flag", "levels": ["no", 0.5]},
        {"kind": "flag", "levels": ["no", ["yes"]]},
        {"kind": "flag", "levels": ["no"]},
        {"kind": "flag", "levels": "ny"},
        {"kind": "flag", "levels": None},
        {"has_time": "yes"},
    ],
    ids=str,
)
def test_schema__from_a_hostile_file__is_refused(change: dict[str, Any]) -> None:
    plain = Schema((Number("x", "number"),)).to_dict()
    plain["columns"][0] |= change

    with pytest.raises(ConfigError):
        Schema.from_dict(plain)


def test_schema__from_a_file_with_double_names__is_refused() -> None:
    plain = Schema((Number("x", "number"),)).to_dict()

    with pytest.raises(ConfigError, match="a name of its own"):
        Schema.from_dict({"columns": plain["columns"] * 2})


@pytest.mark.parametrize(
    "change",
    [
        {"names": [1]},
        {"names": []},
        {"names": "y"},
        {"task": "auto"},
        {"task": []},
        {"labels": ["a", None]},
        {"labels": ["a", 0.5]},
        {"labels": ["a", ["b"]]},
        {"labels": ["a", 1]},
        {"labels": ["a", "a"]},
        {"labels": []},
        {"labels": {"a": 1}},
        {"label_dtype": "O"},
        {"label_dtype": "datetime64[ns]"},
        {"label_dtype": None},
        {"label_dtype": "int64"},
        {"label_dtype": "int64", "labels": [0, 2**63]},
        {"label_dtype": "int64", "labels": [0, True]},
        {"label_dtype": "bool", "labels": [0, 1]},
        {"label_dtype": "float64"},
        {"label_dtype": "float64", "labels": [0.5, 1.5]},
        {"task": "regression"},
        {"note": 1},
        {"forms": ["decimal comma"]},
        {"forms": ["", ""]},
        {"forms": "decimal comma"},
    ],
    ids=str,
)
def test_target__from_a_hostile_file__is_refused(change: dict[str, Any]) -> None:
    plain = Target(("y",), "binary", ("a", "b"), "object").to_dict()

    with pytest.raises(ConfigError):
        Target.from_dict(plain | change)


def test_forms__each__suits_a_storage_and_reads_nothing_else() -> None:
    odd = pa.array(["", "x", None], pa.string())

    assert {form.storage for form in FORMS.values()} == {"number", "timestamp"}
    assert all(form.parse(odd).null_count == 3 for form in FORMS.values())
