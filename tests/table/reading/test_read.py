from __future__ import annotations

import contextlib
import csv
import gzip
import json
import math
import warnings
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import scipy.sparse
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from netable.errors import DataError, DataTypeError, DataWarning, FileError, SchemaError, UserError
from netable.table.reading.read import ReadOptions, from_array, read, read_sql

DATASETS = Path(__file__).parents[3] / ".." / "shared" / "datasets"
SMALL = pa.table(
    {
        "number": pa.array([1, None, 3], pa.int64()),
        "float": pa.array([0.1, 1e-9, None], pa.float32()),
        "money": pa.array([Decimal("1.10"), None, Decimal("-0.30")], pa.decimal128(9, 2)),
        "flag": [True, None, False],
        "day": pa.array([datetime(2011, 1, 2), None, datetime(1969, 12, 31)], pa.timestamp("ns")),
        "moment": pa.array(
            [datetime(2011, 1, 2, 3, 4, 5, 678900), None, datetime(1969, 12, 31, 23)], pa.timestamp("us")
        ),
        "word": ["한글", None, 'a "quoted", text; with | and\ttab\nand line'],
        "kind": pa.array(["x", "y", None]).dictionary_encode(),
    }
)
EXPECTED = {
    "number": [1.0, None, 3.0],
    "float": [0.1, 1e-9, None],
    "money": [1.1, None, -0.3],
    "flag": [True, None, False],
    "day": [datetime(2011, 1, 2), None, datetime(1969, 12, 31)],
    "moment": [datetime(2011, 1, 2, 3, 4, 5, 678900), None, datetime(1969, 12, 31, 23)],
    "word": ["한글", None, 'a "quoted", text; with | and\ttab\nand line'],
    "kind": ["x", "y", None],
}


def as_strings(table: pa.Table) -> pa.Table:
    """The table in one chunk a column, with categories as their texts."""
    columns = [c.cast(pa.string()) if pa.types.is_dictionary(c.type) else c for c in table.columns]
    return pa.table([c.combine_chunks() for c in columns], names=table.column_names)


def csv_bytes(
    table: pa.Table,
    delimiter: str = ",",
    encoding: str = "utf-8",
    line_end: str = "\n",
    quoting: int = csv.QUOTE_MINIMAL,
) -> bytes:
    frame = as_strings(table).to_pandas(integer_object_nulls=True)
    text = frame.to_csv(index=False, sep=delimiter, lineterminator=line_end, quoting=quoting)
    return text.encode(encoding)


WRITERS: dict[str, Callable[[pa.Table], bytes]] = {
    "comma": csv_bytes,
    "semicolon": lambda t: csv_bytes(t, ";"),
    "tab": lambda t: csv_bytes(t, "\t"),
    "bar": lambda t: csv_bytes(t, "|"),
    "gzip": lambda t: gzip.compress(csv_bytes(t)),
    "utf-16": lambda t: csv_bytes(t, encoding="utf-16"),
    "all-quoted": lambda t: csv_bytes(t, quoting=csv.QUOTE_ALL),
    "crlf": lambda t: csv_bytes(t, line_end="\r\n"),
}


@pytest.mark.parametrize("writer", WRITERS)
def test_read__same_table_as_parquet_and_as_text__is_equal(writer: str, tmp_path: Path) -> None:
    pq.write_table(SMALL, tmp_path / "t.parquet")
    (tmp_path / "t.csv").write_bytes(WRITERS[writer](SMALL))

    from_parquet, from_text = read(tmp_path / "t.parquet"), read(tmp_path / "t.csv")

    assert from_parquet.to_pydict() == EXPECTED
    assert as_strings(from_parquet).equals(as_strings(from_text))


def test_read__korean_in_cp949__is_equal(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(csv_bytes(SMALL, encoding="cp949"))
    with pytest.warns(DataWarning, match="read as cp949"):
        assert as_strings(read(tmp_path / "t.csv")).equals(as_strings(read(SMALL)))
    assert as_strings(read(tmp_path / "t.csv", options=ReadOptions(encoding="cp949"))).to_pydict() == EXPECTED


@pytest.mark.parametrize("writer", WRITERS)
def test_read__adult_as_parquet_and_as_text__is_equal(writer: str, tmp_path: Path) -> None:
    path = DATASETS / "adult.parquet"
    if not path.exists():
        pytest.skip(f"{path.name} is not there")
    (tmp_path / "t.csv").write_bytes(WRITERS[writer](pq.read_table(path)))

    assert as_strings(read(path)).equals(as_strings(read(tmp_path / "t.csv")))


# The texts hold delimiters and quotes, but between letters: none is a number or missing.
words = st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), max_size=12).map(lambda s: f"w{s}w")
rows = st.lists(
    st.tuples(
        words, st.floats(allow_nan=False), st.integers(1 - 2**53, 2**53 - 1), st.booleans(), st.datetimes()
    ),
    min_size=1,
    max_size=8,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=rows, delimiter=st.sampled_from(",;\t|"), quoting=st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL])
)
def test_read__any_table_as_parquet_and_csv__is_equal(
    tmp_path: Path, rows: list[tuple[object, ...]], delimiter: str, quoting: int
) -> None:
    frame = pd.DataFrame(rows, columns=["word", "float", "int", "flag", "moment"])
    frame["moment"] = frame["moment"].astype("datetime64[us]")
    frame.to_csv(tmp_path / "t.csv", index=False, sep=delimiter, quoting=quoting, lineterminator="\n")
    frame.to_parquet(tmp_path / "t.parquet")

    # Without a header that is declared, a last row that is the sum of the others is refused as a summary.
    from_csv = read(tmp_path / "t.csv", options=ReadOptions(delimiter=delimiter, header=True))

    assert from_csv.equals(read(tmp_path / "t.parquet"))
    assert from_csv.equals(read(frame))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.text(st.sampled_from('ab1,;|"\n \t'), max_size=40))
def test_read__any_text__is_a_table_or_an_error_of_ours(tmp_path: Path, content: str) -> None:
    (tmp_path / "t.csv").write_text(content, newline="")
    with warnings.catch_warnings(), contextlib.suppress(DataError, FileError, SchemaError):
        warnings.simplefilter("ignore", DataWarning)
        assert read(tmp_path / "t.csv").num_rows > 0


FRAMES: dict[str, Callable[[], object]] = {
    "table": lambda: SMALL,
    "batch": lambda: SMALL.combine_chunks().to_batches()[0],
    "reader": lambda: SMALL.to_reader(),
    "pandas": lambda: SMALL.to_pandas(),
    "pandas-arrow": lambda: SMALL.to_pandas(types_mapper=pd.ArrowDtype),
    "polars": lambda: pl.from_arrow(SMALL),
    "duckdb": lambda: duckdb.from_arrow(SMALL),
}


@pytest.mark.bad_input(35)
@pytest.mark.bad_input(39)
@pytest.mark.bad_input(40)
@pytest.mark.bad_input(41)
@pytest.mark.parametrize("kind", FRAMES)
def test_frame__35_39_40_41_any_library__is_the_same_table(kind: str) -> None:
    assert read(FRAMES[kind]()).to_pydict() == EXPECTED


def test_read__storage_types__are_five() -> None:
    day = pa.timestamp("us")
    category = pa.dictionary(pa.int32(), pa.string())
    number = pa.float64()
    assert read(SMALL).schema.types == [number, number, number, pa.bool_(), day, day, pa.string(), category]


@pytest.mark.bad_input(45)
def test_frame__45_read_only__is_not_changed() -> None:
    array = np.asfortranarray([[1.0, np.nan], [3.0, 4.0]])
    array.flags.writeable = False
    frame = pd.DataFrame(array, columns=[" a ", "b"], copy=False)
    before = frame.copy()

    assert read(frame).to_pydict() == {"a": [1.0, 3.0], "b": [None, 4.0]}
    pd.testing.assert_frame_equal(frame, before)


@pytest.mark.bad_input(36)
@pytest.mark.parametrize("kind", ["float16", "float32"])
def test_frame__36_short_floats__are_their_shortest_decimals(kind: str) -> None:
    values = np.array([0.1, 2.5, np.nan, 1000], kind)
    assert read(pd.DataFrame({"x": values})).column("x").to_pylist() == [0.1, 2.5, None, 1000.0]
    assert from_array(values[:, None]).column("x0").to_pylist() == [0.1, 2.5, None, 1000.0]


@pytest.mark.bad_input(5)
def test_frame__5_double_names__are_listed() -> None:
    with pytest.raises(SchemaError, match="several are called 'a'"):
        read(pd.DataFrame([[1, 2]], columns=["a", "a"]))


def test_frame__index__is_left_out(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": [1, 2]}, index=[5, 7])
    frame.to_parquet(tmp_path / "t.parquet")
    assert read(frame).column_names == ["a"]
    assert read(frame.rename_axis("id")).column_names == ["a"]
    assert read(tmp_path / "t.parquet").column_names == ["a"]


@pytest.mark.bad_input(22)
def test_frame__22_mixed_objects__are_their_texts() -> None:
    frame = pd.DataFrame({"x": pd.Series([1, 2.0, "a", None, True], dtype=object)})
    assert read(frame).column("x").to_pylist() == ["1", "2", "a", None, "True"]


@pytest.mark.bad_input(37)
def test_frame__37_complex__is_refused_if_needed() -> None:
    with pytest.raises(DataTypeError, match="column 'x' holds complex numbers"):
        read(pd.DataFrame({"x": [1j]}), storage={"x": "number"})
    assert read(pd.DataFrame({"x": [1j]}))["x"].to_pylist() == [None]
    with pytest.raises(
        DataTypeError, match="column 'x0': expected an array of numbers, got the type complex128"
    ):
        from_array(np.array([[1j]]))


@pytest.mark.bad_input(38)
@pytest.mark.parametrize("value", [[1], {"a": 1}])
def test_frame__38_nested_objects__are_refused_if_needed(value: object) -> None:
    with pytest.raises(DataTypeError, match=r"column 'x' holds values of type (list|struct)<.*>"):
        read(pd.DataFrame({"x": [value, None]}), storage={"x": "text"})
    mixed = {"x": ["a", value]}
    for cells in ({"x": [value, None]}, mixed):
        assert read(pd.DataFrame(cells))["x"].to_pylist() == [None, None]
    assert read(mixed)["x"].to_pylist() == [None, None]
    refused = r"the table, row 2, column 'x': expected a number, .* of type (list|dict)\."
    for source in (pd.DataFrame(mixed), mixed, read(mixed)):
        with pytest.raises(DataTypeError, match=refused):
            read(source, storage={"x": "text"})


@pytest.mark.bad_input(42)
def test_frame__42_multi_index__is_to_be_flattened() -> None:
    columns = pd.MultiIndex.from_tuples([("a", "b")])
    with pytest.raises(SchemaError, match="names of 2 levels; flatten them first"):
        read(pd.DataFrame([[1]], columns=columns))


@pytest.mark.bad_input(43)
@pytest.mark.parametrize("name", [0, ("a", 1), None])
def test_frame__43_names_that_are_no_texts__are_refused(name: object) -> None:
    frame = pd.DataFrame([[1]])
    frame.columns = pd.Index([name], dtype=object, tupleize_cols=False)
    with pytest.raises(
        SchemaError, match=r"expected columns named by texts, got .*frame.columns.astype\(str\)"
    ):
        read(frame)


@pytest.mark.bad_input(44)
def test_array__44_sparse__is_filled_in_under_a_budget() -> None:
    small = scipy.sparse.csr_matrix([[0, 1], [2, 0]])
    assert read(small).to_pydict() == {"x0": [0.0, 2.0], "x1": [1.0, 0.0]}
    with pytest.raises(DataError, match="a sparse array of 1,000,000 × 1,000 is too large to be filled in"):
        read(scipy.sparse.csr_matrix((1_000_000, 1000)))
    sparse = pd.DataFrame({"a": pd.arrays.SparseArray([0, 0, 1])})
    assert read(sparse).to_pydict() == {"a": [0.0, 0.0, 1.0]}


@pytest.mark.parametrize("kind", ["int8", "uint64", "bool", ">f8", ">i2", "object", "longdouble"])
def test_array__any_number_type__is_numbers(kind: str) -> None:
    table = from_array(np.array([[0, 1], [1, 0]]).astype(kind), ["a", "b"])
    assert table.to_pydict() == {"a": [0.0, 1.0], "b": [1.0, 0.0]}
    assert table.schema.types == [pa.float64()] * 2


def test_array__wrong_shape_names_or_type__is_refused() -> None:
    with pytest.raises(
        DataError, match=r"expected an array of shape \(rows, columns\); got the shape \(3,\)"
    ):
        read(np.zeros(3))
    with pytest.raises(SchemaError, match="expected 2 names, one for each column; got 1"):
        from_array(np.zeros((3, 2)), ["a"])
    for odd in (np.array([["a"]], object), np.array([["2011-01-01"]], "datetime64[D]"), np.array([["a"]])):
        with pytest.raises(DataTypeError, match="column 'x0': expected an array of numbers, got the type"):
            read(odd)


@pytest.mark.parametrize("source", [None, 3, [], [1, 2], [{"a": 1}, 2]])
def test_read__no_table__is_refused(source: object) -> None:
    with pytest.raises(
        DataTypeError, match="expected a path, an array, or a pandas, polars, Arrow or DuckDB frame"
    ):
        read(source)
    with pytest.raises(DataTypeError, match=r"expected a table; got a Series\. Use \.to_frame\(\)"):
        read(pd.Series([1]))


def test_dictionary__of_numbers__is_numbers_and_of_words_stays_category() -> None:
    table = pa.table(
        {
            "a": pa.array([1, 2, 1]).dictionary_encode(),
            "b": pa.array(["true", "false", "true"]).dictionary_encode(),
            "c": pa.array(["1", " 1", ""]).dictionary_encode(),
        }
    )
    result = read(table)
    assert result.to_pydict() == {"a": [1.0, 2.0, 1.0], "b": ["true", "false", "true"], "c": ["1", "1", None]}
    assert [pa.types.is_dictionary(kind) for kind in result.schema.types] == [False, True, True]
    assert result.column("c").chunk(0).dictionary.to_pylist() == ["1"]


def test_frame__in_chunks_or_empty__is_read() -> None:
    chunked = pa.concat_tables([SMALL.slice(0, 1), SMALL.slice(1)])
    assert read(chunked).to_pydict() == EXPECTED
    assert read(SMALL.slice(0, 0)).num_rows == 0
    assert read(SMALL.schema.empty_table()).column_names == SMALL.column_names


def test_json_lines__with_missing_keys__are_a_table(tmp_path: Path) -> None:
    lines = [{"a": 1, "b": "x"}, {"b": "y", "c": True}, {"a": None, "d": 2**70}]
    text = "\n".join(map(json.dumps, lines))
    expected = {
        "a": [1.0, None, None],
        "b": ["x", "y", None],
        "c": [None, True, None],
        "d": [None, None, 2.0**70],
    }
    for name, content in (("t.jsonl", text), ("t.csv", text), ("t.json", json.dumps(lines))):
        (tmp_path / name).write_text(content)
        with pytest.warns(DataWarning, match=r"beyond 2\^53"):
            assert read(tmp_path / name).to_pydict() == expected


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"a": 1}\n{"a": \n', r"t\.jsonl, line 2: not valid JSON"),
        ('{"a": 1}\n[1]\n', r"t\.jsonl, row 2: expected a JSON object, got '\[1\]'"),
        ("a,b\n1,2\n", r"t\.jsonl: expected JSON lines because of its name, but it starts with 'a'"),
        ("", "no data"),
    ],
)
def test_json_lines__broken__are_refused(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "t.jsonl").write_text(content)
    with pytest.raises((FileError, DataError, DataTypeError), match=message):
        read(tmp_path / "t.jsonl")


@pytest.mark.bad_input(14)
def test_parquet__14_cut_off__is_refused(tmp_path: Path) -> None:
    pq.write_table(SMALL, tmp_path / "t.parquet")
    whole = (tmp_path / "t.parquet").read_bytes()
    (tmp_path / "t.parquet").write_bytes(whole[:-20])
    with pytest.raises(FileError, match=r"t\.parquet: a damaged or cut-off Parquet file \("):
        read(tmp_path / "t.parquet")


def test_parquet__text_that_is_not_utf8__is_refused(tmp_path: Path) -> None:
    pq.write_table(
        pa.table({"a": ["plain words"]}), tmp_path / "t.parquet", use_dictionary=False, compression="none"
    )
    whole = (tmp_path / "t.parquet").read_bytes()
    (tmp_path / "t.parquet").write_bytes(whole.replace(b"plain words", b"plain\xffwords"))
    with pytest.raises(FileError, match=r"t\.parquet: a damaged or cut-off Parquet file \(.*UTF8"):
        read(tmp_path / "t.parquet")


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from(["t.csv", "t.jsonl", "t.parquet"]),
    places=st.lists(st.tuples(st.floats(0, 1), st.binary(max_size=3)), min_size=1, max_size=4),
)
@example(name="t.parquet", places=[(0.35, b"\x80")])  # a name of a column that is not UTF-8
def test_read__file_with_other_bytes_in_it__is_a_table_or_an_error_of_ours(
    tmp_path: Path, name: str, places: list[tuple[float, bytes]]
) -> None:
    table = pa.table(
        {"a": [1.5, None, 3.0], "b": ["x, y", 'q"z', "한글"], "d": ["2020-01-02", "", "2021-03-04"]}
    )
    if name == "t.parquet":
        pq.write_table(table, tmp_path / name)
    else:
        lines = "\n".join(json.dumps(row, ensure_ascii=False) for row in table.to_pylist()).encode()
        (tmp_path / name).write_bytes(csv_bytes(table) if name == "t.csv" else lines)
    content = bytearray((tmp_path / name).read_bytes())
    for share, new in places:
        place = int(share * len(content))
        content[place : place + len(new)] = new
    (tmp_path / name).write_bytes(content)
    with warnings.catch_warnings(), contextlib.suppress(UserError):
        warnings.simplefilter("ignore", DataWarning)
        assert isinstance(read(tmp_path / name), pa.Table)


@pytest.mark.bad_input(13)
@pytest.mark.bad_input(15)
@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        (
            "t.csv",
            b"\x89PNG\r\n\x1a\n\0\0",
            "not a table, but a picture. Give a CSV, JSON lines or Parquet file.",
        ),
        ("t.csv", b"PK\x03\x04abc", "the zip file is damaged or cut off"),
        ("t.xlsx", b"PK\x03\x04abc", "the zip file is damaged or cut off"),
        ("t.csv", b"\x80\x04\x95", "not a table, but a pickle"),
        ("t.orc", b"ORC\0\1", "a damaged or cut-off ORC file"),
        ("t.parquet", b"PARE\0\1", "not a table, but an encrypted Parquet file"),
        ("t.csv", gzip.compress(b"PAR1", mtime=0), "a damaged or cut-off Parquet file"),
        (
            "t.parquet",
            b"a,b\n1,2\n",
            "expected a Parquet file because of its name, but it does not start like one",
        ),
        ("t.csv", bytes(range(256)), "holds a NUL character"),
    ],
)
def test_file__15_13_other_content_than_its_name__is_refused(
    tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(FileError, match=message):
        read(tmp_path / name)


@pytest.mark.bad_input(15)
def test_file__15_parquet_called_csv__is_read(tmp_path: Path) -> None:
    pq.write_table(SMALL, tmp_path / "t.csv")
    assert read(tmp_path / "t.csv").to_pydict() == EXPECTED


@pytest.mark.bad_input(20)
def test_file__20_missing_or_closed__is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(FileError, match=r"nothing\.csv: there is no such file"):
        read(tmp_path / "nothing.csv")
    with pytest.raises(FileError, match=r": the folder has no table in it \(\.csv, "):
        read(tmp_path)
    (tmp_path / "t.csv").write_text("a\n1\n")

    def closed(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", closed)
    with pytest.raises(FileError, match=r"t\.csv: cannot be read \(Permission denied\)"):
        read(tmp_path / "t.csv")
    monkeypatch.setattr(Path, "iterdir", closed)
    with pytest.raises(FileError, match=r"cannot be read \(Permission denied\)"):
        read(tmp_path)


def test_folder__of_tables__is_one_table_in_order(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": [1, 2], "b": ["x", "y"]}), tmp_path / "1.parquet")
    (tmp_path / "2.csv").write_text("b,a\nz,3.5\n")
    (tmp_path / "README.md").write_text("not a table")
    expected = {"a": [1.0, 2.0, 3.5], "b": ["x", "y", "z"]}
    assert read(tmp_path).to_pydict() == expected
    assert read(str(tmp_path / "[12].*")).to_pydict() == expected


def test_folder__column_of_numbers_in_one_file_and_words_in_another__is_text(tmp_path: Path) -> None:
    (tmp_path / "1.csv").write_text("a\n1\n")
    (tmp_path / "2.csv").write_text("a\nx\n")
    pq.write_table(pa.table({"a": [1.5]}), tmp_path / "3.parquet")
    with pytest.warns(DataWarning, match=r"mostly numbers, but kept as text for the rest: 'a' \(1 of 3"):
        assert read(tmp_path).to_pydict() == {"a": ["1", "x", "1.5"]}


def test_folder__other_columns__are_named(tmp_path: Path) -> None:
    (tmp_path / "1.csv").write_text("a,b\n1,2\n")
    (tmp_path / "2.csv").write_text("a,c\n1,2\n")
    with pytest.raises(
        SchemaError, match=r"2\.csv: expected the columns of .*1\.csv; they differ in 'b', 'c'"
    ):
        read(tmp_path)


def test_file__name_like_a_pattern__is_a_file(tmp_path: Path) -> None:
    for name in ("a[1].csv", "it's *.csv"):
        (tmp_path / name).write_text("a\n1\n")
        assert read(tmp_path / name).to_pydict() == {"a": [1.0]}


@pytest.mark.parametrize("name", ["t.parquet", "t.csv", "t.jsonl"])
def test_columns__chosen__are_read_and_the_others_not_even_typed(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    if name == "t.parquet":
        pq.write_table(pa.table({"a": [1], "a.b": [2], "nested": [[1]]}), path)
    else:
        path.write_text(
            "a,a.b,nested\n1,2,[1]\n" if name == "t.csv" else '{"a": 1, "a.b": 2, "nested": [1]}\n'
        )
    assert read(path, columns=["a", "absent"]).to_pydict() == {"a": [1.0]}


def test_warnings__point_to_the_caller() -> None:
    with pytest.warns(DataWarning) as caught:
        read(pa.table({"a": ["NA", "x"]}))
    assert caught[0].filename == __file__


def test_sql__one_select__is_a_canonical_table(tmp_path: Path) -> None:
    pq.write_table(SMALL, tmp_path / "t.parquet")
    table = read_sql(f"SELECT number, kind FROM '{tmp_path / 't.parquet'}' WHERE number > 1;")
    assert table.to_pydict() == {"number": [3.0], "kind": [None]}
    assert read_sql("SELECT 7 AS a", storage={"a": "text"}).to_pydict() == {"a": ["7"]}


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("", "expected one SELECT statement; got nothing"),
        ("SELECT 1; SELECT 2", "expected one SELECT statement; got SELECT, SELECT"),
        ("CREATE TABLE t (a INT)", "expected one SELECT statement; got CREATE"),
        ("COPY (SELECT 1) TO 'x.csv'", "expected one SELECT statement; got COPY"),
        ("SELECT", "the query cannot be run: Parser Error: "),
        ("SELECT * FROM nowhere", "the query cannot be run: Catalog Error: "),
        ("SELECT * FROM SMALL", "the query cannot be run: Catalog Error: "),
        ("SELECT ?", "the query cannot be run: "),
    ],
)
def test_sql__anything_else__is_refused_in_one_line(query: str, message: str) -> None:
    with pytest.raises(DataError, match=message) as error:
        read_sql(query)
    assert "\n" not in str(error.value)


@pytest.mark.bad_input(24)
def test_infinity__24_in_any_source__is_kept_for_the_schema_to_report() -> None:
    assert read(pa.table({"a": [math.inf]})).equals(read(pa.table({"a": ["inf"]})))


@pytest.mark.bad_input(23)
def test_read__long_whole_numbers_asked_for_as_text__keep_every_digit() -> None:
    table = pa.table({"id": pa.array([673265518589308905, None, 7])})

    assert read(table, storage={"id": "text"}).column("id").to_pylist() == ["673265518589308905", None, "7"]


def test_read_sql__text_file__is_read_with_a_word_of_warning(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a;b\n1;x\n")

    with pytest.warns(DataWarning, match=r"^the query: DuckDB reads text files by its own rules"):
        assert read_sql(f"SELECT * FROM '{tmp_path}/a.csv'").to_pylist() == [{"a": 1.0, "b": "x"}]


def test_read_sql__own_spelling_of_missing__is_kept() -> None:
    query = "SELECT unnest(['NA', 'FR', '-9']) AS country"

    with pytest.warns(DataWarning, match="read as missing: 'country' 1 × '-9'"):
        table = read_sql(query, options=ReadOptions(na_values=("-9",)))

    assert table.column("country").to_pylist() == ["NA", "FR", None]


@pytest.mark.bad_input(20)
@pytest.mark.parametrize(
    ("path", "complaint"),
    [
        ("", "An empty path names no table."),
        ("x" * 300, "x" * 300 + ": cannot be read (File name too long)."),
        ("-", "-: netable reads files only, not pipes or devices. Save it as a file first."),
        ("/dev/null", "/dev/null: netable reads files only, not pipes or devices. Save it as a file first."),
    ],
)
def test_path__20_that_is_no_file__says_what_is_read(path: str, complaint: str) -> None:
    with pytest.raises(FileError) as caught:
        read(path)

    assert str(caught.value).startswith(complaint)


def test_json__array_that_is_broken__names_the_line_and_the_column(tmp_path: Path) -> None:
    (tmp_path / "t.json").write_text('[{"a": 1},\n {"a" 2}]')

    with pytest.raises(
        FileError, match=r"t\.json, line 2: not valid JSON \(Expecting ':' delimiter, column 7\)\.$"
    ):
        read(tmp_path / "t.json")


def test_frame__nul_in_a_name__is_refused_before_polars_ends_the_program() -> None:
    with pytest.raises(
        SchemaError, match=r"the column 'a\\x00b' has a NUL character in its name\. Rename it\.$"
    ):
        read(pl.DataFrame({"a\0b": [1, 2]}))


def test_frame__half_of_a_character_in_a_name__is_refused() -> None:
    frame = pd.DataFrame([[1], [2]])
    frame.columns = pd.Index(["\ud800"], dtype="object")

    with pytest.raises(SchemaError, match=r"the column '\\ud800' has half of a character in its name"):
        read(frame)


def test_frame__half_of_a_character_in_a_cell__is_refused_with_its_row() -> None:
    frame = pd.DataFrame({"a": pd.Series(["b", "\ud800"], dtype="object")})

    with pytest.raises(DataError, match=r"^the table, row 2, column 'a': '\\ud800' has half of a character"):
        read(frame)


@pytest.mark.parametrize(
    "source",
    [
        {"a": [1, 2], "b": ["x", None]},
        {"a": np.array([1, 2]), "b": ("x", None)},
        [{"a": 1, "b": "x"}, {"a": 2}],
        [{"b": "x", "a": np.int64(1)}, {"a": 2.0, "b": None}],
    ],
)
def test_read__dicts__are_rows_or_columns(source: object) -> None:
    table = read(source)

    assert table.select(["a", "b"]).to_pydict() == {"a": [1.0, 2.0], "b": ["x", None]}
    assert read({"a": 1, "b": "x"}).to_pylist() == [{"a": 1.0, "b": "x"}]


@pytest.mark.bad_input(120)
def test_folders__120_named_after_keys__give_columns(tmp_path: Path) -> None:
    for year, city in (("2020", "New%20York"), ("2021", "__HIVE_DEFAULT_PARTITION__")):
        folder = tmp_path / "s" / f"year={year}" / f"city={city}"
        folder.mkdir(parents=True)
        pq.write_table(pa.table({"x": [1.5], "city": ["in the file"]}), folder / "own.parquet")
        pq.write_table(pa.table({"x": [1.5, 2.5]}), folder / "part.parquet")
    keys = {"x": [1.5, 2.5] * 2, "year": [2020.0] * 2 + [2021.0] * 2, "city": ["New York"] * 2 + [None] * 2}

    assert read(str(tmp_path / "s" / "*" / "*" / "part.parquet")).to_pydict() == keys
    assert read(str(tmp_path / "s" / "*" / "*" / "own.parquet"))["city"].to_pylist() == ["in the file"] * 2
    assert read(folder / "part.parquet", columns=["year"]).to_pydict() == {"year": [2021.0] * 2}
    for file in (tmp_path / "s").glob("*/*/own.parquet"):
        file.unlink()
    assert read(tmp_path / "s").to_pydict() == keys
