from __future__ import annotations

import json
import warnings
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from netable.errors import ConfigError, DataError, DataTypeError, DataWarning, SchemaError
from netable.table.kinds import KINDS
from netable.table.kinds.category import Category
from netable.table.kinds.column import Column
from netable.table.kinds.date import Date
from netable.table.kinds.flag import Flag
from netable.table.kinds.identifier import Identifier
from netable.table.kinds.number import Number
from netable.table.schema import Schema

MIDNIGHT = datetime(2024, 2, 29)
NOON = datetime(2024, 3, 1, 12)


def numbers(*values: float | None) -> pa.Array:
    return pa.array(values, pa.float64())


def text(*values: str | None) -> pa.Array:
    return pa.array(values, pa.string())


def category(*values: str | None) -> pa.Array:
    return pa.array(values, pa.string()).dictionary_encode()


def dates(*values: datetime | None) -> pa.Array:
    return pa.array(values, pa.timestamp("us"))


def beside(**columns: pa.Array) -> pa.Table:
    """A table with one more, usable column."""
    rows = len(next(iter(columns.values())))
    return pa.table({**columns, "size": pa.array(np.arange(rows) % 7 + 0.5)})


def inferred(data: pa.Array, name: str = "x", **options: Any) -> Column:
    return Schema.infer(beside(**{name: data}), **options)[0].columns[0]


def left_out(data: pa.Array, name: str = "x") -> Column:
    with pytest.warns(DataWarning, match=rf"^Left out, .*: '{name}'\. To keep a column, set its kind\.$"):
        return inferred(data, name)


@pytest.mark.parametrize(
    ("data", "column"),
    [
        (numbers(1.5, 2, None), Number("x", "number")),
        (numbers(1, 0, None), Flag("x", "number")),
        (numbers(3, None), Number("x", "number")),
        (pa.array([True, False, None]), Flag("x", "boolean")),
        (pa.array([True, None]), Flag("x", "boolean")),
        (text("Yes", "no", "NO", None), Flag("x", "text", levels=("no", "yes"))),
        (text("ON", "off"), Flag("x", "text", levels=("off", "on"))),
        (text("t", "F"), Flag("x", "text", levels=("f", "t"))),
        (text("yes", None), Category("x", "text")),
        (text("yes", "no", "maybe"), Category("x", "text")),
        (text("a", "b", "a"), Category("x", "text")),
        (category("yes", "no", None), Flag("x", "category", levels=("no", "yes"))),
        (dates(MIDNIGHT, None), Date("x", "timestamp")),
        (dates(MIDNIGHT, NOON), Date("x", "timestamp", has_time=True)),
        (dates(datetime(1969, 7, 20), datetime(1960, 1, 1)), Date("x", "timestamp")),
    ],
)
@pytest.mark.bad_input(29)
@pytest.mark.bad_input(31)
def test_infer__by_the_values__finds_the_kind(data: pa.Array, column: Column) -> None:
    assert inferred(data) == column


@pytest.mark.bad_input(25)
@pytest.mark.parametrize(
    "data", [numbers(None, None), text(None, None), category(None, None), dates(None, None)]
)
def test_infer__nothing_but_missing__leaves_the_column_out(data: pa.Array) -> None:
    column = left_out(data)

    assert (column.kind, column.reason, column.used) == ("constant", "every value is missing", False)


@pytest.mark.bad_input(26)
@pytest.mark.parametrize(
    "data", [numbers(3, 3), text("a", "a"), category("a", "a"), dates(NOON, NOON), pa.array([True, True])]
)
def test_infer__one_value_only__leaves_the_column_out(data: pa.Array) -> None:
    column = left_out(data)

    assert (column.kind, column.reason) == ("constant", "every value is the same")


@pytest.mark.bad_input(27)
@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("x", pa.array(np.random.default_rng(0).permutation(60) + 1000.0)),
        ("customer_id", pa.array(np.arange(60) * 7.0)),
        ("customerId", pa.array(np.arange(60) * 7.0)),
        ("ID", pa.array(np.arange(60) * 7.0)),
        ("row number", pa.array(np.arange(60) * 7.0)),
        ("code", text(*(f"A{i}" for i in range(60)))),
        ("code", category(*(f"A{i}" for i in range(60)))),
    ],
)
def test_infer__values_that_never_repeat__are_an_identifier(name: str, data: pa.Array) -> None:
    column = left_out(data, name)

    assert (column.kind, column.reason) == ("identifier", "looks like an identifier")


@pytest.mark.parametrize(
    ("name", "data", "kind"),
    [
        ("paid", pa.array(np.arange(60) * 7.0), "number"),
        ("id", pa.array(np.arange(60) % 30 * 2.0), "number"),
        ("id", pa.array([None, *np.arange(59) * 7.0]), "number"),
        ("id", pa.array(np.arange(60) + 0.5), "number"),
        ("id", pa.array(np.arange(10) * 1.0), "number"),
        ("code", text(*(f"A{i}" for i in range(40))), "category"),
        ("code", category(*(f"A{i % 40}" for i in range(60))), "category"),
    ],
)
def test_infer__little_sign_of_an_identifier__keeps_the_column(name: str, data: pa.Array, kind: str) -> None:
    assert inferred(data, name).kind == kind


@pytest.mark.bad_input(32)
def test_infer__sentences__are_text() -> None:
    column = inferred(text(*(f"the guest of room {i} was content" for i in range(30))))

    assert (column.kind, column.used) == ("text", True)


def test_infer__long_levels_that_repeat__are_a_category() -> None:
    assert inferred(text(*(f"some college no degree {i % 4}" for i in range(60)))).kind == "category"


def test_infer__several_columns_of_one_topic__warns_once_for_each_topic() -> None:
    table = beside(a=numbers(1, 1), b=text("u", "u"), c=numbers(None, None))

    with pytest.warns(DataWarning) as caught:
        schema = Schema.infer(table)[0]

    assert [str(w.message) for w in caught] == [
        "Left out, every value is the same: 'a', 'b'. To keep a column, set its kind.",
        "Left out, every value is missing: 'c'. To keep a column, set its kind.",
    ]
    assert caught[0].filename == __file__
    assert [c.name for c in schema.used] == ["size"]
    assert [c.name for c in schema.left_out] == ["a", "b", "c"]
    assert schema.storage == {"size": "number"}


def test_infer__excluded_and_ignored__are_no_features() -> None:
    table = beside(y=numbers(1, np.inf), x=numbers(np.inf, 2))

    schema = Schema.infer(table, exclude=["y"], ignore=["x"])[0]

    assert schema.columns == (
        Number("x", "number", "ignored, as asked"),
        Number("size", "number"),
    )


def test_infer__categories_that_are_numbers__warns_how_a_csv_differs() -> None:
    with pytest.warns(
        DataWarning, match=r"^Declared a category but holds numbers: 'x'\. From a CSV it would be"
    ):
        assert inferred(category("1", "2", None)).kind == "category"
    assert inferred(category("1", "2"), kinds={"x": "category"}).kind == "category"


@pytest.mark.bad_input(24)
def test_infer__infinite_number__is_refused_with_its_rows() -> None:
    with pytest.raises(
        DataError,
        match=r"^Column 'x' is infinite in 2 of 4 rows: rows 2, 4 \(counted from 1\); "
        r"leave the cells empty or give finite numbers\.$",
    ):
        inferred(numbers(1, np.inf, 2, -np.inf))


@pytest.mark.bad_input(47)
@pytest.mark.parametrize("outlier", [1e31, -1e31, 1e10])
def test_infer__value_far_out__is_warned_of(outlier: float) -> None:
    data = pa.array([*np.linspace(0, 1, 99), outlier])

    with pytest.warns(
        DataWarning, match=r"^Values far outside the rest, perhaps slips or codes for missing: 'x'\.$"
    ):
        assert inferred(data).kind == "number"


def test_infer__no_rows__is_refused() -> None:
    with pytest.raises(DataError, match=r"^The table has 0 rows; there is nothing to learn from\.$"):
        Schema.infer(beside(x=numbers()))


@pytest.mark.parametrize(
    ("table", "end"),
    [
        (
            pa.table({"x": numbers(1, 1), "y": numbers(1, 2)}),
            r"'x' \(every value is the same\)\. Set the kind of a useful one, .*",
        ),
        (pa.table({"y": numbers(1, 2)}), r"the target is the only one\."),
    ],
)
def test_infer__nothing_left_to_learn_from__is_refused(table: pa.Table, end: str) -> None:
    with pytest.raises(DataError, match=rf"^No column is left to learn from: {end}$"):
        Schema.infer(table, exclude=["y"])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"kinds": {"sizes": "number"}},
            r"The column with a kind set, 'sizes' is not in the table. Did you mean 'size'\?",
        ),
        ({"ignore": ["sizes"]}, r"The column to ignore, 'sizes' is not in the table. Did you mean 'size'\?"),
        (
            {"ignore": ["sizes", "?"]},
            r"The table lacks 2 columns that are needed: 'sizes' \(nearest: 'size'\), '\?'\.",
        ),
    ],
)
def test_infer__unknown_name__is_refused_with_the_nearest(options: dict[str, Any], message: str) -> None:
    with pytest.raises(SchemaError, match=f"^{message}$"):
        inferred(numbers(1, 2), **options)


def test_infer__unknown_kind__is_refused() -> None:
    with pytest.raises(ConfigError, match=r"^The kind of 'x' cannot be 'numbr'\. Did you mean 'number'\?$"):
        inferred(numbers(1, 2), kinds={"x": "numbr"})


def test_infer__type_that_is_not_canonical__is_refused() -> None:
    with pytest.raises(
        DataTypeError, match=r"^Column 'x' is of type int64; pass the table through read first\.$"
    ):
        inferred(pa.array([1, 2]))


@pytest.mark.parametrize(
    ("data", "kind", "expected", "values"),
    [
        (
            numbers(1, 2.5, None, -0.0, 1e20),
            "category",
            Category("x", "number"),
            ["1", "2.5", None, "0", "1e+20"],
        ),
        (pa.array([True, None]), "category", Category("x", "boolean"), ["true", None]),
        (category("1", " 2.5 ", None), "number", Number("x", "category"), [1, 2.5, None]),
        (text("+1", "2.", "1e3"), "number", Number("x", "text"), [1, 2, 1000]),
        (pa.array([True, False]), "number", Number("x", "boolean"), [1, 0]),
        (text(None, None), "number", Number("x", "text"), [None, None]),
        (numbers(None, None), "category", Category("x", "number"), [None, None]),
        (text("2024-02-29", None), "date", Date("x", "text"), [MIDNIGHT, None]),
        (numbers(1, 2), "flag", Flag("x", "number", levels=("1", "2")), ["1", "2"]),
        (text("M", "f", "m"), "flag", Flag("x", "text", levels=("f", "m")), ["M", "f", "m"]),
        (category("Yes", "no"), "flag", Flag("x", "category", levels=("no", "yes")), ["Yes", "no"]),
        (pa.array([True, False]), "flag", Flag("x", "boolean"), [1, 0]),
    ],
)
def test_infer__kind_set__converts_in_select(
    data: pa.Array, kind: str, expected: Column, values: list[object]
) -> None:
    table = beside(x=data)
    schema = Schema.infer(table, kinds={"x": kind})[0]

    assert schema.columns[0] == expected
    assert schema.select(table).column("x").to_pylist() == values


@pytest.mark.parametrize("kind", ["identifier", "constant"])
def test_infer__kind_set_that_no_network_takes__leaves_the_column_out(kind: str) -> None:
    assert inferred(numbers(1, 2), kinds={"x": kind}) == KINDS[kind]("x", "number", f"set to {kind}")


@pytest.mark.parametrize(
    ("data", "kind", "message"),
    [
        (
            text("1", "2", "x3"),
            "number",
            r"Column 'x' holds 'x3' in row 3 \(counted from 1\); a number is expected\.",
        ),
        (
            text("2024-01-01", "soon"),
            "date",
            r"Column 'x' holds 'soon' in row 2 \(counted from 1\); a date such as 2011-02-01 is expected\.",
        ),
        (
            text("1", "nan", "2"),
            "number",
            r"Column 'x' holds 'nan' in row 2 \(counted from 1\); a number is expected\.",
        ),
        (
            text("2024-01-01", "2024-01-01 10:00+02:00"),
            "date",
            r"Column 'x' holds '2024-01-01 10:00\+02:00' in row 2 \(counted from 1\); a date such as .*",
        ),
        (dates(NOON, None), "number", r"Column 'x' holds dates; numbers are expected\."),
        (numbers(1, 2), "date", r"Column 'x' holds numbers; dates are expected\."),
        (pa.array([True, False]), "date", r"Column 'x' holds true and false; dates are expected\."),
    ],
)
def test_infer__kind_set_that_a_value_cannot_be__is_refused(data: pa.Array, kind: str, message: str) -> None:
    with pytest.raises(DataError, match=f"^{message}$"):
        inferred(data, kinds={"x": kind})


@pytest.mark.parametrize(
    ("data", "found"), [(text("a", "b", "c"), "3: 'a', 'b', 'c'"), (text(None, None), "0")]
)
def test_infer__flag_without_two_values__is_refused(data: pa.Array, found: str) -> None:
    with pytest.raises(
        SchemaError, match=rf"^Column 'x' cannot be a flag: a flag has two values; it has {found}\.$"
    ):
        inferred(data, kinds={"x": "flag"})


@pytest.fixture
def schema() -> Schema:
    return Schema((Number("age", "number"), Category("city", "text")))


@pytest.mark.bad_input(67)
def test_select__columns_in_another_order__are_taken_by_name(schema: Schema) -> None:
    selected = schema.select(pa.table({"city": text("a"), "age": numbers(1)}))

    assert selected.to_pydict() == {"age": [1.0], "city": ["a"]}


@pytest.mark.bad_input(65)
def test_select__missing_columns__lists_all_with_the_nearest(schema: Schema) -> None:
    with pytest.raises(
        SchemaError,
        match=r"^The table lacks 2 columns that are needed: 'age' \(nearest: 'ages'\), 'city'\.$",
    ):
        schema.select(pa.table({"ages": numbers(1)}))


@pytest.mark.bad_input(66)
def test_select__extra_columns__are_ignored_with_a_warning(schema: Schema) -> None:
    table = pa.table({"age": numbers(1), "city": text("a"), "new": numbers(2), "price": numbers(3)})

    with pytest.warns(
        DataWarning, match=r"^Columns that the model does not know are ignored: 'new'\.$"
    ) as caught:
        selected = schema.select(table, known_extra=["price"])

    assert selected.column_names == ["age", "city"]
    assert caught[0].filename == __file__


def test_select__columns_left_out_in_training__pass_without_a_warning() -> None:
    schema = Schema((Number("age", "number"), Identifier("id", "number", "looks like")))

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert schema.select(pa.table({"id": numbers(1), "age": numbers(2)})).column_names == ["age"]
        assert schema.select(pa.table({"age": numbers(2)})).column_names == ["age"]


@pytest.mark.bad_input(69)
def test_select__another_type_than_in_training__is_converted_or_refused(schema: Schema) -> None:
    selected = schema.select(pa.table({"age": text("1", None), "city": numbers(7, None)}))

    assert selected.to_pydict() == {"age": [1.0, None], "city": ["7", None]}
    with pytest.raises(
        DataError, match=r"^Column 'age' holds 'old' in row 2 \(counted from 1\); a number is expected\.$"
    ):
        schema.select(pa.table({"age": text("1", "old"), "city": text("a", "b")}))


@pytest.mark.bad_input(24)
def test_select__infinite_number__is_refused(schema: Schema) -> None:
    with pytest.raises(
        DataError, match=r"^Column 'age' is infinite in 1 of 1 rows: row 1 \(counted from 1\); leave"
    ):
        schema.select(pa.table({"age": numbers(np.inf), "city": text("a")}))


@pytest.mark.bad_input(71)
def test_select__no_rows__gives_no_rows(schema: Schema) -> None:
    assert schema.select(pa.table({"age": numbers(), "city": text()})).num_rows == 0


def test_schema__through_json__is_the_same() -> None:
    table = beside(a=text("yes", "no"), b=dates(NOON, None), c=text("u", "v"), d=numbers(1, 2))
    schema = Schema.infer(table, ignore=["d"])[0]

    assert Schema.from_dict(json.loads(json.dumps(schema.to_dict()))) == schema
