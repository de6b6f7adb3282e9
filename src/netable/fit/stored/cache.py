"""Stored rows that outlast the process that stored them: to resume a run, or kept for further runs on the same rows."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from netable.errors import CheckpointError
from netable.train.state_file import read_state, write_state

# What was stored, and for which key; written last, so that rows beside it are complete.
FACTS = "facts"


class Facts(NamedTuple):
    """What is known of stored rows once all have been read.

    Attributes
    ----------
    counts : list of int
        The rows in each file.
    n_rows : int
        The rows of the table, also of sections that nobody learns from.
    extremes : (2, d_num)
        As `Encoded.extremes`.
    known : (sum of cardinalities,), bool
        Levels that all members know, as `InputStatistics.known`.
    sketch, groups : hashes of a `RowSketch`
        Of all rows, and of their groups.
    digest : str
        A hash of all that was stored.
    """

    counts: list[int]
    n_rows: int
    extremes: NDArray[np.float64]
    known: NDArray[np.bool_]
    sketch: NDArray[np.uint64]
    groups: NDArray[np.uint64]
    digest: str


class RowCache:
    """Where rows are stored: in a folder of the run, or kept beside the run for others.

    Parameters
    ----------
    folder : Path
        For the time of a run.
    beside : Path, optional
        The folder in which they are kept, each under a name that tells how they were made.

    Attributes
    ----------
    folder : Path
        Where they are.
    is_kept : bool
        They are not to be removed when the run is over.
    """

    def __init__(self, folder: Path, beside: Path | None = None) -> None:
        self.folder, self._beside, self.is_kept = folder, beside, False

    def find(self, key: str, size: int) -> Facts | None:
        """The facts of rows of this key, each of so many bytes, if they are stored."""
        kept = self._kept(key)
        for folder in filter(None, (kept, self.folder)):
            if facts := _read(folder, key, size):
                self.folder, self.is_kept = folder, folder == kept
                return facts
        return None

    def complete(self, key: str, facts: Facts) -> None:
        """Note that all rows are stored.

        Raises
        ------
        FileError
            If the facts cannot be written.
        """
        plain = {
            name: torch.from_numpy(v) if isinstance(v, np.ndarray) else v
            for name, v in facts._asdict().items()
        }
        write_state(self.folder / FACTS, plain | {"key": key})

    def keep(self, key: str) -> None:
        """Move rows that are to be kept to their place, unless others are there already."""
        kept = self._kept(key)
        if kept and not self.is_kept:
            with suppress(OSError):
                os.rename(self.folder, kept)
                self.folder, self.is_kept = kept, True

    def _kept(self, key: str) -> Path | None:
        return self._beside / f"rows-{key[:16]}" if self._beside else None


def rows_path(folder: Path, section: int) -> Path:
    """The file of a section's rows."""
    return folder / f"{section}.rows"


def remove_stored(folder: Path) -> None:
    """Remove stored rows, if there are any."""
    shutil.rmtree(folder, ignore_errors=True)


def _read(folder: Path, key: str, size: int) -> Facts | None:
    try:
        found = read_state(folder / FACTS)
        if not found or found.pop("key") != key:
            return None
        plain: dict[str, Any] = {name: v.numpy() if isinstance(v, Tensor) else v for name, v in found.items()}
        facts = Facts(**plain)
        sizes = [rows_path(folder, number).stat().st_size for number in range(len(facts.counts))]
    except (CheckpointError, OSError):
        return None
    return facts if sizes == [size * count for count in facts.counts] else None
