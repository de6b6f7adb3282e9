"""What a folder of checkpoints holds on disk, without what it takes to read them."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path

# Written first and removed first: without it, what lies beside it means nothing.
MANIFEST = "manifest.json"
SUFFIX = ".checkpoint"
# Files that keep runs, and what a crash leaves of one that was being written.
RUNS, PARTS = f"*{SUFFIX}", ".*.part"


def is_unfinished(folder: str | os.PathLike[str]) -> bool:
    """Whether a folder keeps a fit that can be gone on with."""
    return (Path(folder) / MANIFEST).is_file()


def keeps_runs(folder: str | os.PathLike[str]) -> bool:
    """Whether it keeps where any run is: there is none before the first seconds are over."""
    return any(Path(folder).glob(RUNS))


def remove_checkpoints(folder: str | os.PathLike[str]) -> None:
    """Forget a fit; the folder goes away if nothing else is in it."""
    place = Path(folder)
    if not place.is_dir():
        return
    with suppress(OSError):
        (place / MANIFEST).unlink(missing_ok=True)
        clear(place, PARTS, RUNS)
        place.rmdir()


def clear(folder: str | os.PathLike[str], *patterns: str) -> None:
    """Remove the files and folders of these patterns."""
    for pattern in patterns:
        for path in Path(folder).glob(pattern):
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)
