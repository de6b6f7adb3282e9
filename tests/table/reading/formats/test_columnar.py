from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import feather, orc

from netable.errors import FileError, SchemaError
from netable.table.reading.read import read

TABLE = pa.table({"a": [1, 2], "a.b": ["x", "y"], "nested": [[1], [2]]})


def write_stream(table: pa.Table, path: str) -> None:
    with pa.OSFile(path, "wb") as file, pa.ipc.new_stream(file, table.schema) as stream:
        stream.write_table(table)


each_format = pytest.mark.parametrize("write", [feather.write_feather, orc.write_table, write_stream])


@each_format
def test_columns__chosen__are_read_alone(tmp_path: Path, write: Callable[..., None]) -> None:
    write(TABLE, str(tmp_path / "t"))

    assert read(tmp_path / "t", columns=["a", "absent"]).to_pydict() == {"a": [1.0, 2.0]}
    assert read(tmp_path / "t").column_names == TABLE.column_names


@each_format
def test_file__cut_off__is_refused(tmp_path: Path, write: Callable[..., None]) -> None:
    write(TABLE, str(tmp_path / "t"))
    (tmp_path / "t").write_bytes((tmp_path / "t").read_bytes()[:-60])

    with pytest.raises(FileError, match=r"t: a damaged or cut-off (?:Arrow|ORC) file \("):
        read(tmp_path / "t")


def test_columns__of_one_name__are_refused(tmp_path: Path) -> None:
    write_stream(pa.table([[1], [2]], names=["a", "a"]), str(tmp_path / "t"))

    with pytest.raises(SchemaError, match=r"several are called 'a'"):
        read(tmp_path / "t", columns=["a"])
