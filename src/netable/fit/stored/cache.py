"""Stored rows that outlast the process that stored them: to resume a run, or kept for further runs on the same rows."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import reduce
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from netable.compute.executor import Executor
from netable.errors import CheckpointError
from netable.model.row_sketch import RowSketch
from netable.train.state_file import read_state, state_from_bytes, state_to_bytes, write_state

# What was stored, and for which key; written last, so that rows beside it are complete.
FACTS = "facts"


class Facts(NamedTuple):
    """What is known of stored rows once all have been read.

    Attributes
    ----------
    counts : (processes, sections)
        The rows in each file.
    n_rows : int
        The rows of the table, also of sections that nobody learns from.
    extremes : (2, d_num)
        As `Encoded.extremes`.
    levels : (sum of cardinalities,)
        The rows with each level, of those that all members learn from.
    sketch, groups : hashes of a `RowSketch`
        Of all rows, and of their groups.
    pools : sequence of str
        A hash of each pool of rows, in their order.
    """

    counts: Sequence[Sequence[int]]
    n_rows: int
    extremes: NDArray[np.float64]
    levels: NDArray[np.int64]
    sketch: NDArray[np.uint64]
    groups: NDArray[np.uint64]
    pools: Sequence[str]

    @property
    def digest(self) -> str:
        """A hash of all that was stored."""
        return hashlib.blake2b("".join(self.pools).encode(), digest_size=16).hexdigest()

    def of_all(self, executor: Executor) -> Facts:
        """Those of the rows that all processes have stored; each has to call this."""
        if executor.size == 1:
            return self
        given = executor.exchange(state_to_bytes(_plain(self)))
        parts = [_facts(state_from_bytes(content)) for content in given]
        counts, n_rows, extremes, levels, sketches, groups, pools = zip(*parts, strict=True)
        low, high = np.array(extremes).swapaxes(0, 1)
        return Facts(
            list(chain.from_iterable(counts)),
            sum(n_rows),
            np.stack([np.fmin.reduce(low), np.fmax.reduce(high)]),
            np.sum(levels, axis=0),
            reduce(RowSketch.union, map(RowSketch, sketches)).hashes,
            reduce(RowSketch.union, map(RowSketch, groups)).hashes,
            list(chain.from_iterable(pools)),
        )


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
        This process is not to remove them when the run is over.
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
        write_state(self.folder / FACTS, {"key": key} | _plain(facts))

    def settle(self, key: str, executor: Executor) -> None:
        """Move complete rows that are to be kept to their place; the first process moves and removes."""
        if executor.is_first:
            self._keep(key)
        folder = executor.exchange(os.fsencode(self.folder))[0]
        if not executor.is_first:
            self.folder, self.is_kept = Path(os.fsdecode(folder)), True

    def _keep(self, key: str) -> None:
        """Move rows that are to be kept to their place, unless others are there already."""
        kept = self._kept(key)
        if kept and not self.is_kept:
            with suppress(OSError):
                os.rename(self.folder, kept)
                self.folder, self.is_kept = kept, True

    def _kept(self, key: str) -> Path | None:
        return self._beside / f"rows-{key[:16]}" if self._beside else None


def rows_path(folder: Path, section: int, writer: int) -> Path:
    """The file of a section's rows that a process has written."""
    return folder / f"{section}-{writer}.rows"


def remove_stored(folder: Path) -> None:
    """Remove stored rows, if there are any."""
    shutil.rmtree(folder, ignore_errors=True)


def _plain(facts: Facts) -> dict[str, Any]:
    """Facts as tensors, of numbers that all of them can hold, and plain values."""
    arrays = {name: value for name, value in facts._asdict().items() if isinstance(value, np.ndarray)}
    signed = (value.view(np.int64) if value.dtype == np.uint64 else value for value in arrays.values())
    return facts._asdict() | dict(zip(arrays, map(torch.from_numpy, signed), strict=True))


def _facts(state: Mapping[str, Any]) -> Facts:
    extremes, levels, sketch, groups = (
        state[name].numpy() for name in ("extremes", "levels", "sketch", "groups")
    )
    sketches = sketch.view(np.uint64), groups.view(np.uint64)
    return Facts(state["counts"], state["n_rows"], extremes, levels, *sketches, state["pools"])


def _read(folder: Path, key: str, size: int) -> Facts | None:
    try:
        state = read_state(folder / FACTS)
        if state is None or state["key"] != key:
            return None
        facts = _facts(state)
        sizes = [
            [rows_path(folder, section, writer).stat().st_size for section in range(len(counts))]
            for writer, counts in enumerate(facts.counts)
        ]
    except (CheckpointError, OSError, LookupError, TypeError, AttributeError, ValueError):
        return None
    return facts if sizes == [[size * count for count in counts] for counts in facts.counts] else None
