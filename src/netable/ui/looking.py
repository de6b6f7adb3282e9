"""Looks at tables, kept as long as the page needs them."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace
from pathlib import Path
from threading import Lock

from netable.errors import DataError, UserError
from netable.first_look import Look, look
from netable.ui.choices import Choices
from netable.ui.workspace import without_folder

_KEPT = 16


class Looks:
    """The last looks at tables."""

    def __init__(self) -> None:
        self._lock = Lock()  # a look takes a second: the same one is not taken twice at once
        self._looks: OrderedDict[tuple[Path, str], Look] = OrderedDict()

    def at(self, table: Path, choices: Choices) -> Look:
        """The look at a table with some choices.

        Raises
        ------
        DataError
            If the table cannot be read, or the choices do not suit it.
        """
        settings = choices.settings()
        key = table, repr(settings)
        with self._lock:
            if key not in self._looks:
                target = settings.pop("target", None)
                self._looks[key] = _look(table, target, settings)
                while len(self._looks) > _KEPT:
                    self._looks.popitem(last=False)
            self._looks.move_to_end(key)
            return self._looks[key]


def _look(table: Path, target: str | None, settings: dict[str, object]) -> Look:
    try:
        seen = look(str(table), target, settings=settings)
    except UserError as error:
        raise DataError(without_folder(str(error), table)) from error
    notes = tuple(without_folder(note, table) for note in seen.notes)
    return replace(seen, source=table.name, notes=notes)
