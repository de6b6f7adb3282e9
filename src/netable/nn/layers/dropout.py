"""Dropout, and the base of all modules that draw random numbers in training."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn


class Noisy(nn.Module):
    """A module that draws random numbers in training.

    Attributes
    ----------
    generator : torch.Generator or None
        Source of the random numbers, set by the caller that trains; torch's global generator if None.
    share : (int, sequence of int) or None
        All members of a stack, and those that are here; None if all are. Numbers are drawn for all members, so that
        those of one do not depend on which others are here.
    batch : (int, slice) or None
        All rows of a batch, and those that are here; None if all are. Numbers are drawn for all rows, too.
    """

    generator: torch.Generator | None = None
    share: tuple[int, Sequence[int]] | None = None
    batch: tuple[int, slice] | None = None

    def rows_of_batch(self, rows: int) -> tuple[int, slice]:
        """All rows of the batch of which so many are here, and their places; some of those may be here, too."""
        if self.batch and rows == self.batch[1].stop - self.batch[1].start:
            return self.batch
        return rows, slice(0, rows)


class Dropout(Noisy):
    """Dropout: sets units to zero at random in training, and scales up the others (Srivastava et al. 2014, JMLR 15).

    DIFF: the share is rounded to 1/256. Masks are drawn as random bytes, eight at a time, which is about ten times as
    fast on a CPU as one number for each unit. Members of a stack, which learn from different rows, share one mask.

    Parameters
    ----------
    p : float
        Share of units set to zero, below 1.

    Shape
    -----
    x : (\\*members, batch, d)
    returns : the same
    """

    def __init__(self, p: float) -> None:
        super().__init__()
        self.threshold = min(255, round(256 * p))

    def forward(self, x: Tensor) -> Tensor:
        """Mask `x` in training mode; return it unchanged otherwise."""
        if not self.training or self.threshold == 0:
            return x
        rows, here = self.rows_of_batch(x.shape[-2])
        shape = rows, x.shape[-1]
        count = math.prod(shape)
        if x.device.type == "mps":  # it draws no more than 32 bits at a time
            words = torch.empty((count + 3) // 4, dtype=torch.int32, device=x.device)
            words.random_(-(2**31), 2**31, generator=self.generator)
        else:
            words = torch.empty((count + 7) // 8, dtype=torch.int64, device=x.device)
            words.random_(-(2**63), None, generator=self.generator)  # the whole range: every byte is uniform
        keep = words.view(torch.uint8)[:count].view(shape)[here] >= self.threshold
        return x * (keep.to(x.dtype) * (256 / (256 - self.threshold)))

    def extra_repr(self) -> str:
        """Share of units set to zero, for the printed network."""
        return f"p={self.threshold / 256:.4g}"
