"""The input layer: from raw numbers and codes to features, by the statistics of each member."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from netable.nn.bags import Bags
from netable.nn.codes import MISSING, UNSEEN, has_embedding
from netable.nn.layers.dropout import Noisy
from netable.nn.numeric import Periodic, PiecewiseLinear
from netable.nn.quantiles import BinEdges
from netable.nn.statistics import InputStatistics

EMBEDDING_SIZE = 8
# Share of cells hidden in training, so that "missing" and "never seen" are learned in every column.
HIDDEN_SHARE = 0.01
# Scaled numbers are clamped to this range, so that neither squares nor sums overflow.
FARTHEST = 1e6


class TableInput(Noisy):
    """Scaling, missing values, known levels and embeddings, with statistics of each member's training rows.

    A number is centred and scaled; a missing one becomes the centre, and its flag is 1. With `smooth_clip` a scaled
    number x becomes x / sqrt(1 + (x/3)²), which keeps the middle and bounds the tails (RealMLP, arXiv:2407.04491). A
    level that the member did not see in training (or of many levels, only in one row) has the code of unseen levels.

    Parameters
    ----------
    statistics : InputStatistics
        Statistics of each member's training rows.
    smooth_clip : bool
        Bound the scaled numbers.
    periodic : bool
        Add learned waves of the scaled numbers. Features of bins are added if the statistics have edges.
    hidden_share : float
        Share of cells hidden at random in training.
    generator : torch.Generator, optional
        Source of the first embeddings.

    Attributes
    ----------
    d_out : int
        Number of features.
    rare : (d_out,) bool tensor
        Features that are zero in almost every row: flags of missing numbers, and missing or unseen levels.
    of_levels : (d_out,) bool tensor
        Features of categories and texts; the others are of numbers.

    Shape
    -----
    numbers : (batch, d_num) or (\\*members, batch, d_num), NaN for missing
    codes : (batch, d_cat) or (\\*members, batch, d_cat), integers
    returns : (\\*members, batch, d_out)
    """

    center: Tensor
    scale: Tensor
    position: Tensor
    starts: Tensor
    of_levels: Tensor

    def __init__(
        self,
        statistics: InputStatistics,
        *,
        smooth_clip: bool,
        periodic: bool = False,
        hidden_share: float = HIDDEN_SHARE,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__()
        self.smooth_clip = smooth_clip
        self.hidden_share = hidden_share
        self.register_buffer("center", statistics.center)
        self.register_buffer("scale", statistics.scale)
        levels = torch.tensor(statistics.cardinalities, dtype=torch.int64)
        widths = torch.tensor(statistics.widths, dtype=torch.int64)
        is_wide = torch.tensor([*map(has_embedding, statistics.cardinalities)], dtype=torch.int64)
        kinds = torch.where(widths > 1, 2, is_wide)
        narrow, wide, bags = ((kinds == kind).nonzero().flatten().tolist() for kind in range(3))
        self.narrow, self.wide, self.bagged = (
            (kinds.repeat_interleave(widths) == kind).nonzero().flatten().tolist() for kind in range(3)
        )
        self.d_hot = int(levels[narrow].sum())
        first = levels.cumsum(0) - levels
        self.register_buffer("starts", first.repeat_interleave(widths), persistent=False)
        # The place of each level among those of all columns that are encoded in the same way.
        of_kind = F.one_hot(kinds.repeat_interleave(levels), 3)
        position = (of_kind.cumsum(0) * of_kind).sum(-1) - 1
        unseen = position[first + UNSEEN].repeat_interleave(levels)
        self.register_buffer("position", torch.where(statistics.known, position, unseen))
        special = position[first].unsqueeze(-1) + torch.tensor([MISSING, UNSEEN])
        members = statistics.known.shape[:-1]
        if wide:
            noise = torch.randn(*members, int(levels[wide].sum()), EMBEDDING_SIZE, generator=generator)
            self.embedding = nn.Parameter(0.3 * noise)
            with torch.no_grad():  # no effect until trained
                self.embedding[..., special[wide].flatten(), :] = 0
        self.bags = None
        if bags:
            sizes = (widths[bags].tolist(), levels[bags].tolist())
            self.bags = Bags(*sizes, tuple(members), generator=generator)
        d_num = statistics.center.shape[-1]
        bins = [PiecewiseLinear(group.columns, _scaled(group, statistics)) for group in statistics.bins]
        self.bins = nn.ModuleList(bins)
        self.waves = Periodic(d_num, members, generator=generator) if periodic and d_num else None
        d_levels = self.d_hot + len(self.wide) * EMBEDDING_SIZE + (self.bags.d_out if self.bags else 0)
        self.d_out = 2 * d_num + d_levels
        self.d_out += sum(group.d_out for group in bins) + (self.waves.d_out if self.waves else 0)
        of_levels = torch.zeros(self.d_out, dtype=torch.bool)
        of_levels[2 * d_num : 2 * d_num + d_levels] = True
        self.register_buffer("of_levels", of_levels, persistent=False)
        self.rare = torch.zeros(self.d_out, dtype=torch.bool)
        self.rare[d_num : 2 * d_num] = True
        self.rare[2 * d_num + special[narrow].flatten()] = True

    def forward(self, numbers: Tensor, codes: Tensor) -> Tensor:
        """Features for the first linear layer; see the class for shapes."""
        if self.training and self.hidden_share > 0:
            numbers, codes = self._hide(numbers, codes)
        missing = numbers.isnan()
        x = (numbers - self.center.unsqueeze(-2)) / self.scale.unsqueeze(-2)
        x = x.masked_fill(missing, 0.0)
        x = x.clamp(-FARTHEST, FARTHEST).expand(*self.center.shape[:-1], *x.shape[-2:])
        places = [group(x) for group in self.bins]
        if self.smooth_clip:
            x = x * (1 + (x / 3).square()).rsqrt()
        features = [x, missing.to(x.dtype).expand_as(x)]
        if len(self.starts):
            features += self._levels(codes, x.dtype)
        features += places
        if self.waves:
            features.append(self.waves(x))
        return torch.cat(features, -1)

    def _levels(self, codes: Tensor, dtype: torch.dtype) -> list[Tensor]:
        members = self.position.shape[:-1]
        positions = codes + self.starts
        positions = positions.expand(*members, *positions.shape[-2:])
        positions = self.position.gather(-1, positions.flatten(-2)).view(positions.shape)
        features = []
        if self.narrow:
            hot = torch.zeros(*positions.shape[:-1], self.d_hot, dtype=dtype, device=codes.device)
            features.append(hot.scatter_(-1, positions[..., self.narrow], 1.0))
        if self.wide:
            rows = positions[..., self.wide]
            if members:  # one table for all members, one after the other
                size = self.embedding.shape[-2]
                rows = rows + size * torch.arange(members[0], device=rows.device).view(-1, 1, 1)
            features.append(F.embedding(rows, self.embedding.flatten(0, -2)).flatten(-2))
        if self.bags:
            features.append(self.bags(positions[..., self.bagged]))
        return features

    def _hide(self, numbers: Tensor, codes: Tensor) -> tuple[Tensor, Tensor]:
        if numbers.shape[-1]:
            cells, hidden = self._some_cells(numbers)
            numbers = self._replaced(numbers, cells, hidden, torch.nan)
        if codes.shape[-1]:
            cells, hidden = self._some_cells(codes)
            special = torch.where(self._uniform(cells.shape) < 0.5, MISSING, UNSEEN).to(codes.dtype)
            codes = self._replaced(codes, cells, hidden, special)
        return numbers, codes

    def _some_cells(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Random cells of the batch, and which of them to hide; the expected share is exact in small batches too.

        Those of the rows that are here have the numbers from 0.
        """
        rows, here = self.rows_of_batch(x.shape[-2])
        n_cells, first = rows * x.shape[-1], here.start * x.shape[-1]
        expected = self.hidden_share * n_cells
        count = math.ceil(expected)
        shape = (*x.shape[:-2], count)
        cells = self._drawn(partial(torch.randint, 0, n_cells), shape) - first
        return cells, self._uniform(shape) < expected / count

    def _replaced(self, x: Tensor, cells: Tensor, chosen: Tensor, values: Tensor | float) -> Tensor:
        """Some of these cells with other values; cells of rows that are not here may be among them."""
        flat, n_cells = x.flatten(-2), x.shape[-2] * x.shape[-1]
        if self.batch:
            flat = F.pad(flat, (0, 1))  # one cell stands for all that are not here
            cells = torch.where((cells < 0) | (cells > n_cells), n_cells, cells)
        left = torch.where(chosen, values, flat.gather(-1, cells))
        return flat.scatter(-1, cells, left)[..., :n_cells].reshape(x.shape)

    def _uniform(self, shape: tuple[int, ...]) -> Tensor:
        return self._drawn(torch.rand, shape)

    def _drawn(self, draw: Callable[..., Tensor], shape: tuple[int, ...]) -> Tensor:
        how = {"generator": self.generator, "device": self.center.device}
        if self.share is None:
            return draw(shape, **how)
        members, mine = self.share
        return draw((members, *shape[1:]), **how)[list(mine)]


def _scaled(group: BinEdges, statistics: InputStatistics) -> Tensor:
    center, scale = (part[..., group.columns, None] for part in (statistics.center, statistics.scale))
    return (group.edges - center) / scale
