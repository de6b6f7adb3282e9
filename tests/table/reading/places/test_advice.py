"""The advice about tables in other places than folders."""

from __future__ import annotations

import io
import sqlite3
import sys
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pyarrow as pa
import pytest

from advice import Case, advice, check_complete, follow
from netable.table.reading.places.pipe import Pipe
from netable.table.reading.places.web import WebFile
from netable.table.reading.read import read, read_sql
from stores import iceberg_catalog, web_server

fsspec = pytest.importorskip("fsspec", reason="fsspec is not installed")
pytest.importorskip("adbc_driver_sqlite.dbapi", reason="the driver for SQLite is not installed")

MESSAGES = advice("table/reading/places", besides=["SET TRANSACTION"])
CSV = b"a,b\n1,x\n2,y\n"


def place(
    url: str | Sequence[str], query: str = "", missing: str = "", room: float = 0.5, length: int = len(CSV)
) -> object:
    """Read a place, or a query in it; a library may be missing, the disk full, or the server stop too early."""
    with sqlite3.connect("shop.db") as connection:
        numbers = (
            "with recursive n(i) as (select 1 union all select i + 1 from n limit 70000) select * from n"
        )
        connection.execute(f"create table trips as {numbers}")
        connection.execute("update trips set i = 0.5 where i = 70000")
    connection.close()
    fsspec.filesystem("memory").pipe("/t.csv", CSV)
    with (
        web_server(lambda request: (200, {"Content-Length": str(length)}, CSV)) as server,
        pytest.MonkeyPatch.context() as patched,
    ):
        patched.setattr("netable.table.reading.places.copies._ROOM", room)
        if missing:
            patched.setitem(sys.modules, missing, None)
        if query:
            return read_sql(query, str(url))
        return read([one.format(server=server) for one in ([url] if isinstance(url, str) else url)])


def in_ranges(version: str = "1", shift: int = 0) -> bytes:
    """A part of a file, of a version and at a place that may be others than before."""
    first = {"ETag": "1"}

    def answer(request: BaseHTTPRequestHandler) -> tuple[int, dict[str, str], bytes]:
        start, end = map(int, request.headers["Range"].removeprefix("bytes=").split("-"))
        place = f"bytes {start + shift}-{end + shift}/{len(CSV)}"
        return 206, {"Content-Range": place} | first, CSV[start : end + 1]

    with web_server(answer) as server:
        shift, later = 0, shift
        file = WebFile(f"{server}/a.parquet").in_ranges()
        first["ETag"], shift = version, later
        assert file
        return file.part(4, 3)


def iceberg(path: str, missing: str = "") -> pa.Table:
    """Read an Iceberg table in a catalog; a library may be missing."""
    with iceberg_catalog(Path.cwd()) as catalog, pytest.MonkeyPatch.context() as patched:
        table = catalog.create_table("sales.trips", schema=pa.schema([("a", pa.int64())]))
        table.append(pa.table({"a": [1, 2]}))
        if missing:
            patched.setitem(sys.modules, missing, None)
        return read(path.format(state=table.metadata_location))


def standard_input(typed: bytes | None = None, path: str = "") -> pa.Table:
    """Read standard input, which is a keyboard or what was typed; or a file in its place."""
    Path("t.csv").write_bytes(CSV)
    stream = io.TextIOWrapper(io.BytesIO(typed or b""))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(stream, "isatty", lambda: typed is None, raising=False)
        patched.setattr("sys.stdin", stream)
        return read([path or Pipe("-")])


CASES = [
    Case("Give a table after <", standard_input, {}, [{"typed": CSV}, {"path": "t.csv"}]),
    Case("Name a disk with more room", place, {"url": "{server}/a.csv", "room": 0}, [{"room": 0.5}]),
    Case("Try again", place, {"url": "{server}/a.csv", "length": 99}, [{"length": len(CSV)}]),
    Case("Start again when nothing writes to it", in_ranges, {"version": "2"}, [{"version": "1"}]),
    Case("Download the file first", in_ranges, {"shift": 1}, [{"shift": 0}]),
    Case("name each file", place, {"url": "{server}/*.csv"}, [{"url": ["{server}/a.csv", "{server}/b.csv"]}]),
    Case(
        "Give it with a query",
        place,
        {"url": "sqlite:///shop.db"},
        [{"query": "select 1 as a"}, {"query": "select 1 as a", "url": "shop.db"}],
    ),
    Case(
        "Give the column one type",
        place,
        {"url": "shop.db", "query": "select i from trips"},
        [{"query": "select cast(i as real) as i from trips"}],
    ),
    Case(
        "which reads this database",
        place,
        {"url": "shop.db", "query": "select 1 as a", "missing": "adbc_driver_sqlite.dbapi"},
        [{"missing": ""}],
    ),
    Case("pip install fsspec", place, {"url": "memory://t.csv", "missing": "fsspec.core"}, [{"missing": ""}]),
    Case(
        "which reads {}",
        iceberg,
        {"path": "iceberg://shop/sales.trips", "missing": "pyiceberg.table"},
        [{"missing": ""}],
    ),
    Case(
        "an Iceberg table",
        iceberg,
        {"path": "lake/sales/trips"},
        [{"path": "iceberg://shop/sales.trips"}, {"path": "{state}"}],
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_advice__followed__works(case: Case) -> None:
    follow(case, MESSAGES)


def test_advice__every_message__has_a_case() -> None:
    check_complete(CASES, MESSAGES)
