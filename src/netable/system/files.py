"""Files that are written whole or not at all."""

from __future__ import annotations

import errno
import os
import re
import secrets
import shutil
import stat
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, NoReturn

from netable.errors import FileError

# Errors of file systems that cannot flush a folder; any other error is raised.
_NO_FLUSH = (errno.EINVAL, errno.ENOTSUP, errno.EACCES, errno.EPERM, errno.EBADF)
# Temporary names, which a crash can leave behind.
_PART = re.compile(r"\.(.+)\.[0-9a-f]{8}\.part")
_NEW, _OLD = "new", "old"


@contextmanager
def write_atomically(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """Open a temporary file that replaces `path`, flushed to disk, if the block succeeds, and is removed otherwise.

    Raises
    ------
    FileError
        If the file cannot be written, or `path` is not replaceable (see `check_replaceable`).
    """
    target = Path(path)
    check_replaceable(target)
    part = _part_of(target)
    try:
        # 0o666 less the umask, as any new file; a temporary file of the standard library would stay private.
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        try:
            with os.fdopen(descriptor, "wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            os.replace(part, target)
        finally:
            with suppress(OSError):  # the first error counts
                os.unlink(part)
    except FileError:
        raise
    except OSError as error:
        _refuse(target, error)
    _flush_folder(target)


@contextmanager
def write_together(folder: Path, names: Collection[str]) -> Iterator[Path]:
    """Make a temporary folder whose files replace all files of these names in `folder` if the block succeeds.

    Files of these names that the block did not write are removed, so that old and new ones never lie side by side. If
    anything fails, the old files stay as they were.

    Raises
    ------
    FileError
        If something cannot be written.
    """
    with _temporary(folder / _NEW, folder) as new:
        yield new
        _exchange(new, folder, names)
    _flush_folder(folder / _NEW)


@contextmanager
def write_folder(path: str | os.PathLike[str], names: Collection[str]) -> Iterator[Path]:
    """Make a temporary folder that becomes `path` if the block succeeds; of an existing folder only these files change.

    Raises
    ------
    FileError
        If something cannot be written, or `path` is something else than a folder.
    """
    folder = Path(path)
    check_folder(folder)
    if folder.is_dir():
        with write_together(folder, names) as new:
            yield new
        return
    with _temporary(folder, folder) as new:
        yield new
        os.rename(new, folder)
    _flush_folder(folder)


@contextmanager
def making_folders(folder: Path) -> Iterator[None]:
    """Make a folder and those that it lies in; of these, remove the new ones that are empty after the block.

    Raises
    ------
    FileError
        If one cannot be made.
    """
    made = [place for place in (folder, *folder.parents) if not place.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FileError(f"{folder} cannot be made: {error.strerror}.") from error
    try:
        yield
    finally:
        with suppress(OSError):
            for place in made:
                place.rmdir()


@contextmanager
def _temporary(target: Path, folder: Path) -> Iterator[Path]:
    """Make a temporary folder beside `target`, gone at the end; errors name the folder that it is for."""
    new = _part_of(target)
    try:
        new.mkdir()
        try:
            yield new
        finally:
            shutil.rmtree(new, ignore_errors=True)
    except FileError as error:
        raise FileError(str(error).replace(str(new), str(folder))) from error
    except OSError as error:
        _refuse(folder, error)


def remove_parts(folder: Path, is_ours: Callable[[str], bool]) -> None:
    """Remove temporary files and folders that a crash left behind, if the names they were to take are ours."""
    for path in list(folder.iterdir()):
        part = _PART.fullmatch(path.name)
        if not part or path.is_symlink():
            continue
        if part[1] in (_NEW, _OLD) and path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        elif is_ours(part[1]) and path.is_file():
            path.unlink(missing_ok=True)


def _exchange(new: Path, folder: Path, names: Collection[str]) -> None:
    """Move the files of a new folder to their places; if that fails, put the old files back."""
    old = _part_of(folder / _OLD)
    written = sorted(file.name for file in new.iterdir())
    before = [name for name in sorted({*names, *written}) if os.path.lexists(folder / name)]
    old.mkdir()
    try:
        for name in before:
            os.replace(folder / name, old / name)
        for name in written:
            os.replace(new / name, folder / name)
    except BaseException:
        for name in set(written).difference(before):
            (folder / name).unlink(missing_ok=True)
        for name in os.listdir(old):
            os.replace(old / name, folder / name)
        old.rmdir()
        raise
    shutil.rmtree(old, ignore_errors=True)


def check_replaceable(path: str | os.PathLike[str]) -> None:
    """Raise `FileError` if the path exists and is no regular file: renaming would destroy a link, device or pipe."""
    try:
        mode = os.lstat(path).st_mode
    except FileNotFoundError:
        return
    except (OSError, ValueError) as error:  # a name with a NUL in it is a ValueError
        _refuse(path, error)
    if stat.S_ISDIR(mode):
        _refuse(path, IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR)))
    if stat.S_ISLNK(mode):
        raise FileError(f"{path} is a symbolic link, which is neither followed nor replaced; name a file.")
    if not stat.S_ISREG(mode):
        raise FileError(f"{path} is a device or a pipe; name a file.")


def check_folder(path: str | os.PathLike[str]) -> None:
    """Raise `FileError` if the path exists and is no folder, or a link to one."""
    if os.path.lexists(path) and (os.path.islink(path) or not os.path.isdir(path)):
        raise FileError(f"{path} is not a folder; name a folder, or a place where there is none.")


def _part_of(target: Path) -> Path:
    """A hidden, unused name beside the target."""
    return target.with_name(f".{target.name[:40]}.{secrets.token_hex(4)}.part")


def _refuse(path: str | os.PathLike[str], error: OSError | ValueError) -> NoReturn:
    reason = getattr(error, "strerror", None) or error
    raise FileError(f"{path} cannot be written: {reason}.") from error


def _flush_folder(target: Path) -> None:
    # Otherwise a crash after the rename can bring the old file back.
    try:
        descriptor = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        if error.errno not in _NO_FLUSH:
            raise FileError(
                f"{target} was written, but may be gone after a crash of the machine: its folder cannot be flushed "
                f"({error.strerror or error})."
            ) from error
