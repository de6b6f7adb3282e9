"""The advice about formats of files, followed."""

from __future__ import annotations

import gzip
import io
import sqlite3
import sys
import zipfile
from contextlib import closing
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from advice import Case, advice, check_complete, follow
from netable.config.reading import ReadOptions
from netable.table.reading.read import read
from workbooks import write_xlsx

MESSAGES = advice("table/reading/formats")
CSV = b"name,count\n" + b"".join(b"n%d,%d\n" % (i, i) for i in range(9))
ROWS = [["name", "count"], ["a", 1.5], ["b", 2]]


def file(
    content: bytes = CSV,
    name: str = "t.csv",
    temporary: str | None = None,
    without: str | None = None,
    **options: Any,
) -> pa.Table:
    """Write a file, and read it, where temporary files are in a folder, and without a package."""
    Path(name).write_bytes(content)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tempfile.tempdir", temporary)
        patch.setattr("netable.table.reading.formats.packed.UNPACKED_ALWAYS", 1000)
        if without:
            patch.setitem(sys.modules, without, None)
            patch.delitem(sys.modules, "netable.table.reading.sheets.workbook", raising=False)
        return read(name, options=ReadOptions(**options))


def database(**options: Any) -> pa.Table:
    with closing(sqlite3.connect("t.sqlite")) as connection, connection:
        connection.execute("CREATE TABLE a (x INT)")
        connection.execute("CREATE TABLE b AS SELECT 1 AS y")
        connection.execute("INSERT INTO a VALUES (1)")
    return read("t.sqlite", options=ReadOptions(**options))


def xlsx() -> bytes:
    book = io.BytesIO()
    write_xlsx(book, {"A": ROWS})
    return book.getvalue()


def zipped(flag: int = 0, **members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in members.items():
            archive.writestr(f"{name}.csv", content)
    content = bytearray(out.getvalue())
    content[content.index(b"PK\x01\x02") + 8] |= flag
    return bytes(content)


def parquet() -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table({"a": [1.0]}), sink)
    return bytes(sink.getvalue())


BOMB = b"a,b\n" + b"1,2\n" * 200_000
CASES = [
    Case("Choose one with table=…", database, {}, [{"table": "a"}, {"table": "b"}]),
    Case("Make it again", file, {"content": gzip.compress(CSV)[:-9]}, [{"content": gzip.compress(CSV)}]),
    Case(
        "If it is a table, unpack it first",
        file,
        {"content": gzip.compress(BOMB)},
        [{"content": BOMB}],
    ),
    Case("the zip file has {} files", file, {"content": zipped(a=CSV, b=CSV)}, [{"content": CSV}]),
    Case("locked with a password. Unpack it first", file, {"content": zipped(1, a=CSV)}, [{"content": CSV}]),
    Case(
        "packed twice",
        file,
        {"content": gzip.compress(gzip.compress(CSV))},
        [{"content": gzip.compress(CSV)}],
    ),
    Case("has no {} to choose", file, {"sheet": "a"}, [{"sheet": None}]),
    Case(
        "not a table, but {}. Give a CSV",
        file,
        {"content": b"%PDF"},
        [{"content": CSV}, {"content": b'{"a": 1}\n', "name": "t.jsonl"}, {"content": parquet()}],
    ),
    Case("If it is delimited text, use", file, {"name": "t.xlsx"}, [{"format": "csv"}]),
    Case("Set TMPDIR", file, {"content": gzip.compress(CSV), "temporary": "nowhere"}, [{"temporary": "."}]),
    Case(
        "Try: pip install 'netable[{}]'",
        file,
        {"content": xlsx(), "name": "t.xlsx", "without": "python_calamine"},
        [{"without": None}],
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_advice__followed__works(case: Case) -> None:
    follow(case, MESSAGES)


def test_advice__every_message__has_a_case() -> None:
    check_complete(CASES, MESSAGES)
