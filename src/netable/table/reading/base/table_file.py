"""A file of a table with its options and notes, for all steps of reading it."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from netable.config.reading import ReadOptions
from netable.errors import FileError
from netable.system.notes import Notes


class TableFile(NamedTuple):
    """A file: its name in messages, its options, the notes about it, and what a row of it is called.

    Attributes
    ----------
    used : collection of str, optional
        The columns that matter, as of `netable.table.reading.read.read`; text is read whole all the same.
    lines_above : int
        Lines of the file above the text, of which a part is read.
    each_text_once : bool
        Columns of texts are read as dictionaries, if the format has them.
    """

    source: str
    options: ReadOptions
    notes: Notes
    unit: str = "line"
    used: Collection[str] | None = None
    lines_above: int = 0
    each_text_once: bool = False

    def error(self, fault: str, *, line: int | None = None) -> FileError:
        """An error that names the file and, if given, the line."""
        place = "" if line is None else f", {self.unit} {line:,}"
        return FileError(f"{self.source}{place}: {fault}")
