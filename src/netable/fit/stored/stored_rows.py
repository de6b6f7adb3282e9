"""Encoded rows in files, in random order, for the steps of training."""

from __future__ import annotations

import hashlib
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from netable.compute.executor import ALONE, Executor
from netable.errors import FileError, in_gigabytes
from netable.model.row_sketch import RowSketch
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
    is_ours : bool
        This process removes the files.
    """

    files: list[RowFile]
    learners: list[tuple[int, ...]]
    n_rows: int
    encoder: Encoder
    known: Tensor
    sketch: RowSketch
    groups: RowSketch
    digest: str
    is_ours: bool = True

    def of_member(self, member: int) -> list[RowFile]:
        """The files that a member learns from."""
        return [file for file, own in zip(self.files, self.learners, strict=True) if member in own]

    def close(self) -> None:
        """Close the files, and remove them in one of the processes."""
        for file in self.files:
            file.close()
        if self.is_ours:
            remove_stored(self.files[0].path.parent)


def record_type(encoder: Encoder, target: Target) -> np.dtype[Any]:
    """The type of a stored row: its numbers, codes, target, training weight and part (see `MemberRows.parts`)."""
    y = ("y", np.float64, (target.d_out,)) if target.task == "regression" else ("y", np.int64)
    numbers, codes = ("numbers", np.float32, (encoder.d_num,)), ("codes", np.int32, (encoder.d_cat,))
    return np.dtype([numbers, codes, y, ("weight", np.float32), ("part", np.int32)])


def rows_of_pool(dtype: np.dtype[Any]) -> int:
    """The neighbouring rows that are written in random order."""
    return max(1, POOL // dtype.itemsize)


class RowWriter:
    """Writes rows into a file for each section, those near each other in random order.

    Rows are shuffled in pools, which their numbers in the table alone decide: not the pieces in which they come, nor
    the number of processes that write.

    A `with` block makes the folder, which only its owner can read, and removes it if the block fails.

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
        self._files: list[BinaryIO] = []
        self._size = n_rows * dtype.itemsize
        self._rows_of_pool, self._pool = rows_of_pool(dtype), 0
        self._digests: list[str] = []

    def __enter__(self) -> RowWriter:
        try:
            if self._executor.is_first:
                self._make_folder()
            self._executor.exchange()
            self._files = [self._path(section).open("wb") for section in range(len(self._waiting))]
        except OSError as error:
            self.__exit__(type(error), error)
            raise self._refusal(error) from error
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        for file in self._files:
            file.close()
        if kind and self._executor.is_first:  # others may still write to it
            remove_stored(self._folder)

    def add(self, records: Records, sections: NDArray[np.int64], numbers: NDArray[np.int64]) -> None:
        """The next rows, with the section and the number of each."""
        pools = numbers // self._rows_of_pool
        for pool in np.unique(pools):
            if pool != self._pool:
                self._write()
                self._pool = int(pool)
            for section in np.unique(sections[pools == pool]):
                if self._is_needed[section]:
                    self._waiting[section].append(records[(pools == pool) & (sections == section)])

    def finish(self) -> list[str]:
        """Write what is left, and close the files; a hash of each pool."""
        self._write()
        try:
            for file in self._files:
                file.close()
        except OSError as error:
            raise self._refusal(error) from error
        return self._digests

    def files(self) -> list[list[RowFile]]:
        """The files of each section that all processes have written, empty ones too."""
        return [
            [RowFile(self._path(section, rank), self._dtype) for rank in range(self._executor.size)]
            for section in range(len(self._files))
        ]

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
            order = np.random.default_rng([self._seed, section, self._pool]).permutation(len(rows))
            for start in range(0, len(rows), WRITTEN):
                shuffled = rows[order[start : start + WRITTEN]].tobytes()
                digest.update(shuffled)
                try:
                    self._put(section, shuffled)
                except OSError as error:
                    raise self._refusal(error) from error
        self._digests.append(digest.hexdigest())

    def _put(self, section: int, data: bytes) -> None:
        self._files[section].write(data)

    def _path(self, section: int, rank: int | None = None) -> Path:
        return self._folder / f"{section}-{self._executor.rank if rank is None else rank}.rows"

    def _refusal(self, error: OSError) -> FileError:
        if isinstance(error, FileError):
            return error
        reason = error.strerror or os.strerror(error.errno or 0)
        return FileError(f"{self._folder}: the encoded rows cannot be written ({reason}).")


def remove_stored(folder: Path) -> None:
    """Remove stored rows, if there are any."""
    shutil.rmtree(folder, ignore_errors=True)


def unpacked(records: Records, device: torch.device) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    """Numbers, codes, targets, weights and parts of stored rows, as tensors."""
    fields = (np.ascontiguousarray(records[name]) for name in records.dtype.names or ())
    numbers, codes, y, weight, part = (torch.from_numpy(field).to(device) for field in fields)
    return numbers, codes, y, weight, part
