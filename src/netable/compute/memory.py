"""Fewer rows at once when memory is short."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import torch
from torch import Tensor

from netable.errors import TrainingWarning, is_memory_shortage, memory_errors, warn

T = TypeVar("T")


def in_chunks(compute: Callable[[slice], T], n_rows: int, size: int, device: torch.device) -> list[T]:
    """The results of `compute` for chunks of rows, halved whenever memory is too short.

    Parameters
    ----------
    compute : callable
        Given a slice of rows; an empty one if there are none.

    Raises
    ------
    MemoryShortage
        If there is none for a single row.
    """
    done: list[T] = []
    start = 0
    while start < n_rows or not done:
        rows = max(1, min(size, n_rows - start))
        try:
            done.append(compute(slice(start, start + rows)))
        except (MemoryError, RuntimeError) as error:
            size = half_of(rows, error)
        else:
            start += rows
            continue
        free(device)  # not before the error, which refers to what was computed, is gone
    return done


def half_of(rows: int, error: Exception) -> int:
    """Half of the rows for which memory was too short.

    Raises
    ------
    MemoryShortage
        If it was too short for a single row.
    Exception
        The error itself, if it has another cause.
    """
    if rows > 1 and is_memory_shortage(error):
        return -(-rows // 2)
    with memory_errors():
        raise error


def free(device: torch.device) -> None:
    """Release the memory that the device's allocator holds in reserve, which may be fragmented."""
    if device.type == "cuda":
        torch.cuda.empty_cache()
    elif device.type == "mps":
        torch.mps.empty_cache()


class RowsAtOnce:
    """The rows of a batch to compute at once: all of them, until memory is too short.

    Parameters
    ----------
    dim : int
        The dimension of a batch's tensors that counts its rows; those before it count members.

    Attributes
    ----------
    most : int or None
        Rows at once at most; None for all of a batch.
    """

    def __init__(self, dim: int = 0) -> None:
        self.dim = dim
        self.most: int | None = None

    @classmethod
    def of(cls, batches: object) -> RowsAtOnce:
        """For the batches of a source: `Batches` of members have a dimension before that of rows."""
        return cls(dim=0 if getattr(batches, "rows", None) is None else 1)

    def parts(self, batch: Any) -> list[tuple[float, Any]]:
        """The batch in parts that are computed one after the other, each with its share of the rows."""
        count = self._count(batch)
        if self.most is None or count <= self.most:
            return [(1.0, batch)]
        cut = zip(*(torch.split(tensor, self.most, self.dim) for tensor in _tensors(batch)), strict=True)
        is_several = isinstance(batch[0], (tuple, list))
        width = len(batch[0]) if is_several else 1
        return [
            (part[0].shape[self.dim] / count, (part[:width] if is_several else part[0], *part[width:]))
            for part in cut
        ]

    def halve(self, batch: Any, error: Exception) -> None:
        """Take half as many from now on; raises as `half_of` does."""
        count = self._count(batch)
        self.most = half_of(min(count, self.most or count), error)

    def warn_of_parts(self, batch: Any) -> None:
        """Warn that batches are computed in parts."""
        parts = len(self.parts(batch))
        warn(
            f"Memory is too short for batches of {self._count(batch)} rows: each is computed in {parts} parts, whose "
            f"gradients are added up. batch_size={self.most} would fit as a whole.",
            TrainingWarning,
        )

    def _count(self, batch: Any) -> int:
        """Its rows; 1 if it cannot be split."""
        tensors = _tensors(batch)
        if not all(isinstance(tensor, Tensor) and tensor.dim() > self.dim for tensor in tensors):
            return 1
        counts = {tensor.shape[self.dim] for tensor in tensors}
        return counts.pop() if len(counts) == 1 else 1


def _tensors(batch: Any) -> list[Any]:
    inputs, *targets = batch
    return [*(inputs if isinstance(inputs, (tuple, list)) else [inputs]), *targets]
