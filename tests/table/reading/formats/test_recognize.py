from __future__ import annotations

import re
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from netable.config.formats import FORMATS
from netable.errors import FileError
from netable.table.reading.read import ReadOptions, read

CSV = "a,b\n1,x\n"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"format": "excel"},
            r"expected a workbook, as format='excel' says, but it does not start like one\.$",
        ),
        ({"sheet": "a"}, r"delimited text has no sheet to choose\. Leave sheet=… out\.$"),
        ({"table": "a"}, r"delimited text has no table to choose\. Leave table=… out\.$"),
        ({"format": "json"}, r"line 1: not valid JSON"),
    ],
)
def test_format__that_a_csv_has_not__is_refused(
    tmp_path: Path, options: dict[str, str], message: str
) -> None:
    (tmp_path / "t.csv").write_text(CSV)

    with pytest.raises(FileError, match=message):
        read(tmp_path / "t.csv", options=ReadOptions(**options))


def test_format__of_text_for_another_file__is_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": [1]}), tmp_path / "t.csv")

    with pytest.raises(
        FileError, match=r"expected delimited text, as format='csv' says, but it is a Parquet file\.$"
    ):
        read(tmp_path / "t.csv", options=ReadOptions(format="csv"))


def test_format__csv__wins_over_a_name_of_json(tmp_path: Path) -> None:
    (tmp_path / "t.json").write_text(CSV)

    assert read(tmp_path / "t.json", options=ReadOptions(format="csv")).column_names == ["a", "b"]


@pytest.mark.parametrize("name", [name for name, spec in FORMATS.items() if spec.start])
def test_format__from_the_name_only__is_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / f"t{FORMATS[name].endings[0]}"
    path.write_text(CSV)

    with pytest.raises(
        FileError, match=f"expected {FORMATS[name].called} because of its name, but it does not"
    ):
        read(path)


@pytest.mark.parametrize(
    "header",
    ["ORCID,n", "PAR1,PAR2", "BZh,n", "ARROW1,n", "Obj,n", "name,id,DUCK,n", "HEADER RECORD,n", "$FL2,n"],
)
def test_text__beginning_almost_as_a_binary_file__is_text(tmp_path: Path, header: str) -> None:
    names = header.split(",")
    (tmp_path / "t.csv").write_text(f"{header}\n{','.join('1' * len(names))}\n")

    assert read(tmp_path / "t.csv").column_names == names


def test_registry__first_bytes__belong_to_one_format() -> None:
    starts = {
        "parquet": b"PAR1\x15\x04",
        "arrow": b"ARROW1\0\0\xff\xff\xff\xff",
        "orc": b"ORC\n\x06\x12\x04",
        "avro": b"Obj\x01\x04",
        "excel": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        "sas": bytes(12) + bytes.fromhex("c2ea8160b31411cfbd92080009c7318c181f1011"),
        "xport": b"HEADER RECORD*******LIBRARY HEADER RECORD!!!!!!!",
        "spss": b"$FL2@(#) SPSS DATA FILE",
        "stata": b"\x72\x02\x01\x00",
        "sqlite": b"SQLite format 3\0",
        "duckdb": bytes(8) + b"DUCK\x40" + bytes(7),
    }

    assert starts.keys() == {name for name, spec in FORMATS.items() if spec.start}
    for name, start in starts.items():
        found = [
            other for other, spec in FORMATS.items() if spec.start and re.match(spec.start, start, re.DOTALL)
        ]
        assert found == [name]
