"""Files in other places than this machine's folders: object stores, fsspec's file systems, and the web."""

from __future__ import annotations

import fnmatch
import glob
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.error import HTTPError
from urllib.parse import unquote, urlsplit
from urllib.request import urlopen

import pyarrow as pa
import pyarrow.fs as fs

from netable.errors import FileError, UserError
from netable.system.urls import WEB, scheme_of, shown, without_secrets
from netable.table.reading.access import CREDENTIALS, told
from netable.table.reading.keys import is_key
from netable.table.reading.lakes import DELTA_LOG, DeltaTable

# Query of a root that keeps Arrow from waiting for a place without an answer; others have limits of their own.
_LIMITS = {"gs": "?retry_limit_seconds=30", "gcs": "?retry_limit_seconds=30"}
STORES = ("file", *CREDENTIALS)
_ODD_IN_NAMES = re.compile(r"[^\w.+ ()-]")
_LONGEST_NAME = 100
# Seconds without a byte.
_PATIENCE = 30
_CHUNK = 1 << 20
# The share of a full disk's room that a copy may take.
_ROOM = 0.9


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

    def open(self) -> pa.NativeFile:
        """The file for reading at any place; `FileError` if it cannot be opened."""
        with told(self.url):
            return self.system.open_input_file(self.path)

    @contextmanager
    def copied(self) -> Iterator[Path]:
        """A private copy on this machine in the block; messages about it name the URL."""
        with _private_copy(self.name, str(self)) as copy:
            with told(self.url), self.system.open_input_stream(self.path) as source:
                _write(source, copy)
            yield copy


@dataclass(frozen=True)
class WebFile:
    """A file at a web address; its text is the URL as it may be shown."""

    url: str

    def __str__(self) -> str:
        return shown(self.url)

    @property
    def name(self) -> str:
        """The name of the file, `table` if the address has none."""
        return self.parts[-1] if self.parts else "table"

    @property
    def parts(self) -> tuple[str, ...]:
        """The names in the path."""
        return tuple(unquote(part) for part in urlsplit(self.url).path.split("/") if part)

    @contextmanager
    def copied(self) -> Iterator[Path]:
        """A private copy on this machine in the block; messages about it name the URL."""
        with _private_copy(self.name, str(self)) as copy:
            self._download(copy)
            yield copy

    def _download(self, copy: Path) -> None:
        try:
            with urlopen(self.url, timeout=_PATIENCE) as answer:
                if answer.headers.get_content_type() == "text/html":
                    raise FileError(f"{self}: a web page, not a table; it may ask for a login.")
                size = _write(answer, copy)
                expected = answer.headers.get("Content-Length")
        except HTTPError as error:
            raise FileError(f"{self}: the server answers {error.code} ({error.reason}).") from None
        except UserError:
            raise
        except (OSError, HTTPException, ValueError) as error:
            reason = without_secrets(getattr(error, "reason", error), self.url)
            raise FileError(f"{self}: cannot be read from the network ({reason:.200}).") from None
        if expected and int(expected) != size:
            raise FileError(f"{self}: cut off after {size:,} of {int(expected):,} bytes. Try again.")


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
    if scheme.lower() in STORES:
        # Only the root is given as a URL: a name may hold characters that have a meaning there, such as a pattern's.
        place, slash, path = rest.partition("/")
        system, root = fs.FileSystem.from_uri(f"{scheme}://{place}/{_LIMITS.get(scheme.lower(), '')}")
        return system, f"{root.rstrip('/')}{slash}{path}".rstrip("/") or "/"
    try:
        from fsspec.core import url_to_fs

        other, path = url_to_fs(url)
    except (ImportError, ValueError) as error:
        raise FileError(
            f"{shown(url)}: cannot be read ({without_secrets(error, url)}). Known are {', '.join(STORES[1:])}, https, "
            "and what fsspec and its packages read, if they are installed: pip install fsspec"
        ) from None
    return fs.PyFileSystem(fs.FSSpecHandler(other)), path


def _matching(system: fs.FileSystem, pattern: str) -> Iterator[str]:
    """The files that match a pattern, level by level; `*` stands for names, not for folders within folders."""
    names = pattern.split("/")
    first = next(place for place, name in enumerate(names) if glob.has_magic(name))
    folders = ["/".join(names[:first]) or "/"]
    for name, is_last in (
        (name, place == len(names) - 1) for place, name in enumerate(names) if place >= first
    ):
        wanted = fs.FileType.File if is_last else fs.FileType.Directory
        folders = [
            info.path
            for folder in folders
            for info in system.get_file_info(fs.FileSelector(folder))
            if info.type == wanted and fnmatch.fnmatchcase(info.base_name, name)
        ]
    yield from folders


def _in_folder(system: fs.FileSystem, folder: str, is_table: Callable[[str], bool]) -> Iterator[str]:
    """The tables in a folder and in its folders that are named after keys."""
    for info in system.get_file_info(fs.FileSelector(folder, recursive=True)):
        inside = PurePosixPath(info.path).relative_to(folder).parts
        if info.type == fs.FileType.File and is_table(info.base_name) and all(map(is_key, inside[:-1])):
            yield info.path


@contextmanager
def _private_copy(name: str, source: str) -> Iterator[Path]:
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


def _write(source: Any, copy: Path) -> int:
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
