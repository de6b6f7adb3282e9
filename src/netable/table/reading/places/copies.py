"""Private copies of files from elsewhere, for formats that are not read as they come."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol

from netable.errors import FileError, UserError

_ODD_IN_NAMES = re.compile(r"[^\w.+ ()-]")
_LONGEST_NAME = 100
_CHUNK = 1 << 20
# The share of the free room of a disk that a copy may take.
_ROOM = 0.9
_ADVICE = "Name a disk with more room: for a run with -o, for other copies with TMPDIR."


class Fetchable(Protocol):
    """A file elsewhere; its text is what messages call it."""

    @property
    def name(self) -> str:
        """The name of the file."""
        ...

    def fetch(self, copy: Path) -> None:
        """Write it to a file on this machine."""
        ...


@contextmanager
def copied(place: Fetchable) -> Iterator[Path]:
    """A copy in a folder of its own, deleted after the block; errors about it name the place."""
    with tempfile.TemporaryDirectory(prefix="netable-") as folder:
        copy = Path(folder) / plain_name(place.name)
        try:
            place.fetch(copy)
            yield copy
        except UserError as error:
            if str(copy) not in str(error):
                raise
            raise type(error)(str(error).replace(str(copy), str(place))) from None


def plain_name(name: str) -> str:
    """A name for a file: one from elsewhere may mean something here, such as `..`."""
    return _ODD_IN_NAMES.sub("_", name)[-_LONGEST_NAME:].strip(".") or "table"


def write(source: Any, copy: Path) -> int:
    """Write a stream to a file in pieces; the number of bytes. `FileError` if the disk has no room for it."""
    room, size = Room(copy), 0
    with writing(copy):
        file = copy.open("wb")
    try:
        while piece := source.read(_CHUNK):
            size += len(piece)
            room.check(size)
            with writing(copy):
                file.write(piece)
        with writing(copy):
            file.close()
    finally:
        with suppress(OSError):  # the first error counts
            file.close()
    return size


class Room:
    """The room on the disk for a file that is about to be written."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._bytes = int(_ROOM * shutil.disk_usage(file.parent).free)

    def check(self, size: int) -> None:
        """Raise `FileError` if there is none for so many bytes."""
        if size > self._bytes:
            raise FileError(
                f"{self._file}: a temporary copy needs more than {self._bytes:,} bytes. {_ADVICE}"
            )


@contextmanager
def writing(file: Path) -> Iterator[None]:
    """Turn errors of the disk in the block into one line."""
    try:
        yield
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else error
        raise FileError(f"{file}: a temporary copy cannot be written ({reason}). {_ADVICE}") from None
