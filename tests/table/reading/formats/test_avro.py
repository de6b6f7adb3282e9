from __future__ import annotations

from pathlib import Path
from typing import Any

import fastavro
import pytest

from netable.errors import FileError
from netable.table.reading.read import read

SCHEMA = {
    "type": "record",
    "name": "r",
    "fields": [{"name": "a", "type": "double"}, {"name": "b", "type": "string"}],
}


def write(path: Path, schema: Any, records: list[Any]) -> None:
    with path.open("wb") as file:
        fastavro.writer(file, schema, records)


def test_avro__chosen_columns__are_read_alone(tmp_path: Path) -> None:
    write(tmp_path / "t.avro", SCHEMA, [{"a": 1.5, "b": "x"}, {"a": 2.5, "b": "y"}])

    assert read(tmp_path / "t.avro", columns=["b", "absent"]).to_pydict() == {"b": ["x", "y"]}


def test_avro__single_values__are_refused(tmp_path: Path) -> None:
    write(tmp_path / "t.avro", "string", ["x"])

    with pytest.raises(
        FileError, match=r"t\.avro: an Avro file of single values; a table is one of records\.$"
    ):
        read(tmp_path / "t.avro")


@pytest.mark.parametrize("kept", [-20, 100])
def test_avro__cut_off__is_refused(tmp_path: Path, kept: int) -> None:
    write(tmp_path / "t.avro", SCHEMA, [{"a": 1.5, "b": "x" * 100}])
    (tmp_path / "t.avro").write_bytes((tmp_path / "t.avro").read_bytes()[:kept])

    with pytest.raises(FileError, match=r"t\.avro: a damaged or unsupported Avro file \("):
        read(tmp_path / "t.avro")
