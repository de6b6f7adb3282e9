"""How a table was read."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from netable.config.reading import ReadOptions
from netable.table.reading.places.queries import Query
from netable.table.reading.read import read_with_facts

TEXT = {"format": "delimited text", "encoding": "utf-8", "separated by": "','", "header": "line 1"}


@pytest.mark.parametrize(
    ("name", "content", "options", "facts"),
    [
        ("t.csv", b"a,b\n1,x\n2,y\n", {}, TEXT),
        ("t.csv.gz", gzip.compress(b"a,b\n1,x\n2,y\n"), {}, TEXT),
        ("t.tsv", b"a\tb\n1\tx\n2\ty\n", {}, TEXT | {"separated by": "'\\t'"}),
        (
            "t.csv",
            "a;b\n1;서울\n2;부산\n".encode("cp949"),
            {},
            TEXT | {"encoding": "cp949", "separated by": "';'"},
        ),
        ("t.csv", b"title\n\na,b\n1,x\n2,y\n", {"skip_rows": 2}, TEXT | {"header": "line 3"}),
        ("t.csv", b"1,x\n2,y\n", {"header": False}, TEXT | {"header": "none"}),
        ("t.csv", b"a|b\n1|'x|y'\n2|y\n", {"quote": "'"}, TEXT | {"separated by": "'|', the quote '"}),
        ("t.jsonl", b'{"a": 1}\n{"a": 2}\n', {}, {"format": "JSON", "encoding": "utf-8"}),
    ],
)
@pytest.mark.filterwarnings("ignore::netable.DataWarning")
def test_facts__of_a_file__are_those_that_it_was_read_with(
    name: str, content: bytes, options: dict[str, object], facts: dict[str, str], tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_bytes(content)

    assert read_with_facts(str(path), options=ReadOptions(**options))[1] == facts


def test_facts__of_several_files__name_each_value_once(tmp_path: Path) -> None:
    table = pa.table({"a": [1.0, 2.0]})
    pq.write_table(table, tmp_path / "a.parquet")
    pq.write_table(table, tmp_path / "b.parquet")
    (tmp_path / "c.csv").write_text("a\n3\n4\n", encoding="utf-8")

    table, facts = read_with_facts(str(tmp_path))

    assert facts["format"] == "a Parquet file, delimited text"
    assert table.num_rows == 6


def test_facts__of_other_sources__say_what_they_are() -> None:
    assert read_with_facts(np.eye(3))[1] == {"format": "numpy ndarray"}
    assert read_with_facts({"a": [1, 2]})[1] == {"format": "dict"}
    assert read_with_facts(Query("select 1 as a"))[1] == {"format": "result of a query"}
