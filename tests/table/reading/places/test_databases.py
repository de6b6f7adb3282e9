from __future__ import annotations

import sqlite3
import sys
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from netable.errors import ConfigError, DataError, FileError
from netable.table.reading.places.databases import query_database, read_database
from netable.table.reading.read import read_beside, read_sql
from stores import SECRET

pytest.importorskip("adbc_driver_sqlite.dbapi", reason="the driver for SQLite is not installed")


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """An SQLite database of trips."""
    path = tmp_path / "my shop?.db"
    with sqlite3.connect(path) as connection:
        connection.execute("create table trips (fare real, city text, day text)")
        rows = [(5.5, "Bonn", "2024-01-02"), (None, "Ulm", "2024-02-03"), (9.25, None, None)]
        connection.executemany("insert into trips values (?, ?, ?)", rows)
    connection.close()
    return path


def test_sqlite__query__is_a_canonical_table(shop: Path) -> None:
    expected = {
        "fare": [5.5, None, 9.25],
        "city": ["Bonn", "Ulm", None],
        "day": [datetime(2024, 1, 2), datetime(2024, 2, 3), None],
    }

    for place in (str(shop), f"sqlite:///{shop}"):
        assert read_sql("select * from trips", place).to_pydict() == expected


def test_sqlite__relative_path__is_of_this_folder(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(shop.parent)

    assert read_sql("select count(*) as n from trips", f"sqlite:///{shop.name}")["n"].to_pylist() == [3]


def test_sqlite__columns_beside__are_unchanged(shop: Path) -> None:
    [(typed, beside)] = read_beside("select * from trips", ["day"], is_query=True, database=str(shop))

    assert typed["day"].to_pylist()[0] == datetime(2024, 1, 2)
    assert beside.to_pydict() == {"day": ["2024-01-02", "2024-02-03", None]}


def many(shop: Path, last: Any) -> None:
    with sqlite3.connect(shop) as connection:
        connection.execute(
            """create table many as with recursive n(i) as (select 0 union all select i + 1 from n limit 70000)
            select * from n"""
        )
        connection.execute("update many set i = ? where i = 69999", [last])
    connection.close()


def test_sqlite__batches__come_one_by_one(shop: Path) -> None:
    many(shop, 69999)
    with query_database("select i from many", str(shop)) as batches:
        sizes = [batch.num_rows for batch in batches]

    assert sum(sizes) == 70000
    assert len(sizes) == 2


def test_sqlite__type_that_changes_far_down__says_how_to_give_it_one(shop: Path) -> None:
    many(shop, 0.5)

    with pytest.raises(DataError, match=r"Type mismatch in column 0: .*: CAST\(… AS REAL\)$"):
        read_sql("select i from many", str(shop))
    assert read_sql("select cast(i as real) as i from many", str(shop))["i"].to_pylist()[-1] == 0.5


@pytest.mark.parametrize(
    ("query", "fault"),
    [
        (
            "select * from missing",
            "the query cannot be run: Failed to prepare query: .*no such table: missing",
        ),
        ("delete from trips", "expected one SELECT statement; got 'delete from trips'"),
        ("with a as (select 1) delete from trips", "the query cannot be run: .*readonly database"),
        ("attach 'other.db' as other", r"expected one SELECT statement; got .attach 'other.db' as other.\.$"),
        ("vacuum into 'other.db'", "expected one SELECT statement; got "),
        ("", "expected one SELECT statement; got ''"),
        ("select * from trips where fare > 99", "the query returns no rows"),
    ],
)
def test_sqlite__query_that_gives_no_table__is_one_line(
    shop: Path, query: str, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(shop.parent)
    with pytest.raises(DataError, match=f"^{fault}"):
        read_sql(query, str(shop))

    assert [path.name for path in shop.parent.iterdir()] == [shop.name]


def test_sqlite__no_rows_of_known_columns__can_be_predicted(shop: Path) -> None:
    assert read_sql("select * from trips where 0", str(shop), storage={"fare": "number"}).num_rows == 0


@pytest.mark.bad_input(140)
@pytest.mark.parametrize(
    ("database", "fault"),
    [
        ("none.db", "none.db: there is no such database"),
        ("sqlite:///none.db", "none.db: there is no such database"),
        (f"host=a password={SECRET}", "host=a password=…: there is no such database"),
    ],
)
def test_database__140_that_is_not_there__is_one_line(database: str, fault: str) -> None:
    with pytest.raises(FileError, match=f"^{fault}.$"):
        read_sql("select 1 as a", database)


def test_database__of_another_kind__lists_the_known_ones() -> None:
    with pytest.raises(
        ConfigError, match=r"^mysql://ann:…@host/shop: a database is postgresql://… or sqlite:///…"
    ):
        read_sql("select 1 as a", f"mysql://ann:{SECRET}@host/shop")


def test_database__driver_that_is_not_installed__names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "adbc_driver_sqlite.dbapi", None)

    with pytest.raises(ConfigError, match=r"^adbc_driver_sqlite is not installed.*'netable\[sql\]'$"):
        read_sql("select 1 as a", "shop.db")


def test_postgresql__types_of_its_own__are_plain(postgresql: str) -> None:
    query = """
        select * from (values
            (1::int, 2.5::numeric, 'x'::text, '2024-01-02'::date, true, '{}'::jsonb, 1.5::real,
                '6f1e8a52-0a71-4c6c-9c2f-3d8a5b7e9f10'::uuid),
            (null, null, null, null, null, null, null, null)
        ) rows (whole, money, word, day, flag, json, short, id)"""

    assert read_sql(query, postgresql).to_pylist() == [
        {
            "whole": 1.0,
            "money": 2.5,
            "word": "x",
            "day": datetime(2024, 1, 2),
            "flag": True,
            "json": "{}",
            "short": 1.5,
            "id": "6f1e8a52-0a71-4c6c-9c2f-3d8a5b7e9f10",
        },
        dict.fromkeys(("whole", "money", "word", "day", "flag", "json", "short", "id")),
    ]


def test_postgresql__empty_result__keeps_the_columns(postgresql: str) -> None:
    assert read_database(
        "select 1::numeric as a, date '2024-01-02' as b where false", postgresql
    ).column_names == ["a", "b"]
    assert read_database("select date '2024-01-02' as b", postgresql).to_pydict() == {"b": [date(2024, 1, 2)]}


@pytest.mark.bad_input(139)
@pytest.mark.parametrize(
    ("query", "fault"),
    [
        ("select * from nothing", 'the query cannot be run: .*relation "nothing" does not exist'),
        (
            "with made as (insert into pg_class values (1)) select 1 as a",
            "the query cannot be run: .*read-only",
        ),
        ("select 1 as a; commit", "the query cannot be run: .*multiple commands"),
        ("select 1 as a where false", "the query returns no rows"),
        (
            "select 1 / (3 - i) as a from generate_series(1, 9) i",
            "the query cannot be run: .*division by zero",
        ),
    ],
)
def test_postgresql__139_query_that_gives_no_table__is_one_line(
    postgresql: str, query: str, fault: str
) -> None:
    with pytest.raises(DataError, match=f"^{fault}"):
        read_sql(query, postgresql)


def test_postgresql__wrong_password__is_not_shown(postgresql: str) -> None:
    database = postgresql.replace("tester@", "tester:wr0ng%21@")

    with pytest.raises(
        FileError, match=r"^postgresql://tester:…@.*: cannot be reached: .*password authentication failed"
    ) as error:
        read_sql("select 1 as a", database)

    assert "wr0ng" not in f"{error.value} {error.value.__cause__}"


def test_postgresql__no_server__is_one_line() -> None:
    pytest.importorskip("adbc_driver_postgresql.dbapi", reason="the driver for PostgreSQL is not installed")
    with pytest.raises(
        FileError, match=r"^postgresql://127\.0\.0\.1:9/shop: cannot be reached: .*Connection refused$"
    ):
        read_sql("select 1 as a", "postgresql://127.0.0.1:9/shop")
