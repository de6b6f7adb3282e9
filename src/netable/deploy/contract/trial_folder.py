"""The temporary folder in which an export is run for its proof."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from netable.errors import FileError


@contextmanager
def trial_folder() -> Iterator[Path]:
    """A folder that is deleted after the block.

    Raises
    ------
    FileError
        If there or elsewhere a file cannot be written or read within the block, as on a full disk.
    """
    try:
        with TemporaryDirectory(prefix="netable_") as name:
            yield Path(name)
    except FileError:
        raise
    except OSError as error:
        place = error.filename or "A temporary folder"
        raise FileError(f"{place} cannot be written: {error.strerror or error}.") from error
