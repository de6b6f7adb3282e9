from __future__ import annotations

import json
import warnings
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.preprocessing import OrdinalEncoder

from netable.config.choices import KINDS
from netable.errors import ConfigError, DataWarning, UserError
from netable.table.encode import Encoded, Encoder
from netable.table.kinds.category import Category
from netable.table.kinds.date import Date
from netable.table.kinds.flag import Flag
from netable.table.kinds.identifier import Identifier
from netable.table.kinds.number import Number
from netable.table.schema import Schema

SCHEMA = Schema(
    (
        Number("size", "number"),
        Category("city", "text"),
        Flag("open", "boolean"),
        Identifier("id", "number", "looks like an identifier"),
        Flag("paid", "text", levels=("no", "yes")),
        Date("sold", "timestamp", has_time=True),
    )
)


def table(**changes: pa.Array) -> pa.Table:
    rows = {
        "size": pa.array([1.5, None, 3.0]),
        "city": pa.array(["b", "a", None]),
        "open": pa.array([True, None, False]),
        "paid": pa.array(["Yes", "no", None]),
        "sold": pa.array([datetime(1970, 1, 1), datetime(1971, 1, 2, 6), None], pa.timestamp("us")),
    }
    return pa.table(rows | changes)


def learned(rows: pa.Table, schema: Schema = SCHEMA) -> Encoder:
    return Encoder.learn(schema, schema.select(rows))


def encoded(encoder: Encoder, rows: pa.Table, dtype: type = np.float32) -> Encoded:
    return encoder.encode(encoder.schema.select(rows), dtype)


def test_encode__known_rows__gives_numbers_and_codes() -> None:
    encoder = learned(table())
    numbers, codes, unseen, *_ = encoded(encoder, table())

    assert encoder.number_names[:3] == ("size", "open", "paid")
    np.testing.assert_array_equal(numbers[:, :3], [[1.5, 1, 1], [np.nan, np.nan, 0], [3, 0, np.nan]])
    np.testing.assert_array_equal(codes, [[3], [2], [0]])
    assert unseen == {}
    assert (numbers.dtype, codes.dtype, numbers.flags.c_contiguous) == (np.float32, np.int32, True)
    assert encoder.levels == {"city": ("a", "b")}
    assert encoder.category_names == ("city",)
    assert encoder.cardinalities == (4,)
    assert (encoder.d_num, encoder.d_cat) == numbers.shape[1:] + codes.shape[1:] == (11, 1)
    assert len(encoder.number_names) == encoder.d_num


@pytest.mark.bad_input(29)
def test_encode__dates__are_parts_worked_by_hand() -> None:
    encoder = learned(table())
    parts = dict(zip(encoder.number_names, encoded(encoder, table(), np.float64).numbers.T, strict=True))

    # 1 January 1970 was a Thursday; 2 January 1971, 6 o'clock, was a Saturday, a day into the year.
    year = 2 * np.pi / 365.25
    week = 2 * np.pi / 7
    expected = {
        "sold (days)": [0, 366.25],
        "sold (year)": [1970, 1971],
        "sold (season sine)": [0, np.sin(year)],
        "sold (season cosine)": [1, np.cos(year)],
        "sold (weekday sine)": [np.sin(3 * week), np.sin(5 * week)],
        "sold (weekday cosine)": [np.cos(3 * week), np.cos(5 * week)],
        "sold (time sine)": [0, 1],
        "sold (time cosine)": [1, 0],
    }
    assert list(parts)[3:] == list(expected)
    offsets = dict(zip(encoder.number_names, encoder.offsets, strict=True))
    assert offsets["sold (year)"] == 1970
    for name, values in expected.items():
        np.testing.assert_allclose(parts[name] + offsets[name], [*values, np.nan], atol=1e-12)


def test_encode__dates_of_few_days__are_as_each_by_itself() -> None:
    schema, days = Schema((Date("sold", "timestamp"),)), np.random.default_rng(0).integers(-400, 400, 2_000)
    dates = pa.table({"sold": pa.array(days.astype("datetime64[D]").astype("datetime64[us]"))})
    encoder = learned(dates, schema)

    whole = encoded(encoder, dates).numbers
    each = [encoded(encoder, dates.slice(i, 1)).numbers for i in range(0, 2_000, 50)]

    np.testing.assert_array_equal(whole[::50], np.concatenate(each))


def test_widened__by_other_rows__holds_their_numbers_too() -> None:
    encoder = learned(table())
    others = table(size=pa.array([-7.25, None, 2.0]), sold=pa.nulls(3, pa.timestamp("us")))

    extremes = encoded(encoder, others).extremes
    wider = encoder.widened(extremes)

    assert extremes[:, 0].tolist() == [-7.25, 2.0]
    assert np.isnan(extremes[:, -1]).all()
    assert wider.ranges == ((-7.25, 3.0), *encoder.ranges[1:])


def test_spans__every_kind_of_column__are_its_numbers_and_codes() -> None:
    spans = learned(table()).spans

    assert {name: (numbers.start, numbers.stop) for name, (numbers, _) in spans.items()} == {
        "size": (0, 1),
        "city": (1, 1),
        "open": (1, 2),
        "paid": (2, 3),
        "sold": (3, 11),
    }
    assert [codes.stop - codes.start for _, codes in spans.values()] == [0, 1, 0, 0, 0]


def test_encode__date_without_time__counts_whole_days_also_before_1970() -> None:
    schema = Schema((Date("sold", "timestamp"),))
    rows = pa.table(
        {"sold": pa.array([datetime(1969, 12, 31, 18), datetime(1970, 1, 3)], pa.timestamp("us"))}
    )
    numbers = encoded(learned(rows, schema), rows).numbers

    assert numbers.shape == (2, 6)
    assert numbers[:, 0].tolist() == [-1, 2]


@pytest.mark.bad_input(68)
def test_encode__never_seen_values__are_coded_and_counted() -> None:
    later = table(city=pa.array(["z", "b", "y"]), paid=pa.array(["perhaps", "YES", None]))
    numbers, codes, unseen, *_ = encoded(learned(table()), later)

    assert codes.ravel().tolist() == [1, 3, 1]
    np.testing.assert_array_equal(numbers[:, 2], [np.nan, 1, np.nan])
    assert unseen == {"city": 2, "paid": 1}


@pytest.mark.bad_input(71)
def test_encode__no_rows__keeps_the_columns() -> None:
    numbers, codes, unseen, *_ = encoded(learned(table()), table().slice(0, 0))

    assert (numbers.shape, codes.shape, unseen) == ((0, 11), (0, 1), {})


def test_encode__nothing_but_missing__is_all_missing() -> None:
    schema = Schema(SCHEMA.columns[:2])
    rows = pa.table({"size": pa.array([None], pa.float64()), "city": pa.array([None], pa.string())})
    encoder = learned(rows, schema)

    assert (encoder.offsets, encoder.levels) == ((0.0,), {"city": ()})
    assert np.isnan(encoded(encoder, rows).numbers).all()
    assert encoded(encoder, pa.table({"size": pa.array([1.0]), "city": pa.array(["a"])})).codes.tolist() == [
        [1]
    ]


def test_learn__numbers_far_from_zero__keep_their_differences_in_float32() -> None:
    schema = Schema(SCHEMA.columns[:1])
    values = 1.7e9 + np.arange(100) / 4
    encoder = learned(pa.table({"size": values}), schema)
    numbers = encoded(encoder, pa.table({"size": values})).numbers[:, 0]

    np.testing.assert_array_equal(np.diff(numbers), 0.25)
    assert len(np.unique(values.astype(np.float32))) == 1


@pytest.mark.parametrize(
    ("values", "offset"),
    [([1.0, 2.0], 0.0), ([-100.0, -90.0, -89.0], -90.0), ([0.0, 0.0], 0.0), ([5.0], 5.0)],
)
def test_learn__offset__is_the_middle_where_the_spread_is_small(values: list[float], offset: float) -> None:
    assert learned(pa.table({"size": values}), Schema(SCHEMA.columns[:1])).offsets == (offset,)


def test_learn__values_that_differ_by_rounding__have_no_offset_and_are_one_number() -> None:
    days = [datetime(2024, 1, 3) + timedelta(days=7 * (i // 2) + 3 * (i % 2)) for i in range(40)]
    dates = pa.table({"sold": pa.array(days, pa.timestamp("us"))})

    encoder = learned(dates, Schema((Date("sold", "timestamp"),)))
    cosine = next(i for i, name in enumerate(encoder.number_names) if "weekday" in name and "cos" in name)

    assert len(np.unique(encoder.encode(dates).numbers[:, cosine])) == 1  # of Wednesdays and Saturdays
    assert encoder.offsets[cosine] == 0


@pytest.mark.bad_input(47)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_encode__beyond_what_the_type_holds__stays_finite(dtype: type) -> None:
    schema = Schema(SCHEMA.columns[:1])
    encoder = learned(pa.table({"size": [1.7e308, 1.7e308]}), schema)
    numbers = encoded(encoder, pa.table({"size": [1e308, -1.7e308, 1.0]}), dtype).numbers

    assert np.isfinite(numbers).all()
    assert np.isfinite(numbers - numbers.max()).all()


def test_learn__rows_repeated_or_reordered__makes_no_difference() -> None:
    rows = table()

    assert learned(pa.concat_tables([rows, rows.slice(1), rows]).take([4, 0, 2, 1, 3, 5, 6, 7])) == learned(
        rows
    )


moments = st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1))
tables = st.lists(
    st.tuples(
        st.none() | st.floats(allow_nan=False, allow_infinity=False),
        st.none() | st.sampled_from(["a", "b", "é", ""]),
        st.none() | st.booleans(),
        st.none() | st.sampled_from(["yes", "No", "what"]),
        st.none() | moments,
    ),
    min_size=1,
    max_size=40,
).map(
    lambda rows: pa.table(
        [
            pa.array(column, dtype)
            for column, dtype in zip(
                zip(*rows, strict=True),
                [pa.float64(), pa.string(), pa.bool_(), pa.string(), pa.timestamp("us")],
                strict=True,
            )
        ],
        names=["size", "city", "open", "paid", "sold"],
    )
)


@given(tables, st.data())
def test_encode__some_rows_in_any_order__are_those_rows_bit_for_bit(
    rows: pa.Table, data: st.DataObject
) -> None:
    encoder = learned(rows)
    whole = encoded(encoder, rows)
    picked = data.draw(st.lists(st.integers(0, rows.num_rows - 1), max_size=60))
    some = encoded(encoder, rows.take(pa.array(picked, pa.int64())))

    assert some.numbers.tobytes() == whole.numbers[picked].tobytes()
    assert some.codes.tobytes() == whole.codes[picked].tobytes()


@given(tables)
def test_encoder__through_json__is_the_same(rows: pa.Table) -> None:
    encoder = learned(rows)
    again = Encoder.from_dict(json.loads(json.dumps(encoder.to_dict())))

    assert again == encoder
    assert encoded(again, rows).numbers.tobytes() == encoded(encoder, rows).numbers.tobytes()


@pytest.mark.parametrize(
    ("part", "value", "message"),
    [
        (
            "ranges",
            [[0.0, 1.0], [0.0, 1.0]],
            "1 numbers and 1 categories cannot have 2 ranges, 1 offsets and",
        ),
        ("ranges", [], "cannot have 0 ranges"),
        ("offsets", [], "cannot have 1 ranges, 0 offsets"),
        ("levels", {}, "the levels of 0"),
        ("widths", {}, "1 numbers and 1 categories cannot have"),
        ("widths", {"a": 0}, "A cell has from 1 to 64 codes."),
        ("widths", {"a": 10**9}, "A cell has from 1 to 64 codes."),
        ("widths", {"a": 1.5}, "A cell has from 1 to 64 codes."),
        ("levels", {"b": ["x"]}, "1 numbers and 1 categories cannot have"),
        ("levels", {"a": ["x", "x"]}, "The levels of each category must be different texts."),
        ("levels", {"a": "xy"}, "The levels of each category must be different texts."),
        ("levels", {"a": [1]}, "The levels of each category must be different texts."),
        ("ranges", [[2.0, 1.0]], "Ranges must be two rising finite numbers"),
        ("ranges", [[float("nan"), 1.0]], "Ranges must be two rising finite numbers"),
        ("ranges", [[0.0, float("inf")]], "Ranges must be two rising finite numbers"),
        ("offsets", [float("nan")], "and offsets finite numbers"),
    ],
)
def test_encoder__parts_that_do_not_fit_each_other__are_refused(part: str, value: Any, message: str) -> None:
    rows = pa.table({"n": [0.0, 1.5, 2.5], "a": ["x", "y", None]})
    schema = Schema((Number("n", "number"), Category("a", "text")))
    plain = learned(rows, schema).to_dict()
    with pytest.raises(ConfigError, match=message):
        Encoder.from_dict(plain | {part: value})


@given(
    st.lists(
        st.one_of(
            st.lists(st.none() | st.floats(allow_nan=False), min_size=3, max_size=3).map(
                lambda v: pa.array(v, pa.float64())
            ),
            st.lists(st.none() | st.text(max_size=3), min_size=3, max_size=3).map(
                lambda v: pa.array(v, pa.string())
            ),
            st.lists(st.none() | st.text(max_size=3), min_size=3, max_size=3).map(
                lambda v: pa.array(v, pa.string()).dictionary_encode()
            ),
            st.lists(st.none() | st.booleans(), min_size=3, max_size=3).map(
                lambda v: pa.array(v, pa.bool_())
            ),
            st.lists(st.none() | st.datetimes(), min_size=3, max_size=3).map(
                lambda v: pa.array(v, pa.timestamp("us"))
            ),
        ),
        min_size=1,
        max_size=4,
    ),
    st.dictionaries(st.sampled_from("0123"), st.sampled_from(KINDS)),
)
def test_way_of_a_table__any_canonical_columns_and_kinds__ends_in_arrays_or_one_line(
    columns: list[pa.Array], kinds: dict[str, str]
) -> None:
    rows = pa.table(columns, names=[str(i) for i in range(len(columns))])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        try:
            encoder = learned(rows, Schema.infer(rows, kinds=kinds)[0])
        except UserError as error:
            assert "\n" not in str(error)  # noqa: PT017
            return
    numbers, codes, unseen, *_ = encoded(encoder, rows)

    assert np.isfinite(numbers[~np.isnan(numbers)]).all()
    assert not (codes == 1).any()
    assert unseen == {}
    assert codes.max(initial=0) < max(encoder.cardinalities, default=1)


def test_encode__columns_in_chunks__are_as_in_one() -> None:
    whole = pa.table({"sold": pa.array([datetime(2000, 1, 1) + timedelta(hours=7 * i) for i in range(99)])})
    chunks = pa.concat_tables([whole.slice(0, 13), whole.slice(13, 40), whole.slice(53)])
    encoder = learned(whole, Schema(SCHEMA.columns[-1:]))

    assert encoded(encoder, chunks).numbers.tobytes() == encoded(encoder, whole).numbers.tobytes()


def test_encode__one_slip_among_large_numbers__does_not_blur_the_rest() -> None:
    seconds = 1.7e9 + np.arange(200.0)
    seconds[0] = 0
    table = pa.table({"t": seconds, "x": np.arange(200) % 7 * 1.5})
    schema = Schema((Number("t", "number"), Number("x", "number")))
    encoder = learned(table, schema)
    numbers = encoded(encoder, table).numbers[1:, 0].astype(np.float64) + encoder.offsets[0]

    np.testing.assert_allclose(numbers, seconds[1:], rtol=0, atol=1e-3)


# Beside scikit-learn and pandas

texts = st.lists(
    st.one_of(st.none(), st.sampled_from(["a", "B", "é", "서울", "z z", "0"])), min_size=1, max_size=20
)


@given(rows=texts, new=texts)
def test_encode__any_levels__are_the_codes_of_the_ordinal_encoder(
    rows: list[str | None], new: list[str | None]
) -> None:
    schema = Schema((Category("city", "text"),))
    encoder = learned(pa.table({"city": pa.array(rows, pa.string())}), schema)
    theirs = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    known = [[row] for row in rows if row is not None] or [["nothing"]]
    theirs.fit(np.array(known, dtype=object))

    found = encoded(encoder, pa.table({"city": pa.array(new, pa.string())})).codes[:, 0]

    expected = theirs.transform(np.array([[value or ""] for value in new], dtype=object))[:, 0] + 2
    expected[[value is None for value in new]] = 0
    np.testing.assert_array_equal(found, expected)
    assert encoder.cardinalities == (2 + len({value for value in rows if value is not None}),)


@given(
    st.lists(
        st.datetimes(datetime(1700, 1, 1), datetime(2200, 1, 1)).map(lambda t: t.replace(fold=0)),
        min_size=1,
        max_size=20,
    )
)
def test_encode__any_dates__are_the_parts_that_pandas_tells(dates: list[datetime]) -> None:
    schema = Schema((Date("sold", "timestamp", has_time=True),))
    rows = pa.table({"sold": pa.array(dates, pa.timestamp("us"))})
    encoder = learned(rows, schema)
    parts = dict(zip(encoder.number_names, encoded(encoder, rows, np.float64).numbers.T, strict=True))
    when = pd.Series(np.array(dates, "datetime64[us]")).dt
    day = (pd.Series(np.array(dates, "datetime64[us]")) - pd.Timestamp(0)) / pd.Timedelta(days=1)
    turns = {
        "season": (when.day_of_year - 1) / 365.25,
        "weekday": when.day_of_week / 7,
        "time": (when.hour * 3600 + when.minute * 60 + when.second + when.microsecond / 1e6) / 86400,
    }

    offsets = dict(zip(encoder.number_names, encoder.offsets, strict=True))
    np.testing.assert_allclose(parts["sold (days)"] + offsets["sold (days)"], day, rtol=1e-12, atol=1e-9)
    np.testing.assert_array_equal(parts["sold (year)"] + offsets["sold (year)"], when.year)
    for name, turn in turns.items():
        for wave in (np.sin, np.cos):
            whole = f"sold ({name} {'sine' if wave is np.sin else 'cosine'})"
            np.testing.assert_allclose(
                parts[whole] + offsets[whole], wave(2 * np.pi * turn.to_numpy()), atol=1e-6
            )
