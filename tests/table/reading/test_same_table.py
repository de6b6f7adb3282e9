"""The same table from every source is read as the same canonical table."""

from __future__ import annotations

import bz2
import gzip
import lzma
import sqlite3
import sys
import zipfile
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import fastavro
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pyreadstat
import pytest
from pyarrow import feather, orc

import workbooks
from netable.table.reading.read import from_array, read

ROWS = 9
COLUMNS: dict[str, list[Any]] = {
    "number": [1.5, None, -2.0, 0.1, 3e8, 7.0, 8.25, 9.0, 10.0],
    "whole": list(range(1, 10)),
    "text": ["a", "b", None, "with, comma", 'with "quotes"', "한글", "b", "a", "x"],
    "flag": [True, False, None, True, False, True, True, False, True],
    "date": [None, *(datetime(2023, 1, day, 12, 30) for day in range(1, ROWS))],
}
ARROW = pa.table({**COLUMNS, "text": pa.array(COLUMNS["text"], pa.string())})


def through_csv(folder: Path) -> Path:
    pa.csv.write_csv(ARROW, folder / "t.csv")
    return folder / "t.csv"


def through_parquet(folder: Path) -> Path:
    pq.write_table(ARROW, folder / "t.parquet")
    return folder / "t.parquet"


def through_json(folder: Path) -> Path:
    ARROW.to_pandas().to_json(
        folder / "t.jsonl", orient="records", lines=True, date_format="iso", date_unit="us"
    )
    text = (folder / "t.jsonl").read_text(encoding="utf-8")
    (folder / "t.jsonl").write_text(text.replace('.000000"', '"'), encoding="utf-8")
    return folder / "t.jsonl"


def through_json_array(folder: Path) -> Path:
    lines = through_json(folder).read_text(encoding="utf-8").splitlines()
    (folder / "t.json").write_text(f"[{','.join(lines)}]", encoding="utf-8")
    return folder / "t.json"


def packed(ending: str, pack: Callable[[bytes], bytes]) -> Callable[[Path], Path]:
    """A CSV packed, without the ending of a CSV."""

    def write(folder: Path) -> Path:
        path = folder / f"t{ending}"
        path.write_bytes(pack(through_csv(folder).read_bytes()))
        return path

    return write


def through_zip(folder: Path) -> Path:
    with zipfile.ZipFile(folder / "t.zip", "w") as archive:
        archive.write(through_csv(folder), "tables/t.csv")
        archive.writestr("__MACOSX/tables/._t.csv", b"\0")
    return folder / "t.zip"


def through_arrow(folder: Path) -> Path:
    feather.write_feather(ARROW, folder / "t.feather")
    return folder / "t.feather"


def through_stream(folder: Path) -> Path:
    with pa.OSFile(str(folder / "t.arrows"), "wb") as file, pa.ipc.new_stream(file, ARROW.schema) as stream:
        stream.write_table(ARROW)
    return folder / "t.arrows"


def through_orc(folder: Path) -> Path:
    orc.write_table(ARROW, folder / "t.orc")
    return folder / "t.orc"


def through_avro(folder: Path) -> Path:
    moment = {"type": "long", "logicalType": "timestamp-micros"}
    types = {"number": "double", "whole": "int", "text": "string", "flag": "boolean", "date": moment}
    fields = [{"name": name, "type": ["null", kind]} for name, kind in types.items()]
    rows = [
        {
            name: value.replace(tzinfo=UTC) if isinstance(value, datetime) else value
            for name, value in row.items()
        }
        for row in ARROW.to_pylist()
    ]
    with (folder / "t.avro").open("wb") as file:
        fastavro.writer(file, {"type": "record", "name": "row", "fields": fields}, rows)
    return folder / "t.avro"


def workbook(kind: str) -> Callable[[Path], Path]:
    """A workbook with one sheet."""

    def write(folder: Path) -> Path:
        path = folder / f"t.{kind}"
        rows = [ARROW.column_names, *(list(row.values()) for row in ARROW.to_pylist())]
        getattr(workbooks, f"write_{kind}")(path, {"Data": rows})
        return path

    return write


def through_sqlite(folder: Path) -> Path:
    with closing(sqlite3.connect(folder / "t.sqlite")) as connection, connection:
        connection.execute("CREATE TABLE t (number REAL, whole INT, text TEXT, flag BOOLEAN, date DATETIME)")
        rows = [[str(v) if isinstance(v, datetime) else v for v in row.values()] for row in ARROW.to_pylist()]
        connection.executemany("INSERT INTO t VALUES (?, ?, ?, ?, ?)", rows)
    return folder / "t.sqlite"


def through_duckdb(folder: Path) -> Path:
    with duckdb.connect(folder / "t.duckdb") as connection:
        connection.register("arrow", ARROW)
        connection.execute("CREATE TABLE t AS FROM arrow")
    return folder / "t.duckdb"


def statistical(ending: str, write: Callable[..., None]) -> Callable[[Path], Path]:
    """A file of SPSS, Stata or SAS, which have no booleans."""

    def through(folder: Path) -> Path:
        frame = ARROW.to_pandas()
        frame["flag"] = frame["flag"].astype("Float64").astype("float64")
        write(frame, folder / f"t{ending}")
        return folder / f"t{ending}"

    return through


def polars(folder: Path) -> Any:
    return pytest.importorskip("polars").from_arrow(ARROW)


SOURCES: dict[str, Callable[[Path], Any]] = {
    "csv": through_csv,
    "parquet": through_parquet,
    "json": through_json,
    "json array": through_json_array,
    "gzip": packed(".gz", gzip.compress),
    "bzip2": packed(".bz2", bz2.compress),
    "xz": packed(".xz", lzma.compress),
    "zstd": packed(".zst", partial(pa.compress, codec="zstd", asbytes=True)),
    "zip": through_zip,
    "arrow": through_arrow,
    "arrow stream": through_stream,
    "orc": through_orc,
    "avro": through_avro,
    **{kind: workbook(kind) for kind in ("xlsx", "xls", "xlsb", "ods")},
    "sqlite": through_sqlite,
    "duckdb": through_duckdb,
    "spss": statistical(".sav", pyreadstat.write_sav),
    "stata": statistical(".dta", pyreadstat.write_dta),
    "xport": statistical(".xpt", pyreadstat.write_xport),
    "polars": polars,
    "pandas": lambda folder: pd.DataFrame(COLUMNS),
    "pandas of Arrow types": lambda folder: ARROW.to_pandas(types_mapper=pd.ArrowDtype),
    "pandas of objects": lambda folder: pd.DataFrame(COLUMNS).astype(object),
    "batch": lambda folder: ARROW.combine_chunks().to_batches()[0],
}


@pytest.mark.parametrize("source", SOURCES)
def test_read__same_table_from_any_source__is_equal(tmp_path: Path, source: str) -> None:
    expected = read(ARROW)
    if source in ("spss", "stata", "xport"):
        expected = expected.set_column(3, "flag", expected["flag"].cast(pa.int8()).cast(pa.float64()))
    found = read(SOURCES[source](tmp_path))
    assert found.to_pydict() == expected.to_pydict()
    assert found.schema.types == expected.schema.types


@pytest.mark.parametrize("dtype", [">f4", "<f4", ">f8", ">i2", ">u8", "longdouble", "f2"])
def test_read__numbers_in_any_layout__are_equal_as_frame_and_array(dtype: str) -> None:
    if dtype == "longdouble" and sys.platform == "win32":
        pytest.skip("there, a long double is a double")
    values = np.array([[1, 2], [3, 4], [5, 60]], dtype=dtype)
    expected = {"x0": [1.0, 3.0, 5.0], "x1": [2.0, 4.0, 60.0]}
    assert read(pd.DataFrame(values, columns=["x0", "x1"])).to_pydict() == expected
    assert from_array(values).to_pydict() == expected
