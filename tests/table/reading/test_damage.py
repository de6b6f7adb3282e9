"""Files of every format with a few other bytes in them are a table, or refused in one line."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

import duckdb
import fastavro
import pandas as pd
import pyarrow as pa
import pyreadstat
import pytest
from pyarrow import feather, orc

import workbooks
from netable.errors import UserError
from netable.table.reading.read import read

FRAME = pd.DataFrame({"n": [1.5, 2.0, 3.0], "s": ["a", "b", "c"]})
SHEETS = {"Data": [["n", "s"], *([n, s] for n, s in FRAME.itertuples(index=False))]}
RECORD = {
    "type": "record",
    "name": "r",
    "fields": [{"name": "n", "type": "double"}, {"name": "s", "type": "string"}],
}


def write_avro(path: Path) -> None:
    with path.open("wb") as file:
        fastavro.writer(file, RECORD, FRAME.to_dict("records"))


def write_sqlite(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        FRAME.to_sql("t", connection, index=False)


def write_duckdb(path: Path) -> None:
    with duckdb.connect(path) as connection:
        connection.register("frame", FRAME)
        connection.execute("CREATE TABLE t AS FROM frame")


WRITE: dict[str, Callable[[Path], None]] = {
    "avro": write_avro,
    "sqlite": write_sqlite,
    "duckdb": write_duckdb,
    "feather": lambda path: feather.write_feather(FRAME, path),
    "orc": lambda path: orc.write_table(pa.Table.from_pandas(FRAME), path),
    "sav": lambda path: pyreadstat.write_sav(FRAME, path),
    "dta": lambda path: pyreadstat.write_dta(FRAME, path),
    "xpt": lambda path: pyreadstat.write_xport(FRAME, path),
    "xlsx": lambda path: workbooks.write_xlsx(path, SHEETS),
    "xlsb": lambda path: workbooks.write_xlsb(path, SHEETS),
    "xls": lambda path: workbooks.write_xls(path, SHEETS),
    "ods": lambda path: workbooks.write_ods(path, SHEETS),
}


@pytest.mark.parametrize("ending", WRITE)
@pytest.mark.filterwarnings("ignore::netable.errors.DataWarning")
def test_read__file_with_other_bytes_in_it__is_a_table_or_one_line(tmp_path: Path, ending: str) -> None:
    WRITE[ending](tmp_path / "whole")
    whole, path, rng = (tmp_path / "whole").read_bytes(), tmp_path / f"t.{ending}", random.Random(0)
    for _ in range(20):
        content = bytearray(whole)
        for _ in range(rng.randint(1, 4)):
            place = rng.randrange(len(content))
            content[place : place + 3] = rng.randbytes(rng.randint(1, 3))
        path.write_bytes(content if rng.random() < 0.8 else content[: rng.randrange(len(content))])
        with suppress(UserError):
            assert isinstance(read(path), pa.Table)
