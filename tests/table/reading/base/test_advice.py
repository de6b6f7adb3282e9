"""The advice about frames, and of DuckDB."""

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
from netable.table.canonical.marks import check_usable
from netable.table.reading.read import read

MESSAGES = advice("table/reading/base", besides=["SELECT"])


def file(temporary: str | None) -> pa.Table:
    """Write a file, and read it, where temporary files are in a folder."""
    Path("t.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tempfile.tempdir", temporary)
        return read("t.csv")


def source(source: Any, needed: tuple[str, ...] = ()) -> pa.Table:
    """Read something in memory; some columns are needed."""
    read_table = read(source)
    check_usable(read_table, needed)
    return read_table


def frame(**columns: Any) -> pd.DataFrame:
    return pd.DataFrame(columns or {"a": [1, 2]})


TWO_LEVELS = pd.DataFrame({("a", "b"): [1]})
CASES = [
    Case("Set TMPDIR", file, {"temporary": "nowhere"}, [{"temporary": "."}]),
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
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_advice__followed__works(case: Case) -> None:
    follow(case, MESSAGES)


def test_advice__every_message__has_a_case() -> None:
    check_complete(CASES, MESSAGES)
