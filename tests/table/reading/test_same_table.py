"""The same table from every source is read as the same canonical table."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

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


def polars(folder: Path) -> Any:
    return pytest.importorskip("polars").from_arrow(ARROW)


SOURCES: dict[str, Callable[[Path], Any]] = {
    "csv": through_csv,
    "parquet": through_parquet,
    "json": through_json,
    "polars": polars,
    "pandas": lambda folder: pd.DataFrame(COLUMNS),
    "pandas of Arrow types": lambda folder: ARROW.to_pandas(types_mapper=pd.ArrowDtype),
    "pandas of objects": lambda folder: pd.DataFrame(COLUMNS).astype(object),
    "batch": lambda folder: ARROW.combine_chunks().to_batches()[0],
}


@pytest.mark.parametrize("source", SOURCES)
def test_read__same_table_from_any_source__is_equal(tmp_path: Path, source: str) -> None:
    expected = read(ARROW)
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
