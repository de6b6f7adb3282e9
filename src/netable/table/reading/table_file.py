"""A file of a table with its options and notes, for all steps of reading it."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from netable.config.reading import ReadOptions
from netable.errors import FileError
from netable.system.notes import Notes


class TableFile(NamedTuple):
    """A file: its name in messages, its options, the notes about it, and what a row of it is called.

    `used` are the columns that matter, as of `netable.table.reading.read.read`; text is read whole all the same.
    """

    source: str
    options: ReadOptions
    notes: Notes
    unit: str = "line"
    used: Collection[str] | None = None

    def error(self, fault: str, *, line: int | None = None) -> FileError:
        """An error that names the file and, if given, the line."""
        place = "" if line is None else f", {self.unit} {line:,}"
        return FileError(f"{self.source}{place}: {fault}")
