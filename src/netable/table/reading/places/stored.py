"""Files in other places than this machine's folders: object stores, fsspec's file systems, and the web."""

from __future__ import annotations

import fnmatch
import glob
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

import pyarrow as pa
import pyarrow.fs as fs

from netable.errors import FileError
from netable.system.urls import WEB, scheme_of, shown, without_secrets
from netable.table.reading.places.access import CREDENTIALS, told
from netable.table.reading.places.copies import private_copy, write
from netable.table.reading.places.databases import DRIVERS
from netable.table.reading.places.keys import is_key
from netable.table.reading.places.lakes import DELTA_LOG, DeltaTable
from netable.table.reading.places.web import WebFile

# Query of a root that keeps Arrow from waiting for a place without an answer; others have limits of their own.
_LIMITS = {"gs": "?retry_limit_seconds=15", "gcs": "?retry_limit_seconds=15"}


@dataclass(frozen=True)
class StoredFile:
    """A file in a store that can be read at any place in it; its text is the URL as it may be shown.

    Attributes
    ----------
    system : pyarrow.fs.FileSystem
    path : str
        The place in the system.
    url : str
    """

    system: fs.FileSystem
    path: str
    url: str

    def __str__(self) -> str:
        return shown(self.url)

    @property
    def name(self) -> str:
        """The name of the file."""
        return self.parts[-1]

    @property
    def parts(self) -> tuple[str, ...]:
        """The names of the folders, and of the file."""
        return PurePosixPath(self.path).parts

    @property
    def state(self) -> tuple[int, int | None]:
        """Bytes, and the time of the last change in nanoseconds if the store knows it."""
        with told(self.url):
            info = self.system.get_file_info(self.path)
        return info.size or 0, info.mtime_ns

    def open(self) -> pa.NativeFile:
        """The file for reading at any place; `FileError` if it cannot be opened."""
        with told(self.url):
            return self.system.open_input_file(self.path)

    @contextmanager
    def copied(self) -> Iterator[Path]:
        """A private copy on this machine in the block; messages about it name the URL."""
        with private_copy(self.name, str(self)) as copy:
            with told(self.url), self.system.open_input_stream(self.path) as source:
                write(source, copy)
            yield copy


def find_remote(url: str, is_table: Callable[[str], bool]) -> Sequence[StoredFile | WebFile | DeltaTable]:
    """The files of a URL, folder or pattern, ordered by name, or the Delta table of a folder.

    Parameters
    ----------
    is_table : callable
        True for the name of a file that counts as a table of a folder.

    Raises
    ------
    FileError
        If there are none, or the place cannot be read.
    """
    if scheme_of(url) in WEB:
        if glob.has_magic(urlsplit(url).path):
            raise FileError(f"{shown(url)}: the web has no folders to look for a pattern in; name each file.")
        return [WebFile(url)]
    with told(url):
        system, path = open_store(url)
        if glob.has_magic(path):
            paths = [*_matching(system, path)]
        elif (info := system.get_file_info(path)).type == fs.FileType.File:
            paths = [info.path]
        elif system.get_file_info(f"{path}/{DELTA_LOG}").type == fs.FileType.Directory:
            return [DeltaTable(url)]
        else:
            paths = [*_in_folder(system, path, is_table)]
    if not paths:
        raise FileError(f"{shown(url)}: there is no table.")
    scheme = url.partition("://")[0]
    return [StoredFile(system, path, f"{scheme}://{path}") for path in sorted(paths)]


def open_store(url: str) -> tuple[fs.FileSystem, str]:
    """The file system of a URL, by Arrow or else by fsspec, and the path in it.

    Raises
    ------
    FileError
        If neither knows the scheme.
    """
    scheme, _, rest = url.partition("://")
    if scheme.lower() in CREDENTIALS:
        # Only the root is given as a URL: a name may hold characters that have a meaning there, such as a pattern's.
        place, slash, path = rest.partition("/")
        system, root = fs.FileSystem.from_uri(f"{scheme}://{place}/{_LIMITS.get(scheme.lower(), '')}")
        return system, f"{root.rstrip('/')}{slash}{path}".rstrip("/") or "/"
    if scheme.lower() in DRIVERS:
        raise FileError(f"{shown(url)}: a database, not a table. Give it with a query.")
    try:
        from fsspec.core import url_to_fs

        other, path = url_to_fs(url)
    except (ImportError, ValueError) as error:
        raise FileError(
            f"{shown(url)}: cannot be read ({without_secrets(error, url)}). Known are {', '.join(CREDENTIALS)}, https, "
            "and what fsspec and its packages read, if they are installed: pip install fsspec"
        ) from None
    return fs.PyFileSystem(fs.FSSpecHandler(other)), path


def _matching(system: fs.FileSystem, pattern: str) -> Iterator[str]:
    """The files that match a pattern; `*` stands for names, not for folders within folders."""
    names = pattern.split("/")
    first = next(place for place, name in enumerate(names) if glob.has_magic(name))
    folder, names = "/".join(names[:first]) or "/", names[first:]
    # Not level by level: Google's store does not list folders.
    for info in system.get_file_info(fs.FileSelector(folder, recursive=len(names) > 1)):
        inside = PurePosixPath(info.path).relative_to(folder).parts
        fits = len(inside) == len(names) and all(map(fnmatch.fnmatchcase, inside, names))
        if info.type == fs.FileType.File and fits:
            yield info.path


def _in_folder(system: fs.FileSystem, folder: str, is_table: Callable[[str], bool]) -> Iterator[str]:
    """The tables in a folder and in its folders that are named after keys."""
    for info in system.get_file_info(fs.FileSelector(folder, recursive=True)):
        inside = PurePosixPath(info.path).relative_to(folder).parts
        if info.type == fs.FileType.File and is_table(info.base_name) and all(map(is_key, inside[:-1])):
            yield info.path
