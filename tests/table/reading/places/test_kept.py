"""What can be read only once, kept for as long as it is needed."""

from __future__ import annotations

import errno
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from netable.config.reading import ReadOptions
from netable.errors import DataError, FileError
from netable.table.reading.places.kept import KeptFile
from netable.table.reading.places.queries import Query, Result
from netable.table.reading.stream import TableStream
from stores import web_server

ROWS = 3_000
NUMBERS = Query(f"select i, i % 7 as b from range({ROWS}) t(i) order by i")


def nothing_fits(rows: int, cells: int) -> bool:
    return False


def all_fits(rows: int, cells: int) -> bool:
    return True


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("netable.table.reading.base.pieces.CELLS", 2_048)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "kept"


def lasting(query: Query, folder: Path | None, fits: Callable[[int, int], bool] = nothing_fits) -> Any:
    return TableStream([query], ReadOptions()).lasting(folder, fits)


def test_query__that_does_not_fit__is_a_private_file_with_small_row_groups(folder: Path) -> None:
    with lasting(NUMBERS, folder) as stream:
        (place,) = stream.places
        assert isinstance(place, KeptFile)
        groups = pq.ParquetFile(place.path).metadata
        most = max(groups.row_group(n).num_rows for n in range(groups.num_row_groups))
        passes = [pa.concat_tables(piece.table for piece in stream.pieces()) for _ in range(2)]
        assert stream.size() == (ROWS, 2 * ROWS, 0)
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert next(stream.pieces()).source == "the query"

    assert most == 1_024
    assert passes[0].column("i").to_pylist() == list(range(ROWS))
    assert passes[1].equals(passes[0])
    assert not folder.exists()


@pytest.mark.parametrize("fits", [all_fits, lambda rows, cells: cells < 3 * ROWS])
def test_query__that_fits__is_in_memory(folder: Path, fits: Callable[[int, int], bool]) -> None:
    with lasting(NUMBERS, folder, fits) as stream:
        assert isinstance(stream.places[0], Result)
        assert stream.read()["i"].to_pylist() == list(range(ROWS))
        assert stream.size() == (ROWS, 2 * ROWS, 0)
        assert not [*folder.iterdir()]


@pytest.mark.bad_input(142)
@pytest.mark.parametrize("fits", [nothing_fits, all_fits])
def test_query__142_that_fails_midway__leaves_nothing(folder: Path, fits: Callable[[int, int], bool]) -> None:
    broken = Query(
        "select case when i = 290000 then error('it broke') else i end as i from range(300000) t(i)"
    )

    with (
        pytest.raises(DataError, match=r"^the query cannot be run: .*it broke"),
        lasting(broken, folder, fits),
    ):
        pass
    assert not folder.exists()


@pytest.mark.bad_input(144)
def test_query__144_disk_that_fills__is_one_line_and_leaves_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "Error writing bytes to file")

    monkeypatch.setattr(pq.ParquetWriter, "write_table", full)

    fault = rf"^{folder}/0/result.parquet: a temporary copy cannot be written \(No space left on device\)\. Name a"
    with pytest.raises(FileError, match=fault), lasting(NUMBERS, folder):
        pass
    assert not folder.exists()


def test_query__larger_than_the_room_on_the_disk__is_one_line(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("netable.table.reading.places.copies._ROOM", 0)

    with pytest.raises(FileError, match="needs more than 0 bytes"), lasting(NUMBERS, folder):
        pass


def test_web__file__is_fetched_once() -> None:
    asked: list[str] = []

    def answer(request: Any) -> tuple[int, dict[str, str], bytes]:
        asked.append(request.path)
        return 200, {}, b"a,b\n1,x\n2,y\n"

    with web_server(answer) as url:
        url = f"{url}/year=2020/t.csv?X-Signature=secret"
        with TableStream([url], ReadOptions()).lasting(None, nothing_fits) as stream:
            shown = str(stream.places[0])
            passes = [[*stream.canonical({"a": "number"})] for _ in range(2)]
            size = stream.size()

    assert asked == ["/year=2020/t.csv?X-Signature=secret"]
    assert size == (0, 0, 12)
    assert passes[1][0].to_pylist()[0] == {"a": 1, "b": "x", "year": 2020}
    assert shown.endswith("/t.csv?…")
