"""The models of a server, loaded from files and read again when a file is replaced."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from pkgutil import resolve_name

from netable.deploy.server.questions import Served
from netable.errors import ConfigError, FileError, UserError, memory_errors

ENDING = ".netable"
# What loads a file of a model, and one of an export, as "module:name": the latter does without torch.
LOAD, EXPORT_ENDING, LOAD_EXPORT = "netable.model.file:load", ".onnx", "netable.deploy.onnx.exported:load"
# What explains predictions; it loads torch, too.
EXPLAIN = "netable.deploy.server.explaining:Explainer"
# Enough of a file's state to notice that it was replaced.
Stamp = tuple[int, int, int]


class Shelf(Mapping[str, Served]):
    """Models by name: that of a file, or those of a folder, each named as its file without the ending.

    A model is replaced in one step, so a request has the old or the new one. A file that cannot be read, or is gone,
    leaves the model as it was.

    Parameters
    ----------
    place : path
        A model file, an exported ONNX file, or a folder of model files.
    background : path, optional
        A table for contributions.
    say : callable
        Called with a line about each file that was read again.

    Raises
    ------
    UserError
        If there is no model, or one cannot be loaded, or the table does not suit it, or an export is to be explained.
    """

    def __init__(self, place: Path, background: Path | None, say: Callable[[str], None]) -> None:
        if background is not None and place.suffix == EXPORT_ENDING:
            raise ConfigError(
                f"{place} is an exported model, which has no contributions. Leave the background out, or serve the "
                "model file itself."
            )
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
            before = self._served.get(path.stem)
            version = before.version + 1 if before else 1
            if path.suffix == EXPORT_ENDING:
                return Served(path.stem, resolve_name(LOAD_EXPORT)(path), version)
            model = resolve_name(LOAD)(path)
            explain = None if self._background is None else resolve_name(EXPLAIN)(model, self._background)
            return Served(path.stem, model, version, explain)


def _stamp(path: Path) -> Stamp | None:
    try:
        state = os.stat(path)
    except OSError:
        return None
    return state.st_mtime_ns, state.st_size, state.st_ino
