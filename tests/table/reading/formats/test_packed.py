from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zipfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from netable.errors import FileError
from netable.table.reading.formats.packed import is_table_name
from netable.table.reading.read import read

CSV = b"a,b\n1,x\n2,y\n" * 99
PACK: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": lambda data: bytes(pa.compress(data, codec="zstd", asbytes=True)),
}


def zipped(**members: bytes) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, data in members.items():
            archive.writestr(name.replace("_", "."), data)
    return content.getvalue()


@pytest.mark.bad_input(128)
@pytest.mark.parametrize("ending", PACK)
def test_packed__128_cut_off__is_refused(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"t.csv.{ending}"
    path.write_bytes(PACK[ending](CSV)[:-9])

    with pytest.raises(
        FileError, match=rf"t\.csv\.{ending}: the \w+ file is damaged or cut off \(.*Make it again\.$"
    ):
        read(path)


@pytest.mark.parametrize("ending", PACK)
def test_packed__bomb__is_refused(tmp_path: Path, ending: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("netable.table.reading.formats.packed.UNPACKED_ALWAYS", 1000)
    (tmp_path / "t").write_bytes(PACK[ending](b"0" * 5_000_000))

    with pytest.raises(FileError, match="unpacks to over 200 times its size"):
        read(tmp_path / "t")


def test_packed__parquet__is_read(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": [1.5]}), tmp_path / "t.parquet")
    packed = (("t.parquet.gz", PACK["gz"]), ("t.zip", lambda data: zipped(t_parquet=data)))

    for name, pack in packed:
        (tmp_path / name).write_bytes(pack((tmp_path / "t.parquet").read_bytes()))
        assert read(tmp_path / name).to_pydict() == {"a": [1.5]}


def test_packed__json_lines__are_recognized_by_the_inner_name(tmp_path: Path) -> None:
    (tmp_path / "t.jsonl.gz").write_bytes(gzip.compress(b"a,b\n"))

    with pytest.raises(FileError, match="expected JSON lines because of its name"):
        read(tmp_path / "t.jsonl.gz")


@pytest.mark.bad_input(13)
@pytest.mark.bad_input(129)
@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            zipped(a_csv=CSV, b_csv=CSV),
            r"t\.zip: the zip file has 2 files: 'a\.csv', 'b\.csv'\. Unpack it, and give one",
        ),
        (zipped(), r"t\.zip: the zip file is empty\.$"),
        (zipped(a_zip=zipped(a_csv=CSV)), r"t\.zip, 'a\.zip': packed twice\. Unpack it first\.$"),
        (gzip.compress(gzip.compress(CSV)), r"t\.zip: packed twice\. Unpack it first\.$"),
        (
            zipped(word_document_xml=b"<x/>", b=b"\0"),
            r"t\.zip: the zip file has 2 files: 'word\.document\.xml', 'b'",
        ),
        (zipped(a_csv=CSV)[:60], r"t\.zip: the zip file is damaged or cut off"),
        (zipped(a_png=b"\x89PNG"), r"t\.zip, 'a\.png': not a table, but a picture"),
    ],
)
def test_zip__129_13_not_of_one_table__is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "t.zip").write_bytes(content)

    with pytest.raises(FileError, match=message):
        read(tmp_path / "t.zip")


def test_zip__table_beside_notes__is_read(tmp_path: Path) -> None:
    (tmp_path / "t.zip").write_bytes(zipped(README_md=b"text", a_csv=b"a\n1\n"))

    assert read(tmp_path / "t.zip").to_pydict() == {"a": [1.0]}


def test_zip__with_a_password__is_refused(tmp_path: Path) -> None:
    content = bytearray(zipped(a_csv=CSV))
    content[content.index(b"PK\x01\x02") + 8] |= 1
    (tmp_path / "t.zip").write_bytes(content)

    with pytest.raises(FileError, match=r"the zip file is locked with a password\. Unpack it first\.$"):
        read(tmp_path / "t.zip")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("t.csv", True),
        ("T.CSV.GZ", True),
        ("t.xlsx", True),
        ("t.zip", True),
        ("t.gz", False),
        ("README.md", False),
        (".t.csv", False),
        ("_t.csv", False),
    ],
)
def test_is_table_name__names__are_told_apart(name: str, expected: bool) -> None:
    assert is_table_name(name) == expected
