"""Packed files: gzip, bzip2, xz, zstd, and zip files of one table."""

from __future__ import annotations

import bz2
import gzip
import lzma
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import partial
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import pyarrow as pa

from netable.config.formats import FORMATS, START_BYTES
from netable.errors import FileError
from netable.table.reading.base.table_file import TableFile

CHUNK = 1 << 24
# Tables rarely compress to a hundredth of their size; a gzip bomb compresses to a thousandth.
UNPACKED_ALWAYS = 1 << 30
LARGEST_RATIO = 200
TABLE_ENDINGS = tuple(ending for spec in FORMATS.values() for ending in spec.endings)
# Members by which a zip file is a table of its own format.
FORMAT_MEMBERS = {member: name for name, spec in FORMATS.items() for member in spec.members}
# What Python's modules and Arrow raise for damaged files.
FAULTS = (
    EOFError,
    OSError,
    NotImplementedError,  # a way of packing that Python does not know
    zlib.error,
    lzma.LZMAError,
    pa.ArrowException,
    zipfile.BadZipFile,
)


class Packing(NamedTuple):
    """A way of packing a file.

    Attributes
    ----------
    called : str
        Its name in messages.
    start : bytes
        A regular expression that matches the first bytes.
    open : callable
        Opens a stream of what is packed; also returns the name of a member.
    """

    called: str
    start: bytes
    open: Callable[[Path, TableFile], AbstractContextManager[tuple[Any, str]]]


def packing_of(path: Path) -> str:
    """The key in `PACKINGS` of a file, or "" if it is not packed.

    Raises
    ------
    OSError
        If the file cannot be read.
    """
    start = first_bytes(path)
    key = next((key for key, packing in PACKINGS.items() if re.match(packing.start, start)), "")
    return "" if key == ".zip" and format_of_zip(path) else key


def first_bytes(path: Path) -> bytes:
    """The bytes that tell a file's format."""
    with path.open("rb") as opened:
        return opened.read(START_BYTES)


def format_of_zip(path: Path) -> str:
    """The format of which a zip file is a table by itself, such as a workbook, or ""."""
    try:
        with zipfile.ZipFile(path) as archive:
            known = FORMAT_MEMBERS.keys() & {*archive.namelist()}
    except (*FAULTS, ValueError):
        return ""
    return FORMAT_MEMBERS[min(known)] if known else ""


def check_members(path: Path, file: TableFile) -> None:
    """Check a zip file, such as a workbook, whose members another library unpacks.

    Raises
    ------
    FileError
        If they unpack to far more than a table would.
    zipfile.BadZipFile
        If one is not what its checksum says.
    """
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            _check_size(sum(info.file_size for info in archive.infolist()), path.stat().st_size, file)
            if damaged := archive.testzip():
                raise zipfile.BadZipFile(f"{damaged!r} has another checksum")


def is_table_name(name: str) -> bool:
    """A file with this name, in a folder or a zip file, is a table, perhaps a packed one."""
    name = PurePosixPath(name).name.lower()
    if name.startswith((".", "_")):
        return False
    for key in PACKINGS:
        name = name.removesuffix(key) if key != ".zip" else name
    return name.endswith((*TABLE_ENDINGS, ".zip"))


@contextmanager
def unpacked(path: Path, key: str, file: TableFile) -> Iterator[tuple[Path, TableFile]]:
    """A temporary file with what a packed file holds, and how messages call it.

    Raises
    ------
    FileError
        If the file is damaged, unpacks to far more than a table would, or is a zip file of several tables.
    """
    packing = PACKINGS[key]
    with ExitStack() as stack:
        try:
            folder = stack.enter_context(TemporaryDirectory(prefix="netable-", ignore_cleanup_errors=True))
        except OSError as error:
            raise _no_room(file, error) from error
        try:
            with packing.open(path, file) as (stream, member):
                name = member or Path(file.source).name.lower().removesuffix(key)
                place = Path(folder) / f"table{PurePosixPath(name).suffix[:16]}"
                _copy(stream, place, path.stat().st_size, file)
        except FileError:
            raise
        except FAULTS as error:
            raise file.error(
                f"the {packing.called} file is damaged or cut off ({error}). Make it again."
            ) from error
        yield place, file._replace(source=f"{file.source}, {member!r}") if member else file


def _no_room(file: TableFile, error: OSError) -> FileError:
    return file.error(
        f"cannot be unpacked into a temporary file: {error.strerror}. Set TMPDIR to a folder with enough room."
    )


def _copy(stream: Any, place: Path, packed_size: int, file: TableFile) -> None:
    size = 0
    with place.open("wb") as copy:
        while chunk := stream.read(CHUNK):
            size += len(chunk)
            _check_size(size, packed_size, file)
            try:
                copy.write(chunk)
            except OSError as error:
                raise _no_room(file, error) from error


def _check_size(size: int, packed_size: int, file: TableFile) -> None:
    if size > UNPACKED_ALWAYS and size > LARGEST_RATIO * packed_size:
        raise file.error(
            f"unpacks to over {LARGEST_RATIO} times its size, which no table does. "
            "If it is a table, unpack it first."
        )


@contextmanager
def _stream(opener: Callable[[Path], Any], path: Path, file: TableFile) -> Iterator[tuple[Any, str]]:
    with opener(path) as stream:
        yield stream, ""


def _zstd(path: Path) -> pa.CompressedInputStream:
    return pa.CompressedInputStream(pa.OSFile(str(path)), "zstd")


@contextmanager
def _member(path: Path, file: TableFile) -> Iterator[tuple[Any, str]]:
    """The only table in a zip file; files that macOS adds are none."""
    with zipfile.ZipFile(path) as archive:
        members = [
            info
            for info in archive.infolist()
            if not info.is_dir() and not info.filename.startswith("__MACOSX/")
        ]
        tables = [info for info in members if is_table_name(info.filename)] or members
        if not tables:
            raise file.error("the zip file is empty.")
        if len(tables) > 1:
            listed = ", ".join(repr(info.filename) for info in tables[:5]) + ", …" * (len(tables) > 5)
            raise file.error(
                f"the zip file has {len(tables):,} files: {listed}. Unpack it, and give one of them, or the folder."
            )
        if tables[0].flag_bits & 1:
            raise file.error("the zip file is locked with a password. Unpack it first.")
        with archive.open(tables[0]) as stream:
            yield stream, PurePosixPath(tables[0].filename).name


# By the usual ending of their names.
PACKINGS = {
    ".gz": Packing("gzip", rb"\x1f\x8b", partial(_stream, gzip.open)),
    ".bz2": Packing("bzip2", rb"BZh[1-9]1AY&SY", partial(_stream, bz2.open)),
    ".xz": Packing("xz", rb"\xfd7zXZ\x00", partial(_stream, lzma.open)),
    ".zst": Packing("zstd", rb"\x28\xb5\x2f\xfd", partial(_stream, _zstd)),
    ".zip": Packing("zip", rb"PK(?:\x03\x04|\x05\x06)", _member),
}
