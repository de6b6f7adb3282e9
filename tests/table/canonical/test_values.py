from __future__ import annotations

from datetime import datetime

import pyarrow as pa
import pytest

from netable.config.reading import ReadOptions
from netable.errors import DataError, DataTypeError, DataWarning
from netable.table.canonical.storage import number_text
from netable.table.reading.read import read
from netable.table.schema import Schema
from netable.table.target import Target

MISSING = ("", " ", "NA", "N/A", "n/a", "NaN", "nan", "null", "NULL", "#N/A", "?", "<NA>", "NaT")


def typed(*texts: str | None, **options: object) -> pa.ChunkedArray:
    return read(pa.table({"x": pa.array(texts, pa.string())}), options=ReadOptions(**options)).column("x")


def cast(column: pa.Array, storage: str, **options: object) -> list[object]:
    table = read(pa.table({"x": column}), storage={"x": storage}, options=ReadOptions(**options))
    return table.column("x").to_pylist()


@pytest.mark.parametrize(
    ("text", "number"),
    [("1", 1.0), ("-.5", -0.5), ("+3", 3.0), ("1e-5", 1e-5), (" 2 ", 2.0), ("5.", 5.0), ("1E+3", 1000.0)],
)
def test_numbers__as_python_writes_them__are_numbers(text: str, number: float) -> None:
    assert typed(text, "7").to_pylist() == [number, 7.0]


def test_numbers__every_float__equals_python(rng_texts: list[str]) -> None:
    assert typed(*rng_texts).to_pylist() == [float(text) for text in rng_texts]


@pytest.fixture
def rng_texts() -> list[str]:
    import numpy as np

    rng = np.random.default_rng(0)
    return [repr(float(x)) for x in rng.standard_normal(500) * 10.0 ** rng.integers(-300, 300, 500)]


@pytest.mark.parametrize("text", ["inf", "-inf", "Infinity", "-Infinity", "Inf"])
def test_numbers__infinity__is_a_number(text: str) -> None:
    assert typed(text, "1").to_pylist() == [float(text), 1.0]


@pytest.mark.parametrize("text", ["1_000", "0x1F", "1e", "--1", "1 000", "5%", "$5", "٣"])
def test_numbers__other_spellings__stay_text(text: str) -> None:
    assert typed(text, "b").to_pylist() == [text, "b"]


def test_column__only_missing__is_numbers_without_values() -> None:
    assert typed(None, "", " ").equals(pa.chunked_array([pa.nulls(3, pa.float64())]))


@pytest.mark.bad_input(34)
@pytest.mark.parametrize("spelling", [m for m in MISSING if m.strip()])
def test_missing__34_usual_spelling__is_null_and_counted(spelling: str) -> None:
    with pytest.warns(DataWarning, match="^the table: read as missing: 'x' 2 × "):
        assert typed("1", spelling, spelling).to_pylist() == [1.0, None, None]
    with pytest.warns(DataWarning, match="read as missing"):
        assert typed("a", spelling).to_pylist() == ["a", None]


@pytest.mark.bad_input(34)
def test_missing__34_na_values_given__na_is_namibia() -> None:
    assert typed("NA", "DE", na_values=()).to_pylist() == ["NA", "DE"]
    with pytest.warns(DataWarning, match=r"'x' 1 × '-99'\.?$"):
        assert typed("1", "-99", na_values=("-99",)).to_pylist() == [1.0, None]


@pytest.mark.parametrize("spelling", ["None", "-", "--", ".", "missing", "unknown"])
def test_missing__words__only_among_numbers(spelling: str) -> None:
    assert typed("a", spelling).to_pylist() == ["a", spelling]
    assert typed(spelling).to_pylist() == [spelling]
    with pytest.warns(DataWarning, match="read as missing"):
        assert typed("1", spelling).to_pylist() == [1.0, None]


@pytest.mark.bad_input(22)
def test_mixture__22_mostly_numbers__stays_text_with_examples() -> None:
    texts = [str(i) for i in range(1, 100)] + ["abc"]
    with pytest.warns(DataWarning, match=r"mostly numbers.*'x' \(1 of 100, such as 'abc' in row 100\)"):
        assert typed(*texts).to_pylist() == texts


def test_mixture__few_numbers__stays_text_in_silence() -> None:
    assert typed("1", "b", "c").type == pa.string()


@pytest.mark.bad_input(23)
@pytest.mark.parametrize("column", [["9007199254740993", "1"], [9007199254740993, 1], [-9007199254740993, 1]])
def test_integers__23_beyond_2_53__warns(column: list[object]) -> None:
    with pytest.warns(DataWarning, match=r"whole numbers beyond 2\^53 lose their last digits.*'x'"):
        assert abs(read(pa.table({"x": column})).column("x")[0].as_py()) == 2.0**53


@pytest.mark.bad_input(46)
def test_codes__46_leading_zeros__stay_text() -> None:
    with pytest.warns(DataWarning, match="leading zeros are codes: 'x'"):
        assert typed("00123", "456").to_pylist() == ["00123", "456"]
    assert typed("0", "0.5", "-0.25").to_pylist() == [0.0, 0.5, -0.25]


@pytest.mark.bad_input(31)
def test_booleans__31_true_and_false__in_any_case() -> None:
    assert typed("TRUE", "False", "true", None).to_pylist() == [True, False, True, None]


@pytest.mark.parametrize("words", [("yes", "no"), ("t", "f"), ("Y", "N")])
def test_booleans__other_words__stay_text(words: tuple[str, str]) -> None:
    assert typed(*words).to_pylist() == list(words)


@pytest.mark.bad_input(29)
@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2011-01-02", datetime(2011, 1, 2)),
        ("2011-01-02 03:04", datetime(2011, 1, 2, 3, 4)),
        ("2011-01-02T03:04:05", datetime(2011, 1, 2, 3, 4, 5)),
        ("2011-01-02 03:04:05.5", datetime(2011, 1, 2, 3, 4, 5, 500000)),
        ("2011-01-02 03:04:05.123456789", datetime(2011, 1, 2, 3, 4, 5, 123456)),
    ],
)
def test_dates__29_iso__are_timestamps(text: str, moment: datetime) -> None:
    assert typed(text, None).equals(pa.chunked_array([pa.array([moment, None], pa.timestamp("us"))]))


@pytest.mark.bad_input(30)
@pytest.mark.parametrize("zone", ["+09:00", "+0900", "+09"])
def test_dates__30_one_zone__become_utc(zone: str) -> None:
    assert typed(f"2011-01-02 09:00:00{zone}", f"2011-01-02 10:30:00{zone}").to_pylist() == [
        datetime(2011, 1, 2),
        datetime(2011, 1, 2, 1, 30),
    ]


@pytest.mark.parametrize("zone", ["Z", " UTC", "+00:00"])
def test_dates__utc__is_utc(zone: str) -> None:
    assert (
        typed(f"2011-01-02T09:00:00{zone}", "2011-01-02T09:00:00Z").to_pylist()
        == [datetime(2011, 1, 2, 9)] * 2
    )


@pytest.mark.bad_input(30)
def test_dates__30_offsets_beside_none__are_refused() -> None:
    expected = r"column 'x': expected timestamps with an offset from UTC or without, got both: none, '\+09'"
    with pytest.raises(DataError, match=expected):
        typed("2011-01-02 09:00+09:00", "2011-01-02")


def test_dates__30_february__stays_text() -> None:
    with pytest.warns(DataWarning, match="look like dates or times.*'2011-02-30' in row 1"):
        assert typed("2011-02-30", "2011-02-01").to_pylist() == ["2011-02-30", "2011-02-01"]


@pytest.mark.parametrize(
    ("texts", "days"),
    [
        (("1/2/2011", "13/2/2011"), [(1, 2), (13, 2)]),
        (("1/2/2011", "1/13/2011"), [(2, 1), (13, 1)]),
        (("01.02.2011", "31.12.2011"), [(1, 2), (31, 12)]),
        (("1-2-2011", "28-02-2011"), [(1, 2), (28, 2)]),
    ],
)
def test_dates__day_and_month_certain__are_timestamps(
    texts: tuple[str, ...], days: list[tuple[int, int]]
) -> None:
    assert typed(*texts).to_pylist() == [datetime(2011, month, day) for day, month in days]


def test_dates__day_and_month_uncertain__stay_text() -> None:
    with pytest.warns(
        DataWarning, match="day and month cannot be told apart; write 2011-02-01, or set the kind .*: 'x'"
    ):
        assert typed("1/2/2011", "3/4/2011 9:05").type == pa.string()


def test_dates__both_orders_at_once__stay_text() -> None:
    with pytest.warns(DataWarning, match="look like dates or times.*'13/2/2011' in row 1"):
        assert typed("13/2/2011", "2/13/2011").type == pa.string()


@pytest.mark.bad_input(16)
@pytest.mark.parametrize(
    ("texts", "numbers"),
    [
        (("1,5", "2"), [1.5, 2.0]),
        (("1.234,5", "-0,25"), [1234.5, -0.25]),
        (("0,123", "1,234"), [0.123, 1.234]),
    ],
)
def test_decimal__16_certain_comma__is_read_with_a_warning(
    texts: tuple[str, ...], numbers: list[float]
) -> None:
    with pytest.warns(DataWarning, match="comma is read as the decimal mark in 'x'"):
        assert typed(*texts).to_pylist() == numbers
    assert typed(*texts, decimal=",").to_pylist() == numbers


@pytest.mark.bad_input(16)
def test_decimal__16_uncertain_comma__is_asked_about() -> None:
    expected = r"column 'x': '1,234' is 1\.234 or 1234(\.0)?\. Choose the mark: decimal=',' or decimal='\.'"
    with pytest.raises(DataError, match=expected):
        typed("1,234", "5,678")
    assert typed("1,234", decimal=",").to_pylist() == [1.234]


@pytest.mark.bad_input(17)
@pytest.mark.parametrize("options", [{"decimal": "."}, {}])
def test_decimal__17_thousands__are_taken_out_with_a_warning(options: dict[str, str]) -> None:
    with pytest.warns(
        DataWarning,
        match="commas, blanks or apostrophes between thousands are removed from the numbers in 'x'",
    ):
        assert typed("1,234", "1,234,567.5", **options).to_pylist() == [1234.0, 1234567.5]


def test_text__blanks_around_and_line_breaks_within__are_one_way() -> None:
    assert typed(" a b ", "x\r\ny", "x\ny").to_pylist() == ["a b", "x\ny", "x\ny"]


@pytest.mark.parametrize(
    ("column", "storage", "expected"),
    [
        (pa.array(["1.5", None]), "number", [1.5, None]),
        (pa.array([True, None]), "number", [1.0, None]),
        (pa.array(["true", "False"]), "number", [1.0, 0.0]),
        (pa.array(["007"]), "number", [7.0]),
        (pa.array([123.0, 0.1, None]), "text", ["123", "0.1", None]),
        (pa.array(["123.0", "0.10"]), "category", ["123", "0.10"]),
        (pa.array([7]), "category", ["7"]),
        (pa.array([True, False]), "text", ["True", "False"]),
        (
            pa.array([datetime(2011, 1, 2), datetime(2011, 1, 2, 3, 10)]),
            "text",
            ["2011-01-02", "2011-01-02 03:10:00"],
        ),
        (pa.array(["a"]).dictionary_encode(), "text", ["a"]),
        (pa.array([0, 1]), "boolean", [False, True]),
        (pa.array(["TRUE", "0", "1.0"]), "boolean", [True, False, True]),
        (pa.array(["2011-01-02"]), "timestamp", [datetime(2011, 1, 2)]),
        (pa.array(["13/2/2011"]), "timestamp", [datetime(2011, 2, 13)]),
        (pa.array(["2"]).dictionary_encode(), "number", [2.0]),
        (pa.nulls(1), "category", [None]),
    ],
)
def test_cast__values_that_fit__take_the_storage(
    column: pa.Array, storage: str, expected: list[object]
) -> None:
    assert cast(column, storage) == expected


@pytest.mark.bad_input(69)
@pytest.mark.parametrize(
    ("column", "storage", "message"),
    [
        (pa.array(["1", "abc"]), "number", "row 2, column 'x': expected a number, got 'abc'."),
        (pa.array(["true", "2"]), "boolean", "row 2, column 'x': expected true or false, got '2'."),
        (pa.array([5.0]), "timestamp", "row 1, column 'x': expected a date such as 2011-02-01, got '5'."),
        (pa.array(["1/2/2011"]), "timestamp", "expected a date such as 2011-02-01, got '1/2/2011'."),
        (
            pa.array([datetime(2011, 1, 2)]),
            "number",
            "row 1, column 'x': expected a number, got '2011-01-02'.",
        ),
    ],
)
def test_cast__69_value_that_does_not_fit__is_named(column: pa.Array, storage: str, message: str) -> None:
    with pytest.raises(DataError) as error:
        cast(column, storage)
    assert str(error.value).endswith(message)
    assert str(error.value).startswith("the table, ")


def test_text_and_category__whole_numbers_with_zeros__name_the_same_in_training_and_prediction() -> None:
    assert typed("1.0", "2.x").to_pylist() == [*cast(pa.array([1.0]), "text"), "2.x"]


@pytest.mark.parametrize(
    ("number", "text"), [(123.0, "123"), (0.1, "0.1"), (-0.5, "-0.5"), (1e300, "1e+300")]
)
def test_number_text__is_shortest(number: float, text: str) -> None:
    assert number_text(number) == text


@pytest.mark.bad_input(18)
@pytest.mark.parametrize(
    "column",
    [pa.array([[1]] * 9), pa.array([{"a": 1}] * 9), pa.array([b"a"] * 9)],
    ids=["38-list", "18-struct", "binary"],
)
def test_column__18_type_that_no_table_holds__is_left_out_unless_needed(column: pa.Array) -> None:
    table = read(pa.table({"x": column, "size": range(9), "y": [1.5, 2.5, 3.5] * 3}))
    message = r"column 'x' holds values of type .*; a column must hold numbers"
    with pytest.warns(DataWarning, match="^Left out, neither numbers, booleans, dates nor texts: 'x'"):
        schema, _ = Schema.infer(table, exclude=["y"])
    assert [column.name for column in schema.used] == ["size"]
    assert Schema.infer(table, exclude=["y"], ignore=["x"])[0].used == schema.used
    with pytest.raises(DataTypeError, match=message):
        Schema.infer(table, exclude=["y"], kinds={"x": "category"})
    with pytest.raises(DataTypeError, match=message):
        Target.infer(table, "x")
    with pytest.raises(DataTypeError, match=message):
        read(pa.table({"x": column}), storage={"x": "number"})
    assert (
        schema.select(read(pa.table({"x": column, "size": range(9)}), storage=schema.storage)).num_rows == 9
    )


def test_later_table__columns_that_are_not_asked_for__are_not_judged() -> None:
    ambiguous = pa.table({"x": [1.0, 2.0], "extra": ["1,234", "2,345"], "mixed": ["7", "x"]})
    assert read(ambiguous, storage={"x": "number"})["x"].to_pylist() == [1.0, 2.0]
    with pytest.raises(DataError, match="Choose the mark"):
        read(ambiguous)
