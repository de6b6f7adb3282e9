"""Private copies of files from elsewhere, for formats that are not read as they come."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from netable.errors import FileError, UserError

_ODD_IN_NAMES = re.compile(r"[^\w.+ ()-]")
_LONGEST_NAME = 100
_CHUNK = 1 << 20
# The share of the free room of a disk that a copy may take.
_ROOM = 0.9


@contextmanager
def private_copy(name: str, source: str) -> Iterator[Path]:
    """The path for a copy in a folder of its own, deleted after the block; errors about it name the source.

    A name from elsewhere may be one that means something here, such as `..`.
    """
    with tempfile.TemporaryDirectory(prefix="netable-") as folder:
        copy = Path(folder) / (_ODD_IN_NAMES.sub("_", name)[-_LONGEST_NAME:].strip(".") or "table")
        try:
            yield copy
        except UserError as error:
            if str(copy) not in str(error):
                raise
            raise type(error)(str(error).replace(str(copy), source)) from None


def write(source: Any, copy: Path) -> int:
    """Write a stream to a file in pieces; the number of bytes. `FileError` if the disk has no room for it."""
    room = int(_ROOM * shutil.disk_usage(copy.parent).free)
    size = 0
    with copy.open("wb") as file:
        while piece := source.read(_CHUNK):
            size += len(piece)
            if size > room:
                raise FileError(
                    f"{copy}: a temporary copy needs more than {room:,} bytes. Set TMPDIR to a folder with more room."
                )
            file.write(piece)
    return size
