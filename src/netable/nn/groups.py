"""Groups of rows with equal levels: of a column, or of two columns together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import NamedTuple

import torch
from torch import Tensor, nn

from netable.nn.codes import FIRST_LEVEL, MISSING, ONE_HOT_LEVELS

# Pairs are formed of the columns with the most levels, and chosen by a sample of the rows.
PAIRED_COLUMNS, CHOOSING_ROWS = 24, 20_000
# In pairs a number is a level if its column has at most so many values, otherwise one of so many bins.
MOST_VALUES, NUMBER_BINS = 128, 32
# The most groups of a column or pair, the largest ones. Others count as unseen, as those of a single row do.
MOST_GROUPS = 2**14
# Keys are counted in a table if they span no more than this, otherwise sorted.
LARGEST_TABLE = 2**20


class NumberLevels(nn.Module):
    """Numbers as levels: each value of a column of few, and bins of about equally many rows of others.

    Parameters
    ----------
    columns : (n,), integers
    cuts : (n, most), increasing
        The limits between the levels of each column; padded with the last one.

    Shape
    -----
    numbers : (…, d_num), NaN for missing
    returns : (…, n), codes: 0 missing, then the levels from FIRST_LEVEL on
    """

    columns: Tensor
    cuts: Tensor

    def __init__(self, columns: Tensor, cuts: Tensor) -> None:
        super().__init__()
        self.register_buffer("columns", columns.clone())  # a model file cannot hold one tensor twice
        self.register_buffer("cuts", cuts)

    @classmethod
    def learn(
        cls, numbers: Tensor, *, most_values: int = MOST_VALUES, bins: int = NUMBER_BINS
    ) -> NumberLevels:
        """The levels of columns with at least two values, of PAIRED_COLUMNS with the most: (rows, d_num).

        A column of more than `most_values` values is cut into bins.
        """
        cuts = {i: _cuts(column, most_values, bins) for i, column in enumerate(numbers.T)}
        by_levels = sorted((i for i in cuts if len(cuts[i])), key=lambda i: -len(cuts[i]))
        columns = sorted(by_levels[:PAIRED_COLUMNS])
        most = max((len(cuts[i]) for i in columns), default=1)
        padded = [torch.cat([cuts[i], cuts[i][-1:].expand(most - len(cuts[i]))]) for i in columns]
        stacked = torch.stack(padded) if padded else numbers.new_empty(0, most)
        return cls(torch.tensor(columns, dtype=torch.int64), stacked)

    @property
    def cardinalities(self) -> list[int]:
        """The number of codes of each column."""
        return [FIRST_LEVEL + self.cuts.shape[1] + 1] * len(self.columns)

    def forward(self, numbers: Tensor) -> Tensor:
        """Codes; see the class for shapes."""
        x = numbers[..., self.columns]
        below = torch.searchsorted(self.cuts, x.flatten(0, -2).T.contiguous())
        codes: Tensor = FIRST_LEVEL + below.T.reshape(x.shape)
        return codes.masked_fill_(x.isnan(), MISSING)


class Groups(nn.Module):
    """A key for each group of rows: those with the same level of a column, or the same levels of two.

    Parameters
    ----------
    columns : (n, 2), integers
        Two columns of codes; equal for the levels of a single one.
    cardinalities : sequence of int
        The codes of each column.

    Shape
    -----
    codes : (…, d_cat), integers
    returns : (…, n), the key of the group that a row is in; keys of a later pair of columns are greater
    """

    columns: Tensor
    firsts: Tensor
    factors: Tensor

    def __init__(self, columns: Tensor, cardinalities: Sequence[int]) -> None:
        super().__init__()
        counts = torch.tensor(cardinalities, dtype=torch.int64)[columns]
        self.register_buffer("columns", columns.clone())  # a model file cannot hold one tensor twice
        self.register_buffer("firsts", counts.prod(1).cumsum(0) - counts.prod(1), persistent=False)
        self.register_buffer("factors", counts[:, 1], persistent=False)

    def forward(self, codes: Tensor) -> Tensor:
        """Keys of groups; see the class for shapes."""
        first, second = codes[..., self.columns[:, 0]], codes[..., self.columns[:, 1]]
        return self.firsts + first.long() * self.factors + second

    def one_by_one(self, codes: Tensor) -> Iterator[Tensor]:
        """The keys of each pair of columns, which together would take much memory."""
        pairs = zip(self.columns.tolist(), self.firsts.tolist(), self.factors.tolist(), strict=True)
        for (first, second), start, factor in pairs:
            yield start + codes[..., first].long() * factor + codes[..., second]


def places_of(keys: Tensor, known: Tensor) -> Tensor:
    """The place of each group's mean among all means: 0 for one whose key is not known, else 1 and above."""
    if not len(known):
        return torch.zeros_like(keys)
    found = torch.searchsorted(known, keys.contiguous()).clamp_(max=len(known) - 1)
    return torch.where(known[found] == keys, found + 1, 0)


class GroupColumns(NamedTuple):
    """The columns whose levels form groups.

    Shape
    -----
    numbers : the numbers among them, as further columns of codes
    columns : (n, 2), integers, as for `Groups`
    """

    numbers: NumberLevels
    columns: Tensor

    @classmethod
    def choose(cls, numbers: Tensor, codes: Tensor, cardinalities: Sequence[int], most: int) -> GroupColumns:
        """All categories, then pairs of columns, those of the most repeated groups first.

        Parameters
        ----------
        numbers : (rows, d_num)
        codes : (rows, d_cat)
        cardinalities : sequence of int
            The number of codes of each column of `codes`; 0 for what forms no groups.
        most : int
            Columns and pairs at most.
        """
        numbers, codes = (part[:: -(-len(part) // CHOOSING_ROWS) or 1] for part in (numbers, codes))
        of_numbers = NumberLevels.learn(numbers)
        codes = torch.cat([codes, of_numbers(numbers).to(codes)], 1)
        counts = [*cardinalities, *of_numbers.cardinalities]
        columns = sorted((i for i, count in enumerate(counts) if count), key=lambda i: -counts[i])
        pairs = list(combinations(sorted(columns[:PAIRED_COLUMNS]), 2))
        groups = Groups(torch.tensor(pairs, dtype=torch.int64).view(-1, 2), counts)
        every = torch.ones(len(codes), dtype=torch.bool)
        repeated = [len(find_groups(keys, every)[0]) for keys in groups.one_by_one(codes)]
        order = sorted(range(len(pairs)), key=lambda i: -repeated[i])
        singles = [(i, i) for i in columns if i < len(cardinalities)]
        chosen = singles + [pairs[i] for i in order if repeated[i] > ONE_HOT_LEVELS]
        return cls(of_numbers, torch.tensor(chosen[:most], dtype=torch.int64).view(-1, 2))


def find_groups(keys: Tensor, learned: Tensor) -> tuple[Tensor, Tensor]:
    """The groups of at least two learned rows, of very many the largest ones, and the place of each row among them.

    Shape
    -----
    keys : (rows,), of one pair of columns
    learned : (rows,), bool
    returns : (known,), increasing keys; (rows,), 0 for rows in other groups, else 1 and above
    """
    first, last = (int(key) for key in keys.aminmax())
    if last - first < LARGEST_TABLE:
        values, keys = torch.arange(first, last + 1), keys - first
    else:
        values, keys = torch.unique(keys, return_inverse=True)
    counts = torch.bincount(keys[learned], minlength=len(values))
    known = (counts > 1).nonzero().flatten()
    if len(known) > MOST_GROUPS:
        known, _ = known[counts[known].argsort(descending=True, stable=True)[:MOST_GROUPS]].sort()
    places = torch.zeros_like(values)
    places[known] = torch.arange(1, len(known) + 1)
    return values[known], places[keys]


def _cuts(column: Tensor, most_values: int, bins: int) -> Tensor:
    """The limits between the levels of a column of numbers, of which some may be NaN."""
    values = torch.unique(column[~column.isnan()])
    if len(values) > most_values:
        known = column[~column.isnan()].sort().values
        places = torch.arange(1, bins) * (len(known) - 1) // bins
        cuts: Tensor = torch.unique(known[places])
        return cuts
    middles: Tensor = (values[:-1] + values[1:]) / 2
    return middles
