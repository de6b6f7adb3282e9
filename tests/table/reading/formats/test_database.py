from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import duckdb
import pytest

from netable.errors import FileError
from netable.table.canonical.marks import why_unusable
from netable.table.reading.read import ReadOptions, read


def write_sqlite(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        for statement in statements:
            connection.execute(statement)


def write_duckdb(path: Path, *statements: str) -> None:
    with duckdb.connect(path) as connection:
        for statement in statements:
            connection.execute(statement)


each_database = pytest.mark.parametrize("write", [write_sqlite, write_duckdb])
ONE = ('CREATE TABLE a (x INT, "a "" b" TEXT)', "INSERT INTO a VALUES (1, 'u'), (NULL, 'v')")
TWO = (*ONE, "CREATE VIEW b AS SELECT x AS y FROM a WHERE x > 0")


@each_database
def test_database__one_table__needs_no_name(tmp_path: Path, write: Callable[..., None]) -> None:
    write(tmp_path / "t", *ONE)

    assert read(tmp_path / "t").to_pydict() == {"x": [1.0, None], 'a " b': ["u", "v"]}
    assert read(tmp_path / "t", columns=['a " b', "absent"]).to_pydict() == {'a " b': ["u", "v"]}


@each_database
def test_database__several_tables__one_is_chosen_by_name(tmp_path: Path, write: Callable[..., None]) -> None:
    write(tmp_path / "t", *TWO)

    with pytest.raises(
        FileError, match=r"t: the database has 2 tables: 'a', 'b'\. Choose one with table=…\.$"
    ):
        read(tmp_path / "t")
    with pytest.raises(FileError, match=r"t: the database has no table 'c'\. There are: 'a', 'b'\.$"):
        read(tmp_path / "t", options=ReadOptions(table="c"))
    assert read(tmp_path / "t", options=ReadOptions(table="b")).to_pydict() == {"y": [1.0]}


@pytest.mark.bad_input(131)
@each_database
def test_database__131_without_tables_or_cut_off__is_refused(
    tmp_path: Path, write: Callable[..., None]
) -> None:
    write(tmp_path / "empty", "CREATE TABLE a (x INT)", "DROP TABLE a")
    write(tmp_path / "t", *ONE)
    (tmp_path / "cut").write_bytes((tmp_path / "t").read_bytes()[:5000])

    with pytest.raises(FileError, match=r"empty: the database has no table\.$"):
        read(tmp_path / "empty")
    with pytest.raises(FileError, match=r"cut: the database cannot be read \("):
        read(tmp_path / "cut")


@each_database
def test_database__read__stays_as_it_was(tmp_path: Path, write: Callable[..., None]) -> None:
    write(tmp_path / "t", *ONE)
    before = (tmp_path / "t").read_bytes()

    read(tmp_path / "t")

    assert (tmp_path / "t").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["t"]


def test_duckdb__view_of_another_file__is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_text("a\n1\n")
    write_duckdb(tmp_path / "t", f"CREATE VIEW v AS FROM read_csv('{tmp_path / 'secret.csv'}')")

    with pytest.raises(FileError, match=r"t: the database cannot be read \(Permission Error"):
        read(tmp_path / "t")


def test_duckdb__table_in_another_schema__has_its_name_in_front(tmp_path: Path) -> None:
    write_duckdb(tmp_path / "t", *ONE, "CREATE SCHEMA s", "CREATE TABLE s.a AS SELECT 7 AS z")

    assert read(tmp_path / "t", options=ReadOptions(table="s.a")).to_pydict() == {"z": [7.0]}


def test_sqlite__declared_booleans__are_booleans_if_they_are_zeros_and_ones(tmp_path: Path) -> None:
    write_sqlite(
        tmp_path / "t",
        "CREATE TABLE a (good BOOLEAN, odd BOOL, raw BLOB)",
        "INSERT INTO a VALUES (1, 2, x'00'), (0, 1, NULL), (NULL, 0, x'01')",
    )

    table = read(tmp_path / "t")

    assert table["good"].to_pylist() == [True, False, None]
    assert table["odd"].to_pylist() == [2.0, 1.0, 0.0]
    assert "binary" in why_unusable(table, "raw")
