"""The advice about whatever holds a table: files as such, and frames."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from scipy.sparse import csr_array

from advice import Case, advice, check_complete, follow
from netable.config.reading import ReadOptions
from netable.table.canonical.marks import check_usable
from netable.table.reading.read import read

FILES = ("encoding.py", "engine.py", "frames.py", "sources.py")
MESSAGES = [m for m in advice("table/reading", besides=["SELECT"]) if m.file.endswith(FILES)]
TABLE = "name,count\n" + "".join(f"n{i},{i}\n" for i in range(9))


def table(text: str | bytes, name: str = "t.csv", temporary: str | None = None, **options: Any) -> pa.Table:
    """Write a file, and read it."""
    Path(name).write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tempfile.tempdir", temporary)
        return read(name, options=ReadOptions(**options))


def source(source: Any, needed: tuple[str, ...] = ()) -> pa.Table:
    """Read something in memory, or a path, beside a file t.csv; some columns are needed."""
    Path("t.csv").write_text(TABLE, encoding="utf-8")
    read_table = read(source)
    check_usable(read_table, needed)
    return read_table


def frame(**columns: Any) -> pd.DataFrame:
    return pd.DataFrame(columns or {"a": [1, 2]})


TWO_LEVELS = pd.DataFrame({("a", "b"): [1]})
CASES = [
    Case(
        "if words look wrong, name the encoding",
        table,
        {"text": "a,b\n1,caf\xe9\n".encode("cp1252")},
        [{"encoding": "cp1252"}, {"encoding": "latin-1"}],
    ),
    Case(
        "try utf-8 or cp949",
        table,
        {"text": TABLE, "encoding": "utf-9"},
        [{"encoding": "utf-8"}, {"encoding": "cp949"}],
    ),
    Case(
        "got the byte 0x{} at offset {}",
        table,
        {"text": "이름,값\n부산,1\n".encode("cp949"), "encoding": "utf-8"},
        [{"encoding": "cp949"}],
    ),
    Case(
        "got the byte 0x{} at offset {}",
        table,
        {"text": "a,b\ncaf\xe9 cr\xe8me,1\n".encode("cp1252"), "encoding": "cp949"},
        [{"encoding": "cp1252"}],
    ),
    Case(
        "if it is UTF-16, use",
        table,
        {"text": "도시이름은부산,값\n도시이름은부산,서울\n".encode("utf-16-le")},
        [{"encoding": "utf-16-le"}],
    ),
    Case(
        "and its encoding is not known",
        table,
        {"text": "имя,a\nПривет,1\n".encode("cp1251")},
        [{"encoding": "cp1251"}],
    ),
    Case(
        "Set TMPDIR",
        table,
        {"text": TABLE, "temporary": "nowhere"},
        [{"temporary": "."}],
    ),
    Case(
        "has a NUL character in its name",
        source,
        {"source": pl.DataFrame({"a\0": [1]})},
        [{"source": pl.DataFrame({"a": [1]})}],
    ),
    Case(
        "use a frame with named columns",
        source,
        {"source": np.array([["u", "v"]])},
        [{"source": pd.DataFrame([["u", "v"]], columns=["a", "b"])}],
    ),
    Case("Use .to_frame() on it", source, {"source": frame()["a"]}, [{"source": frame()["a"].to_frame()}]),
    Case(
        "flatten them first",
        source,
        {"source": TWO_LEVELS},
        [{"source": TWO_LEVELS.set_axis(["_".join(map(str, name)) for name in TWO_LEVELS.columns], axis=1)}],
    ),
    Case(
        "Use frame.columns =",
        source,
        {"source": pd.DataFrame([[1]])},
        [{"source": pd.DataFrame([[1]]).set_axis(["0"], axis=1)}],
    ),
    Case(
        "has half of a character in its name",
        source,
        {"source": pd.DataFrame([[1]], columns=pd.Index(["\ud800"], dtype=object))},
        [{"source": frame()}],
    ),
    Case(
        "holds complex numbers; split them",
        source,
        {"source": frame(a=[1j]), "needed": ("a",)},
        [{"source": frame(a=[0.0], b=[1.0]), "needed": ("a", "b")}],
    ),
    Case(
        "Choose fewer columns, or reduce them",
        source,
        {"source": csr_array((10**6, 1000))},
        [{"source": csr_array((10, 2))}],
    ),
    Case("Download it first", source, {"source": "https://example.org/t.csv"}, [{"source": "t.csv"}]),
    Case("Save it as a file first", source, {"source": "-"}, [{"source": "t.csv"}]),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_advice__followed__works(case: Case) -> None:
    follow(case, MESSAGES)


def test_advice__every_message__has_a_case() -> None:
    check_complete(CASES, MESSAGES)
