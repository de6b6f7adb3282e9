"""Tables in stores and lakes, read piece by piece."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from netable.config.reading import ReadOptions
from netable.errors import FileError
from netable.table.reading.read import read
from netable.table.reading.stream import TableStream
from stores import Bucket, iceberg_catalog

TABLE = pa.table({"n": [float(n) for n in range(2_000)], "city": ["Bonn", "Ulm"] * 1_000})


def streamed(stream: TableStream) -> pa.Table:
    return pa.concat_tables(stream.canonical({"n": "number", "city": "text"}))


@pytest.mark.parametrize(
    ("name", "content", "size"),
    [
        ("streamed.parquet", TABLE, (2_000, 4_000, 0)),
        ("streamed.csv", b"n,city\n" + b"1,Bonn\n2,Ulm\n" * 9, (0, 0, 124)),
    ],
)
def test_pieces__file_in_s3__are_the_table(
    s3: Bucket, name: str, content: pa.Table | bytes, size: tuple[int, int, int]
) -> None:
    url = s3.write(name, content)
    stream = TableStream([url], ReadOptions())

    assert streamed(stream).to_pydict() == read(url).to_pydict()
    assert stream.size() == size


def test_pieces__file_in_s3_that_changes__is_an_error(s3: Bucket) -> None:
    url = s3.write("changing.parquet", TABLE)
    stream = TableStream([url], ReadOptions())
    s3.write("changing.parquet", TABLE.slice(0, 900))

    with pytest.raises(FileError, match=f"^{url}: has changed while it was read"):
        streamed(stream)


@pytest.mark.parametrize("used", [None, ["city"]])
def test_pieces__delta_table__are_the_table(tmp_path: Path, used: list[str] | None) -> None:
    deltalake = pytest.importorskip("deltalake", reason="deltalake is not installed")
    folder = str(tmp_path / "trips")
    deltalake.write_deltalake(folder, TABLE)
    stream = TableStream([folder], ReadOptions(), used)

    assert streamed(stream).to_pydict() == read(folder, used=used, storage={"n": "number"}).to_pydict()
    assert stream.size() == (2_000, 4_000, 0)


def test_pieces__delta_table_that_is_written_to__are_those_of_one_version(tmp_path: Path) -> None:
    deltalake = pytest.importorskip("deltalake", reason="deltalake is not installed")
    folder = str(tmp_path / "trips")
    deltalake.write_deltalake(folder, TABLE.slice(0, 900))
    stream = TableStream([folder], ReadOptions())
    sizes = [stream.size()]
    deltalake.write_deltalake(folder, TABLE.slice(900), mode="append")

    assert streamed(stream).num_rows == 900
    assert [*sizes, stream.size()] == [(900, 1_800, 0)] * 2


def test_pieces__iceberg_table__are_the_table_file_by_file(tmp_path: Path) -> None:
    with iceberg_catalog(tmp_path) as catalog:
        table = catalog.create_table("sales.trips", schema=TABLE.schema)
        table.append(TABLE.slice(0, 900))
        table.append(TABLE.slice(900))
        stream = TableStream(["iceberg://shop/sales.trips"], ReadOptions())

        assert sorted(streamed(stream)["n"].to_pylist()) == TABLE["n"].to_pylist()
        assert next(iter(stream.pieces(["city"]))).table.column_names == ["city"]
        assert stream.size() == (2_000, 4_000, 0)
