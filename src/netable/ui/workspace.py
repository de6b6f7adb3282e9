"""A folder of runs, and in it a private one with the tables that were given to the page."""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO

from netable.errors import FileError
from netable.system.files import write_atomically

PRIVATE = ".netable-ui"
_LETTERS = 100
# Slashes, what patterns of files are made of, and what misleads.
_UNSAFE = re.compile(r"[^\w.,() +-]")


@dataclass(frozen=True)
class Record:
    """How a run was started here.

    Attributes
    ----------
    table : str
        The key of its table.
    arguments : tuple of str
        Of the command, without its name.
    """

    table: str
    arguments: tuple[str, ...]


class Uploads:
    """Files that a browser has sent, each in a private folder; they are looked up by their keys.

    Parameters
    ----------
    folder : Path
        Made if missing.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(mode=0o700, exist_ok=True)

    def all(self) -> dict[str, Path]:
        """Each file by its key, the newest first."""
        found = [
            (file.stat().st_mtime_ns, folder.name, file)
            for folder in self._folder.iterdir()
            for file in folder.iterdir()
            if not file.name.startswith(".")
        ]
        return {key: file for _, key, file in sorted(found, reverse=True)}

    @contextmanager
    def new(self, name: str) -> Iterator[tuple[str, BinaryIO]]:
        """The key of a new file, and the file, which is kept if the block succeeds."""
        key = secrets.token_hex(8)
        folder = self._folder / key
        folder.mkdir(mode=0o700)
        try:
            with write_atomically(folder / safe_name(name)) as file:
                yield key, file
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise

    def remove(self, key: str) -> None:
        """Delete a file and what was made of it."""
        if key in self.all():
            shutil.rmtree(self._folder / key, ignore_errors=True)

    def keep_newest(self, count: int) -> None:
        """Delete all but the newest."""
        for key in list(self.all())[count:]:
            self.remove(key)


class Workspace:
    """Places of runs, tables and records; names are looked up among those that exist, never made paths of.

    Parameters
    ----------
    runs : Path
        The folder of runs, made if missing.

    Attributes
    ----------
    tables, rows : Uploads
        Tables to train on, and rows to predict.

    Raises
    ------
    FileError
        If the folders cannot be made.
    """

    def __init__(self, runs: Path) -> None:
        self.runs = runs
        private = runs / PRIVATE
        self._records = private / "runs"
        try:
            runs.mkdir(parents=True, exist_ok=True)
            for place in (private, self._records):
                place.mkdir(mode=0o700, exist_ok=True)
            self.tables, self.rows = Uploads(private / "tables"), Uploads(private / "rows")
        except OSError as error:
            raise FileError(f"{runs} cannot be used for runs: {error.strerror or error}.") from error

    def write_record(self, run: str, record: Record) -> None:
        """Keep how a run was started."""
        with write_atomically(self._records / f"{run}.json") as file:
            file.write(json.dumps(asdict(record)).encode())

    def records(self) -> dict[str, Record]:
        """How runs were started, by the name of the run."""
        found = {}
        for path in sorted(self._records.glob("*.json")):
            with suppress(OSError, ValueError, TypeError, KeyError):
                found[path.stem] = _record(json.loads(path.read_bytes()))
        return found

    def log(self, run: str) -> Path:
        """The place of what a run has said."""
        return self._records / f"{run}.log"

    def forget(self, run: str) -> None:
        """Delete the record of a run, and its table if no other run has it."""
        records = self.records()
        for path in (self._records / f"{run}.json", self.log(run)):
            path.unlink(missing_ok=True)
        record = records.pop(run, None)
        if record and all(other.table != record.table for other in records.values()):
            self.tables.remove(record.table)


def _record(plain: dict[str, Any]) -> Record:
    return Record(str(plain["table"]), tuple(map(str, plain["arguments"])))


def safe_name(name: str) -> str:
    """The name of a file without folders, and without letters that paths, patterns or terminals take for more.

    >>> safe_name("../../etc/pass*wd.csv"), safe_name("C:\\\\집값 2.xlsx"), safe_name("")
    ('pass_wd.csv', '집값 2.xlsx', 'table')
    """
    last = re.split(r"[/\\]", name)[-1]
    plain = _UNSAFE.sub("_", last).strip(" .-")
    while len(os.fsencode(plain)) > _LETTERS:
        stem, dot, ending = plain.rpartition(".")
        plain = f"{(stem or ending)[:-1]}{dot}{ending if stem else ''}"
    return plain or "table"


def without_folder(text: str, file: Path) -> str:
    """A message that names a file without its folder, which the page has chosen.

    >>> without_folder("runs/.netable-ui/tables/3f/new.csv has no rows.", Path("runs/.netable-ui/tables/3f/new.csv"))
    'new.csv has no rows.'
    """
    return text.replace(str(file), file.name)
