"""Parquet files at web addresses of which some columns are needed."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from netable.config.reading import ReadOptions
from netable.errors import FileError
from netable.table.reading.read import read
from netable.table.reading.stream import TableStream
from stores import SECRET, web_server

ROWS, USED = 8_000, {"c01", "c07", "c12"}
TABLE = pa.table({f"c{i:02}": np.random.default_rng(i).normal(size=ROWS) for i in range(20)})


def as_parquet(table: pa.Table) -> bytes:
    file = io.BytesIO()
    pq.write_table(table, file, row_group_size=ROWS // 4)
    return file.getvalue()


FILE = as_parquet(TABLE)
NEEDED = sum(
    pq.ParquetFile(io.BytesIO(FILE)).metadata.row_group(group).column(int(name[1:])).total_compressed_size
    for group in range(4)
    for name in USED
)


class Served:
    """A file of a web server, what the server says of its version, and the bytes of each answer."""

    def __init__(self, headers: dict[str, str], ranges: bool) -> None:
        self.headers, self.ranges = headers, ranges
        self.sent: list[int] = []
        self.url = ""

    def answer(self, request: BaseHTTPRequestHandler) -> tuple[int, dict[str, str], bytes]:
        body, headers, status = FILE, self.headers, 200
        if self.ranges and (asked := request.headers.get("Range")):
            start, end = map(int, asked.removeprefix("bytes=").split("-"))
            body, status = FILE[start : end + 1], 206
            headers = headers | {"Content-Range": f"bytes {start}-{end}/{len(FILE)}"}
        self.sent.append(len(body))
        return status, headers, body


@contextmanager
def served(*, ranges: bool = True, **headers: str) -> Iterator[Served]:
    file = Served(headers or {"ETag": '"1"'}, ranges)
    with web_server(file.answer) as url:
        file.url = f"{url}/year=2020/t.parquet?X-Signature={SECRET}"
        yield file


def used_columns(table: pa.Table) -> pa.Table:
    return table.select(sorted(USED))


@pytest.mark.parametrize("in_pieces", [False, True])
def test_ranges__few_columns__are_all_that_is_transferred(in_pieces: bool) -> None:
    with served() as file:
        if in_pieces:
            pieces = [piece.table for piece in TableStream([file.url], ReadOptions(), USED).pieces()]
            table = pa.concat_tables(used_columns(piece) for piece in pieces)
        else:
            table = used_columns(read(file.url, used=USED))

    assert table.equals(used_columns(TABLE))
    footer = 64 << 10  # which Arrow reads at once
    assert NEEDED < sum(file.sent) < NEEDED + footer + 10 < len(FILE) / 3


def test_ranges__all_columns__are_one_request() -> None:
    with served() as file:
        table = read(file.url)

    assert table.select(TABLE.column_names).equals(TABLE)
    assert file.sent == [len(FILE)]


@pytest.mark.parametrize(
    "served_so", [{"ranges": False}, {"Content-Encoding": "gzip", "ETag": "1"}, {"Age": "1"}]
)
def test_ranges__of_a_server_without_them__or_without_a_version__are_the_whole_file(served_so) -> None:
    with served(**served_so) as file:
        assert used_columns(read(file.url, used=USED)).equals(used_columns(TABLE))

    assert file.sent[-1] == len(FILE)
    assert len(file.sent) == 2


def test_ranges__read_several_times__tell_their_size_and_keep_no_copy(tmp_path: Path) -> None:
    with (
        served(**{"Last-Modified": "Tue, 01 Dec 2026 10:00:00 GMT"}) as file,
        TableStream([file.url], ReadOptions(), USED).lasting(tmp_path / "kept", lambda *_: False) as stream,
    ):
        assert stream.size() == (ROWS, ROWS * 20, 0)
        passes = [pa.concat_tables(piece.table for piece in stream.pieces()) for _ in range(2)]

    assert passes[0].equals(passes[1])
    assert passes[0]["year"].to_pylist()[0] == "2020"
    assert not (tmp_path / "kept").exists()
    assert sum(file.sent) < len(FILE)


def test_ranges__of_a_file_that_changes__are_an_error_without_its_signature() -> None:
    with (
        served() as file,
        TableStream([file.url], ReadOptions(), USED).lasting(None, lambda *_: False) as stream,
    ):
        file.headers = {"ETag": '"2"'}

        with pytest.raises(FileError, match=r"/t\.parquet\?…: has changed while it was read\.") as error:
            list(stream.pieces())

    assert SECRET not in str(error.value)


def test_ranges__no_longer_offered__are_an_error() -> None:
    with (
        served() as file,
        TableStream([file.url], ReadOptions(), USED).lasting(None, lambda *_: False) as stream,
    ):
        file.ranges = False

        with pytest.raises(FileError, match=r"has changed"):
            list(stream.pieces())
