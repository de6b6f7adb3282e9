"""Categories and pairs of them as means of the target, beside the numbers of a row."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from netable.nn.codes import codes_of_columns
from netable.nn.groups import GroupColumns, Groups, NumberLevels, places_of
from netable.nn.level_means import LevelMeans


class TargetEncoding(nn.Module):
    """Means of the target by levels, and by pairs of levels, in place of categories.

    A training row has the means without the rows of its own part, so that no mean tells its target (target encoding
    out of fold; Micci-Barreca 2001, SIGKDD Explorations 3).

    Parameters
    ----------
    means : LevelMeans
    cardinalities, widths : sequence of int
        Of all categories and texts, as in `InputStatistics`.

    Attributes
    ----------
    numbers : NumberLevels
    groups : Groups
        Of the codes of categories and numbers.
    kept : list of int
        The columns of codes that remain, those of texts.

    Shape
    -----
    numbers : (batch, d_num) or (\\*members, batch, d_num)
    places : (batch, …) or (\\*members, batch, …), as `look_up` returns them
    returns : numbers and means, (\\*members, batch, d_num + d_out), and the codes of the kept columns
    """

    keys: Tensor
    means: Tensor
    by_part: Tensor | None

    def __init__(self, means: LevelMeans, cardinalities: Sequence[int], widths: Sequence[int]) -> None:
        super().__init__()
        counts = codes_of_columns(cardinalities, widths)
        self.numbers = NumberLevels(means.formed.numbers.columns, means.formed.numbers.cuts)
        self.groups = Groups(means.formed.columns, counts + self.numbers.cardinalities)
        self.register_buffer("keys", means.keys.clone())
        self.register_buffer("means", means.means)
        self.register_buffer("by_part", means.by_part, persistent=False)
        self.kept = [i for i, count in enumerate(counts) if not count]

    @property
    def formed(self) -> GroupColumns:
        """The columns whose levels form groups."""
        return GroupColumns(self.numbers, self.groups.columns)

    @property
    def d_out(self) -> int:
        """The number of means of a row."""
        return len(self.groups.columns) * self.means.shape[-1]

    def look_up(self, numbers: Tensor, codes: Tensor, parts: Tensor | None = None) -> Tensor:
        """The codes that remain, the part of each row, and the places of its means: (…, kept + 1 + groups).

        Parameters
        ----------
        numbers : (…, d_num)
        codes : (…, d_cat)
        parts : (…,), integers
            The part of training rows, from 1 on; 0, as for None, for rows that nothing was learned from.
        """
        levels = torch.cat([codes, self.numbers(numbers).to(codes)], -1)
        places = places_of(self.groups(levels), self.keys)
        part = codes.new_zeros(codes.shape[:-1]) if parts is None else parts.to(codes)
        return torch.cat([codes[..., self.kept], part.unsqueeze(-1), places.to(codes)], -1)

    def forward(self, numbers: Tensor, places: Tensor) -> tuple[Tensor, Tensor]:
        """Numbers with means, and codes; see the class for shapes."""
        codes, part, places = places.split_with_sizes([len(self.kept), 1, len(self.groups.columns)], -1)
        means = self.means.unsqueeze(1) if self.by_part is None else self.by_part
        members, parts, size, _ = means.shape
        first = size * parts * torch.arange(members, device=places.device).view(-1, 1, 1)
        rows = first + size * part.long() + places
        encoded = means.flatten(0, 2)[rows].flatten(-2)
        return torch.cat([numbers.expand(*encoded.shape[:-1], -1), encoded], -1), codes
