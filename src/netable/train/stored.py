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

from netable.compute.executor import SOLO, Team
from netable.errors import DataError, FileError
from netable.train.batches import Epochs, Inputs

# Rows that are read at once. A batch consists of many such blocks from anywhere in the files, in which neighbours lie
# in random order; smaller blocks would only cost time.
BLOCK = 32

# Of the orders of blocks.
_SEEDS = 1 << 62

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

    A member's rows are those of its files, one after the other. It takes blocks of neighbours in random order; the
    first block begins at a random row, so that the few rows that fill no block are others each time. An epoch has all
    rows, or so many that several epochs, which go on where the last one ended, have them all.

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
    epoch_rows : int, optional
        Rows of a member in an epoch at most.
    members : sequence of int, optional
        The members that batches are for, as of `Batches`.
    team : Team
        As of `Epochs`.
    """

    def __init__(
        self,
        files: Sequence[Sequence[RowFile]],
        unpacked: Callable[[Records], Batch],
        *,
        batch_size: int,
        generator: torch.Generator,
        epoch_rows: int | None = None,
        members: Sequence[int] | None = None,
        team: Team = SOLO,
    ) -> None:
        self.rows = files
        self._members = list(range(len(files)) if members is None else members)
        self._counts = [sum(map(len, own)) for own in files]
        if min(self._counts, default=0) < 1:
            raise DataError("There are no rows to learn from.")
        self._unpacked, self._dtype = unpacked, files[0][0].dtype
        self._block = min(BLOCK, batch_size, *self._counts)
        most = max(self._counts) // self._block
        self._epochs_of_all = -(-max(self._counts) // (epoch_rows or max(self._counts)))
        steps = -(-most // (batch_size // self._block * self._epochs_of_all))
        self._blocks_of_batch = -(-most // (steps * self._epochs_of_all))
        self._epoch, self._seed = 0, 0
        super().__init__(steps, self._blocks_of_batch * self._block, generator, team)

    def state_dict(self) -> dict[str, Any]:
        """As that of all `Epochs`, with the place of the epoch among those that have all rows, and their seed."""
        return super().state_dict() | {"epoch": self._epoch, "seed": self._seed}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Resume: the next epoch is the rest of the saved one."""
        super().load_state_dict(state)
        self._epoch, self._seed = state["epoch"] - (state["taken"] > 0), state["seed"]

    def _order(self) -> list[_Order]:
        place = self._epoch % self._epochs_of_all
        if not place:
            self._seed = int(torch.randint(_SEEDS, (), generator=self.generator))
        self._epoch += 1
        generator = torch.Generator().manual_seed(self._seed)
        return [self._order_of(count, place, generator) for count in self._counts]

    def _order_of(self, count: int, place: int, generator: torch.Generator) -> _Order:
        n, left = divmod(count, self._block)
        first = int(torch.randint(left + 1, (), generator=generator))
        order = torch.randperm(n, generator=generator, dtype=torch.int32)
        taken = self.steps * self._blocks_of_batch
        places = torch.arange(place * taken, (place + 1) * taken) % n
        return _Order(first, order[places])

    def _batch(self, order: list[_Order], step: int) -> Batch:
        first_block, end = self.here.start // self._block, -(-self.here.stop // self._block)
        begin = step * self._blocks_of_batch
        some = slice(begin + first_block, begin + end)
        of_members = [
            b"".join(self._read(own, first + block * self._block) for block in blocks[some].tolist())
            for own, (first, blocks) in ((self.rows[member], order[member]) for member in self._members)
        ]
        # torch takes no arrays that cannot be written to, which those of bytes are.
        records = np.frombuffer(bytearray().join(of_members), self._dtype).reshape(len(of_members), -1)
        skipped = first_block * self._block
        return self._unpacked(records[:, self.here.start - skipped : self.here.stop - skipped])

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
