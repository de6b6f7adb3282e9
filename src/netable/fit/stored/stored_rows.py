"""Encoded rows in files, in random order, for the steps of training."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from netable.compute.executor import ALONE, Executor
from netable.errors import FileError, in_gigabytes
from netable.fit.stored.cache import Facts, RowCache, remove_stored, rows_path
from netable.model.row_sketch import RowSketch
from netable.nn.codes import least_rows
from netable.table.encode import Encoder
from netable.table.target import Target
from netable.train.stored import Records, RowFile

# Bytes of neighbouring rows that are written in random order.
POOL = 1 << 26
# Rows that are copied at once when they are written.
WRITTEN = 1 << 14


@dataclass(frozen=True)
class StoredRows:
    """All rows of a table in files: one for each section of `Sections`, of each process that has written.

    Attributes
    ----------
    files : list of RowFile
        Section by section, in the order of the processes, which is that of the rows.
    learners : list of tuples of int
        The members that learn from each of them.
    n_rows : int
        Rows of the table.
    encoder : Encoder
        With the ranges of all rows.
    known : (sum of cardinalities,), bool
        Levels that all members know, as `InputStatistics.known`.
    sketch, groups : RowSketch
        Of all rows, and of their groups.
    digest : str
        A hash of all that was written.
    is_kept : bool
        The files are not to be removed.
    """

    files: list[RowFile]
    learners: list[tuple[int, ...]]
    n_rows: int
    encoder: Encoder
    known: Tensor
    sketch: RowSketch
    groups: RowSketch
    digest: str
    is_kept: bool

    @classmethod
    def of(
        cls,
        cache: RowCache,
        facts: Facts,
        encoder: Encoder,
        dtype: np.dtype[Any],
        learners: list[tuple[int, ...]],
    ) -> StoredRows:
        """The rows in a cache."""
        writers = range(len(facts.counts))
        files = [
            RowFile(rows_path(cache.folder, section, writer), dtype)
            for section in range(len(learners))
            for writer in writers
        ]
        learners = [members for members in learners for _ in writers]
        sketches = RowSketch(facts.sketch), RowSketch(facts.groups)
        fewest = np.repeat([*map(least_rows, encoder.cardinalities)], encoder.cardinalities)
        known = torch.from_numpy(facts.levels >= fewest)
        encoder = encoder.widened(facts.extremes)
        return cls(files, learners, facts.n_rows, encoder, known, *sketches, facts.digest, cache.is_kept)

    def of_member(self, member: int) -> list[RowFile]:
        """The files that a member learns from."""
        return [file for file, own in zip(self.files, self.learners, strict=True) if member in own]

    def close(self) -> None:
        """Close the files, and remove them unless they are kept."""
        for file in self.files:
            file.close()
        if not self.is_kept:
            remove_stored(self.files[0].path.parent)


def record_type(encoder: Encoder, target: Target) -> np.dtype[Any]:
    """The type of a stored row: its numbers, codes, target, training weight and part (see `MemberRows.parts`)."""
    y = ("y", np.float64, (target.d_out,)) if target.task == "regression" else ("y", np.int64)
    numbers, codes = ("numbers", np.float32, (encoder.d_num,)), ("codes", np.int32, (encoder.d_cat,))
    return np.dtype([numbers, codes, y, ("weight", np.float32), ("part", np.int32)])


def rows_of_pool(dtype: np.dtype[Any]) -> int:
    """The neighbouring rows of a table that are written in random order."""
    return max(1, POOL // dtype.itemsize)


class RowWriter:
    """Writes rows into a file for each section, those of a pool in random order.

    The rows of a pool are those between multiples of `rows_of_pool`, so neither the pieces in which they come nor the
    processes that write them change their order.

    A `with` block makes the folder, which only its owner can read, and removes it if the block fails.

    Attributes
    ----------
    counts : list of int
        The rows of each section.

    Raises
    ------
    FileError
        If there is no room for so many rows, or a file cannot be written.
    """

    def __init__(
        self,
        folder: Path,
        dtype: np.dtype[Any],
        sections: list[bool],
        n_rows: int,
        seed: int,
        executor: Executor = ALONE,
    ) -> None:
        self._folder, self._dtype, self._seed, self._executor = folder, dtype, seed, executor
        self._waiting: list[list[Records]] = [[] for _ in sections]
        self._is_needed = sections
        self._pool = 0
        self._digests: list[str] = []
        self._files: list[BinaryIO] = []
        self._size = n_rows * dtype.itemsize
        self.counts = [0] * len(sections)

    def __enter__(self) -> RowWriter:
        try:
            if self._executor.is_first:
                self._make_folder()
            self._executor.exchange()  # the folder is there
            self._files = [
                rows_path(self._folder, section, self._executor.rank).open("wb")
                for section in range(len(self._waiting))
            ]
        except OSError as error:
            self.__exit__(type(error), error)
            raise self._refusal(error) from error
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        for file in self._files:
            file.close()
        if kind and self._executor.is_first:  # others may still write to it
            remove_stored(self._folder)

    def add(self, records: Mapping[int, Records], pool: int) -> None:
        """The next rows of each section, all of one pool."""
        if pool != self._pool:
            self._write()
            self._pool = pool
        for section, rows in records.items():
            if self._is_needed[section]:
                self._waiting[section].append(rows)

    def finish(self) -> list[str]:
        """Write what is left, to the disk itself; a hash of each pool."""
        self._write()
        try:
            for file in self._files:
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise self._refusal(error) from error
        return self._digests

    def _make_folder(self) -> None:
        remove_stored(self._folder)
        self._folder.mkdir(mode=0o700)
        free = shutil.disk_usage(self._folder).free
        if free < self._size:
            raise FileError(
                f"{self._folder}: {in_gigabytes(self._size)} are needed for the encoded rows, and "
                f"{in_gigabytes(free)} are free. Make room, or name a run folder elsewhere with -o."
            )

    def _write(self) -> None:
        if not any(self._waiting):
            return
        digest = hashlib.blake2b(digest_size=16)
        for section, waiting in enumerate(self._waiting):
            if not waiting:
                continue
            rows = np.concatenate(waiting)
            waiting.clear()
            self.counts[section] += len(rows)
            order = np.random.default_rng([self._seed, section, self._pool]).permutation(len(rows))
            for start in range(0, len(rows), WRITTEN):
                shuffled = rows[order[start : start + WRITTEN]].view(np.uint8).data
                digest.update(shuffled)
                try:
                    self._put(section, shuffled)
                except OSError as error:
                    raise self._refusal(error) from error
        self._digests.append(digest.hexdigest())

    def _put(self, section: int, data: memoryview) -> None:
        self._files[section].write(data)

    def _refusal(self, error: OSError) -> FileError:
        if isinstance(error, FileError):
            return error
        reason = error.strerror or os.strerror(error.errno or 0)
        return FileError(f"{self._folder}: the encoded rows cannot be written ({reason}).")


def level_counts(encoder: Encoder, codes: NDArray[np.int32]) -> NDArray[np.int64]:
    """The rows with each code of each category: (sum of cardinalities,); 0 for those of texts."""
    counts = []
    for name, cardinality in zip(encoder.category_names, encoder.cardinalities, strict=True):
        place = encoder.spans[name][1]
        column = codes[:, place.start] if encoder.widths[name] == 1 else codes[:0, place.start]
        counts.append(np.bincount(column, minlength=cardinality))
    return np.concatenate([np.empty(0, np.int64), *counts])


def unpacked(records: Records, device: torch.device) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    """Numbers, codes, targets, weights and parts of stored rows, as tensors."""
    fields = (np.ascontiguousarray(records[name]) for name in records.dtype.names or ())
    numbers, codes, y, weight, part = (torch.from_numpy(field).to(device) for field in fields)
    return numbers, codes, y, weight, part
