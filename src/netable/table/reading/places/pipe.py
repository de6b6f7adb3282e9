"""Tables that come through standard input or a named pipe."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from netable.errors import DataError, FileError
from netable.table.reading.places.copies import write

STANDARD_INPUT = "-"


def is_pipe(path: str) -> bool:
    """True for `-`, which is standard input, and for pipes such as those of a shell's `<(…)`."""
    return path == STANDARD_INPUT or Path(path).is_fifo()


@dataclass(frozen=True)
class Pipe:
    """A pipe, which can be read once; its text is what messages call it.

    Attributes
    ----------
    path : str
        `-` for standard input.
    """

    path: str
    parts = ()

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """What the pipe is called."""
        return "standard input" if self.path == STANDARD_INPUT else "pipe"

    def fetch(self, copy: Path) -> None:
        """Write all that comes to a file.

        Raises
        ------
        FileError
            If standard input is the keyboard, or the disk has no room for it.
        DataError
            If nothing comes.
        """
        is_standard = self.path == STANDARD_INPUT
        if is_standard and sys.stdin.isatty():
            raise FileError(
                "Standard input is the keyboard, not a table. Give a table after <, or a path in place of -."
            )
        with nullcontext(sys.stdin.buffer) if is_standard else open(self.path, "rb") as source:
            if not write(source, copy):
                raise DataError(f"The {self.name} is empty; there is no table in it.")
