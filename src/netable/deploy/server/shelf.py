"""The models of a server, loaded from files and read again when a file is replaced."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pyarrow as pa

from netable.deploy.server.questions import Served
from netable.errors import FileError, UserError, memory_errors, silence
from netable.explanation.cells import sample_rows
from netable.explanation.shapley import BACKGROUND_ROWS
from netable.model.file import load
from netable.model.model import Model

ENDING = ".netable"
# Enough of a file's state to notice that it was replaced.
Stamp = tuple[int, int, int]


class Shelf(Mapping[str, Served]):
    """Models by name: that of a file, or those of a folder, each named as its file without `.netable`.

    A model is replaced in one step, so a request has the old or the new one. A file that cannot be read, or is gone,
    leaves the model as it was.

    Parameters
    ----------
    place : path
        A model file, or a folder of them.
    background : path, optional
        A table for contributions.
    say : callable
        Called with a line about each file that was read again.

    Raises
    ------
    UserError
        If there is no model, or one cannot be loaded, or the table does not suit it.
    """

    def __init__(self, place: Path, background: Path | None, say: Callable[[str], None]) -> None:
        self._place, self._background, self._say = place, background, say
        self._stamps: dict[Path, Stamp | None] = {}
        self._served: dict[str, Served] = {}
        self.reloads = self.failures = 0
        for path in self._files():
            self._stamps[path] = _stamp(path)
            self._served[path.stem] = self._loaded(path)
        if not self._served:
            raise FileError(
                f"{place} has no model: no file in it ends with {ENDING}. Name a folder that netable train wrote."
            )

    def __getitem__(self, name: str) -> Served:
        return self._served[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._served)

    def __len__(self) -> int:
        return len(self._served)

    def refresh(self) -> None:
        """Read files that were replaced or are new since they were last looked at."""
        for path in self._files():
            stamp = _stamp(path)
            if stamp is None or stamp == self._stamps.get(path):  # it is gone for now, or as before
                continue
            self._stamps[path] = stamp
            try:
                served = self._loaded(path)
            except UserError as error:
                self.failures += 1
                kept = " The model loaded before is served further." if path.stem in self._served else ""
                self._say(f"{error}{kept}")
                continue
            self._served = self._served | {served.name: served}
            self.reloads += 1
            self._say(f"{path} was read again" if served.version > 1 else f"{path} was added")

    def _files(self) -> list[Path]:
        return sorted(self._place.glob(f"*{ENDING}")) if self._place.is_dir() else [self._place]

    def _loaded(self, path: Path) -> Served:
        with memory_errors():
            model = load(path)
            before = self._served.get(path.stem)
            version = before.version + 1 if before else 1
            return Served(path.stem, model, version, self._rows(model))

    def _rows(self, model: Model) -> pa.Table | None:
        if self._background is None:
            return None
        with silence():  # of what is odd in the table, training has told
            table = model.read(self._background)
            if not table.num_rows:
                raise FileError(f"{self._background} has 0 rows; give contributions some to compare with.")
            rows = table.take(sample_rows(table.num_rows, BACKGROUND_ROWS, seed=0))
            model.encode(rows)
        return rows


def _stamp(path: Path) -> Stamp | None:
    try:
        state = os.stat(path)
    except OSError:
        return None
    return state.st_mtime_ns, state.st_size, state.st_ino
