"""The sum of the learned vectors of a text's pieces, over the square root of their number."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from netable.nn.codes import FIRST_LEVEL

# Numbers in the vector of a piece.
BAG_SIZE = 16


class Bags(nn.Module):
    """Each text as the sum of the vectors of its known pieces, over the square root of their number.

    DIFF: fastText (arXiv:1607.01759) takes the mean, in which a word of a long text is hardly heard.

    A text without any has the vector of a missing text or of an unseen one.

    Parameters
    ----------
    widths : sequence of int
        The codes of each text.
    cardinalities : sequence of int
        The vectors of each column, those of missing and unseen ones included.
    members : tuple of int
    generator : torch.Generator, optional
        Source of the first vectors.

    Shape
    -----
    rows : (\\*members, batch, sum of widths), places among the vectors of all columns
    returns : (\\*members, batch, columns * BAG_SIZE)
    """

    def __init__(
        self,
        widths: Sequence[int],
        cardinalities: Sequence[int],
        members: tuple[int, ...] = (),
        *,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__()
        self.widths = list(widths)
        ends = torch.tensor(cardinalities).cumsum(0)
        self.firsts = (ends - torch.tensor(cardinalities)).tolist()
        noise = torch.randn(*members, int(ends[-1]), BAG_SIZE, generator=generator)
        self.embedding = nn.Parameter(0.3 * noise)
        with torch.no_grad():  # no effect until trained
            for first in self.firsts:
                self.embedding[..., first : first + FIRST_LEVEL, :] = 0

    @property
    def d_out(self) -> int:
        """Number of features."""
        return len(self.widths) * BAG_SIZE

    def forward(self, rows: Tensor) -> Tensor:
        """Features of all columns; see the class for shapes."""
        shape, size = rows.shape[:-1], self.embedding.shape[-2]
        vectors = self.embedding.flatten(0, -2)
        features = []
        for part, first in zip(rows.split_with_sizes(self.widths, -1), self.firsts, strict=True):
            known = part >= first + FIRST_LEVEL
            count = known.sum(-1, keepdim=True, dtype=vectors.dtype)
            share = torch.where(count > 0, known / count.clamp(min=1).sqrt(), 1 / part.shape[-1])
            if len(shape) > 1:  # one table for all members, one after the other
                part = part + size * torch.arange(shape[0], device=part.device).view(-1, 1, 1)
            flat = part.flatten(0, -2), vectors
            vector = F.embedding_bag(*flat, per_sample_weights=share.flatten(0, -2), mode="sum")
            features.append(vector.view(*shape, BAG_SIZE))
        return torch.cat(features, -1)
