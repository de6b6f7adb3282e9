"""One writer to a folder at a time."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager

from netable.errors import FileError

try:
    import fcntl
except ImportError:  # Windows has no such locks
    fcntl = None  # type: ignore[assignment]


@contextmanager
def folder_lock(folder: str | os.PathLike[str]) -> Iterator[None]:
    """Hold a folder for this process, which may end in any way: the system then lets go of it.

    The lock is on the folder itself, so that nothing is left behind. Where there are no such locks (Windows, some
    network drives) there is none.

    Raises
    ------
    FileError
        If another process, or another part of this one, holds it.
    """
    if fcntl is None:
        yield
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno in (errno.EWOULDBLOCK, errno.EACCES):
                raise FileError(
                    f"{folder} is being written to by another run; wait for it, or name another folder."
                ) from error
        yield
    finally:
        os.close(descriptor)
