"""Files of a folder of checkpoints. Nothing here imports torch."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path

from netable.errors import CheckpointError, FileError
from netable.system.files import remove_parts, write_atomically

# Written first and removed first: without it the other files mean nothing.
MANIFEST = "manifest.json"
SUFFIX = ".checkpoint"
# Follows the name of a run's file: the state before the last.
BEFORE = ".before"
_RUN = re.compile(rf"([0-9]+-[0-9]+)(-[0-9]+)?{re.escape(SUFFIX)}({re.escape(BEFORE)})?")
# The manifest of a fit that has not begun.
_NOTHING = b"{}"


def is_unfinished(folder: str | os.PathLike[str]) -> bool:
    """True if a folder holds a resumable fit."""
    return (Path(folder) / MANIFEST).is_file()


def keeps_runs(folder: str | os.PathLike[str]) -> bool:
    """True if it holds a saved run; there is none in the first seconds of a fit."""
    place = Path(folder)
    return place.is_dir() and any(_RUN.fullmatch(path.name) and path.is_file() for path in place.iterdir())


def file_of_run(folder: Path, phase: int, stack: int, first_member: int | None = None) -> Path:
    """The file of a stack in a phase, or of those of its members that begin with this one."""
    part = "" if first_member is None else f"-{first_member}"
    return folder / f"{phase}-{stack}{part}{SUFFIX}"


def files_of_stack(file: Path) -> list[Path]:
    """All files of the phase and the stack that one is of."""
    known = _RUN.fullmatch(file.name)
    assert known
    if not file.parent.is_dir():
        return []
    named = ((path, _RUN.fullmatch(path.name)) for path in file.parent.iterdir())
    return sorted(path for path, name in named if name and name[1] == known[1])


def check_ours(folder: Path) -> None:
    """Refuse a folder with other files.

    Raises
    ------
    CheckpointError
    """
    for path in folder.iterdir():
        if not path.is_file() or not _is_ours(path.name):
            raise CheckpointError(f"{folder} holds {path.name}; checkpoints need a folder of their own.")


def mark_begun(folder: Path) -> None:
    """Delete saved runs, and mark the folder for a fit of any inputs.

    Raises
    ------
    FileError
        If that cannot be written.
    """
    try:
        folder.mkdir(exist_ok=True)
        with write_atomically(folder / MANIFEST) as file:
            file.write(_NOTHING)
        remove_partial_files(folder)
        remove_runs(folder)
    except FileError:
        with suppress(OSError):
            folder.rmdir()
        raise
    except OSError as error:
        raise FileError(f"{folder} cannot be written to: {error.strerror}.") from error


def unmark_begun(folder: Path) -> None:
    """Undo `mark_begun`, if no fit has begun since."""
    with suppress(OSError):
        if (folder / MANIFEST).read_bytes() == _NOTHING:
            remove_checkpoints(folder)


def remove_checkpoints(folder: str | os.PathLike[str]) -> None:
    """Delete a saved fit, and the folder if it is then empty."""
    place = Path(folder)
    if not place.is_dir():
        return
    with suppress(OSError):
        (place / MANIFEST).unlink(missing_ok=True)
        remove_partial_files(place)
        remove_runs(place)
        place.rmdir()


def remove_partial_files(folder: Path) -> None:
    """Delete what a crash has left half written."""
    remove_parts(folder, _is_ours)


def remove_runs(folder: Path) -> None:
    """Delete saved runs."""
    for path in list(folder.iterdir()):
        if _RUN.fullmatch(path.name) and not path.is_dir():
            path.unlink(missing_ok=True)


def _is_ours(name: str) -> bool:
    return name == MANIFEST or bool(_RUN.fullmatch(name))
