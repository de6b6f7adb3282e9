"""Batches of rows that lie in files, for tables that do not fit into memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from netable.errors import DataError, FileError
from netable.train.batches import Epochs, Inputs

# Rows that are read at once. A batch consists of many such blocks from anywhere in the files, in which neighbours lie
# in random order; smaller blocks would only cost time.
BLOCK = 32

Records = NDArray[Any]
Batch = tuple[Inputs, *tuple[Tensor, ...]]


class RowFile:
    """Rows of equal size in a file.

    Parameters
    ----------
    path : Path
    dtype : numpy.dtype
        A structured type, of one row.
    """

    def __init__(self, path: Path, dtype: np.dtype[Any]) -> None:
        self.path, self.dtype = path, dtype
        self._file = path.open("rb", buffering=0)
        self._lock = Lock()  # stacks that are trained side by side share the file and its position
        self._count = path.stat().st_size // dtype.itemsize

    def __len__(self) -> int:
        """Rows."""
        return self._count

    def read(self, start: int, stop: int) -> bytes:
        """The bytes of some rows.

        Raises
        ------
        FileError
            If the file has become shorter.
        """
        size = (stop - start) * self.dtype.itemsize
        with self._lock:
            self._file.seek(start * self.dtype.itemsize)
            found = self._file.read(size)
        if len(found) < size:
            raise FileError(f"{self.path}: expected {len(self):,} rows; it was cut off while it was read.")
        return found

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class _Order(NamedTuple):
    """The order of a member's rows in an epoch: where its first block begins, and the numbers of its blocks."""

    first: int
    blocks: Tensor


class StoredBatches(Epochs):
    """Minibatches of each member's own rows, as `Batches`, read from files by blocks.

    A member's rows are those of its files, one after the other. In an epoch it takes blocks of neighbours in random
    order; the first block begins at a random row, so that the few rows that fill no block are others each time.

    Parameters
    ----------
    files : sequence of sequences of RowFile
        The files of each member, all of the same type.
    unpacked : callable
        Turns records (members, batch) into the inputs and targets of a batch.
    batch_size : int
        Rows in a batch at most.
    generator : torch.Generator
        Draws the order.
    members : sequence of int, optional
        The members that batches are for, as of `Batches`.
    """

    def __init__(
        self,
        files: Sequence[Sequence[RowFile]],
        unpacked: Callable[[Records], Batch],
        *,
        batch_size: int,
        generator: torch.Generator,
        members: Sequence[int] | None = None,
    ) -> None:
        self.rows = files
        self._members = list(range(len(files)) if members is None else members)
        self._counts = [sum(map(len, own)) for own in files]
        if min(self._counts, default=0) < 1:
            raise DataError("There are no rows to learn from.")
        self._unpacked, self._dtype = unpacked, files[0][0].dtype
        self._block = min(BLOCK, batch_size, *self._counts)
        most = max(self._counts) // self._block
        steps = -(-most // (batch_size // self._block))
        self._blocks_of_batch = -(-most // steps)
        super().__init__(steps, generator)

    def _order(self) -> list[_Order]:
        return [self._order_of(count) for count in self._counts]

    def _order_of(self, count: int) -> _Order:
        n, left = divmod(count, self._block)
        first = int(torch.randint(left + 1, (), generator=self.generator))
        order = torch.randperm(n, generator=self.generator, dtype=torch.int32)
        places = self.steps * self._blocks_of_batch
        return _Order(first, order.repeat(-(-places // n))[:places])

    def _batch(self, order: list[_Order], step: int) -> Batch:
        some = slice(step * self._blocks_of_batch, (step + 1) * self._blocks_of_batch)
        of_members = [
            b"".join(self._read(own, first + block * self._block) for block in blocks[some].tolist())
            for own, (first, blocks) in ((self.rows[member], order[member]) for member in self._members)
        ]
        # torch takes no arrays that cannot be written to, which those of bytes are.
        records = np.frombuffer(bytearray().join(of_members), self._dtype).reshape(len(of_members), -1)
        return self._unpacked(records)

    def _read(self, files: Sequence[RowFile], start: int) -> bytes:
        """A block of a member's rows, which may begin in one file and end in the next."""
        stop, parts = start + self._block, []
        for file in files:
            if start < min(stop, len(file)):
                parts.append(file.read(start, min(stop, len(file))))
            start, stop = max(0, start - len(file)), stop - len(file)
            if stop <= 0:
                break
        return b"".join(parts)
