"""Files at web addresses: the one module of the package that asks a server for something by itself."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPException, HTTPMessage
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import unquote, urlsplit
from urllib.request import Request, urlopen

import pyarrow as pa

from netable.errors import FileError, UserError
from netable.system.urls import shown, without_secrets
from netable.table.reading.places.copies import write

# Seconds without a byte.
_PATIENCE = 30
_RANGE = re.compile(r"bytes (?P<start>\d+)-\d+/(?P<size>\d+)")


@dataclass(frozen=True)
class _AtAddress:
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


class WebFile(_AtAddress):
    """A file at a web address, to be fetched as a whole."""

    def fetch(self, copy: Path) -> None:
        """Write the file to one on this machine.

        Raises
        ------
        FileError
            If the server does not hand it out, or the disk has no room for it.
        """
        with _told(self), urlopen(self.url, timeout=_PATIENCE) as answer:
            if answer.headers.get_content_type() == "text/html":
                raise FileError(f"{self}: a web page, not a table; it may ask for a login.")
            size = write(answer, copy)
            expected = answer.headers.get("Content-Length")
        if expected and int(expected) != size:
            raise FileError(f"{self}: cut off after {size:,} of {int(expected):,} bytes. Try again.")

    def in_ranges(self) -> RangedFile | None:
        """The same file, to be read at any place in it; None if the server does not offer that."""
        try:
            with urlopen(_request(self.url, 0, 1), timeout=_PATIENCE) as answer:
                size = _RANGE.fullmatch(answer.headers.get("Content-Range", ""))
                version = _version(answer.headers)
                is_part = answer.status == HTTPStatus.PARTIAL_CONTENT
        except (OSError, HTTPException, ValueError):
            return None  # who fetches it is told why
        return RangedFile(self.url, int(size["size"]), version) if is_part and size and version else None


@dataclass(frozen=True)
class RangedFile(_AtAddress):
    """A file of a server that hands out parts of it, of which each is checked to be of the same version.

    Attributes
    ----------
    size : int
        In bytes.
    version : str
        What the server says of it, which changes with the file.
    """

    size: int
    version: str

    def open(self) -> pa.NativeFile:
        """The file for reading at any place."""
        return pa.PythonFile(_Ranges(self), mode="r")

    def part(self, start: int, length: int) -> bytes:
        """Some of its bytes.

        Raises
        ------
        FileError
            If the server does not hand them out, or has another version by now.
        """
        with _told(self), urlopen(_request(self.url, start, length), timeout=_PATIENCE) as answer:
            if answer.status != HTTPStatus.PARTIAL_CONTENT or _version(answer.headers) != self.version:
                raise FileError(
                    f"{self}: has changed while it was read. Start again when nothing writes to it."
                )
            part: bytes = answer.read(length)
            place = _RANGE.fullmatch(answer.headers.get("Content-Range", ""))
        if not place or int(place["start"]) != start:
            raise FileError(
                f"{self}: the server sent another part than it was asked for. Download the file first."
            )
        if len(part) != length:
            raise FileError(f"{self}: cut off after {len(part):,} of {length:,} bytes. Try again.")
        return part


class _Ranges(io.RawIOBase):
    """A file of the web as Arrow reads files of Python."""

    def __init__(self, file: RangedFile) -> None:
        self._file, self._place = file, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._place

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self._file.size}[whence]
        self._place = max(0, start + offset)
        return self._place

    def read(self, size: int | None = -1) -> bytes:
        left = max(0, self._file.size - self._place)
        length = left if size is None or size < 0 else min(size, left)
        part = self._file.part(self._place, length) if length else b""
        self._place += length
        return part


def _request(url: str, start: int, length: int) -> Request:
    return Request(url, headers={"Range": f"bytes={start}-{start + length - 1}"})


def _version(headers: HTTPMessage) -> str:
    """What the server says of the version of a file; "" of one that is packed on its way, and has no places."""
    if headers.get("Content-Encoding", "identity") != "identity":
        return ""
    return headers.get("ETag") or headers.get("Last-Modified") or ""


@contextmanager
def _told(file: _AtAddress) -> Iterator[None]:
    """Turn errors of the network in the block into one line that names the file."""
    try:
        yield
    except UserError:
        raise
    except HTTPError as error:
        raise FileError(f"{file}: the server answers {error.code} ({error.reason}).") from None
    except (OSError, HTTPException, ValueError) as error:
        reason = without_secrets(getattr(error, "reason", error), file.url)
        raise FileError(f"{file}: cannot be read from the network ({reason:.200}).") from None
