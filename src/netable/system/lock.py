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
    """Lock a folder in the block; raise `FileError` if another process, or another part of this one, has locked it.

    The system releases the lock if the process is killed. Windows and some network drives have no such locks; nothing
    is locked there.
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


def is_locked(folder: str | os.PathLike[str]) -> bool:
    """True if another process, or another part of this one, has locked the folder; False where nothing is locked.

    The question itself locks the folder for a moment.
    """
    try:
        with folder_lock(folder):
            return False
    except FileError:
        return True
    except OSError:
        return False
