"""Files at web addresses: the one module of the package that asks a server for something by itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import unquote, urlsplit
from urllib.request import urlopen

from netable.errors import FileError, UserError
from netable.system.urls import shown, without_secrets
from netable.table.reading.places.copies import private_copy, write

# Seconds without a byte.
_PATIENCE = 30


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
        with private_copy(self.name, str(self)) as copy:
            self._download(copy)
            yield copy

    def _download(self, copy: Path) -> None:
        try:
            with urlopen(self.url, timeout=_PATIENCE) as answer:
                if answer.headers.get_content_type() == "text/html":
                    raise FileError(f"{self}: a web page, not a table; it may ask for a login.")
                size = write(answer, copy)
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
