from __future__ import annotations

import warnings

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netable.config.reading import ReadOptions
from netable.table.canonical import table as canonical
from netable.table.canonical.forms import storages
from netable.table.reading.base import engine
from netable.table.reading.read import read

CELLS = [
    *(
        "1",
        "-2.5",
        "+3",
        ".5",
        "5.",
        "1e3",
        "inf",
        "0",
        "0.0",
        "",
        " 4",
        "007",
        "-01",
        "007.5",
        "20230102",
        "1e999",
    ),
    *("123456789012345678", "1,5", "(3)", "5-", "nan", "NA", "None", "-", "true", "word", "1_0", "0x1", "９"),
]


def both_ways(monkeypatch: pytest.MonkeyPatch, table: pa.Table, **options: object) -> list[object]:
    found = []
    for together in (canonical.plain_numbers, lambda columns, options: {}):
        with monkeypatch.context() as patched, warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            patched.setattr(canonical, "plain_numbers", together)
            try:
                result = read(table, options=ReadOptions(**options))
            except ValueError as error:
                found.append(str(error))
            else:
                found.append((result.to_pydict(), storages(result), sorted(str(w.message) for w in caught)))
    return found


@settings(max_examples=60, deadline=None)
@given(
    columns=st.integers(1, 4).flatmap(
        lambda rows: st.lists(
            st.lists(st.one_of(st.none(), st.sampled_from(CELLS)), min_size=rows, max_size=rows),
            min_size=1,
            max_size=5,
        )
    ),
    missing=st.sampled_from([None, (), ("NA",), ("0", "word")]),
)
def test_plain_numbers__any_columns__are_as_each_by_itself(
    columns: list[list[str | None]], missing: tuple[str, ...] | None
) -> None:
    table = pa.table({f"c{i}": pa.array(cells, pa.string()) for i, cells in enumerate(columns)})
    with pytest.MonkeyPatch.context() as monkeypatch:
        together, alone = both_ways(monkeypatch, table, na_values=missing)
    assert together == alone or str(together) == str(alone)


def test_plain_numbers__in_chunks_and_slices__are_as_whole() -> None:
    texts = pa.chunked_array([["9", "1", "2"], ["", "4.5"]]).slice(1)
    assert read(pa.table({"a": texts, "b": texts}))["b"].to_pylist() == [1.0, 2.0, None, 4.5]


@pytest.mark.parametrize("rows", ["1,,x\n2,,\n", "1,2,3\n\n4,5,6\n", " 1, 2 ,3\n"])
def test_scan__wide__is_as_by_duckdb(monkeypatch: pytest.MonkeyPatch, rows: str) -> None:
    monkeypatch.setattr(engine, "WIDE", 10)
    table, _ = engine.scan("a,b,c\n" + rows, ",", 3, [0, 2], "t")
    monkeypatch.setattr(engine, "WIDE", 3)
    assert engine.scan("a,b,c\n" + rows, ",", 3, [0, 2], "t")[0].to_pydict() == table.to_pydict()


def test_scan__wide_with_a_bad_row__names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "WIDE", 3)
    _, bad = engine.scan("a,b,c\n1,2,3\n4,5\n", ",", 3, [0, 1, 2], "t")
    assert [row.line for row in bad] == [3]
