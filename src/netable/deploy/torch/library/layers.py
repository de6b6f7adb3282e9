"""Layers of several networks side by side, which are computed together."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class Linear(nn.Module):
    """A linear map of each network: (networks, rows, d_in) → (networks, rows, d_out)."""

    def __init__(self, networks: int, d_in: int, d_out: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(networks, d_in, d_out))
        self.bias = nn.Parameter(torch.zeros(networks, 1, d_out))

    def forward(self, x: Tensor) -> Tensor:
        """All products as one."""
        return torch.baddbmm(self.bias, x, self.weight)


class LayerNorm(nn.Module):
    """Layer normalization of each network: (networks, rows, d) → the same."""

    def __init__(self, networks: int, d: int) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(networks, 1, d))
        self.shift = nn.Parameter(torch.zeros(networks, 1, d))

    def forward(self, x: Tensor) -> Tensor:
        """Mean 0 and variance 1 of each row, then scale and shift."""
        return F.layer_norm(x, x.shape[-1:]) * self.scale + self.shift


class Residual(nn.Sequential):
    """Layers whose output is added to their input."""

    def forward(self, x: Tensor) -> Tensor:
        """The input plus the output of the layers."""
        branch = x
        for layer in self:
            branch = layer(branch)
        return x + branch


class Leaves(nn.Module):
    """One leaf of each tree of each network, summed: (networks, rows, trees * depth) → (networks, rows, d_out).

    A tree's inputs are positive where a row is beyond a threshold; these signs are the number of its leaf, in binary.
    """

    def __init__(self, networks: int, trees: int, depth: int, d_out: int) -> None:
        super().__init__()
        self.trees, self.depth = trees, depth
        self.weight = nn.Parameter(torch.zeros(networks, trees << depth, d_out))
        self.bias = nn.Parameter(torch.zeros(networks, 1, d_out))

    def forward(self, x: Tensor) -> Tensor:
        """The sums of the leaves."""
        powers = 2 ** torch.arange(self.depth, device=x.device).flip(0)
        beyond = (x > 0).view(*x.shape[:2], self.trees, self.depth)
        number = (beyond * powers).sum(-1)
        first = torch.arange(self.trees * len(x), device=x.device).view(-1, 1, self.trees) << self.depth
        leaves = F.embedding_bag((number + first).flatten(0, 1), self.weight.flatten(0, 1), mode="sum")
        return leaves.view(*x.shape[:2], self.bias.shape[-1]) + self.bias


class Scaling(nn.Module):
    """Numbers less their center, over their scale: (rows, d) or (networks, rows, d) → (networks, rows, d).

    Each network has those of the rows that it learned from. A missing number becomes the center.
    """

    def __init__(self, networks: int, d: int) -> None:
        super().__init__()
        self.center = nn.Buffer(torch.zeros(networks, 1, d))
        self.scale = nn.Buffer(torch.ones(networks, 1, d))

    def forward(self, numbers: Tensor) -> Tensor:
        """Scaled numbers, bounded so that no sum overflows."""
        x = ((numbers - self.center) / self.scale).masked_fill(numbers.isnan(), 0.0)
        return x.clamp(-1e6, 1e6)


def smooth_clip(x: Tensor) -> Tensor:
    """Numbers whose tails are bounded by 3: the middle stays as it is."""
    return x * (1 + (x / 3).square()).rsqrt()


class Bins(nn.Module):
    """Piecewise-linear features, one for each bin: -1/2 below it, 1/2 above it, linear within it.

    Some columns of (networks, rows, d) → (networks, rows, columns * bins).
    """

    def __init__(self, networks: int, columns: int, bins: int) -> None:
        super().__init__()
        self.columns = nn.Buffer(torch.zeros(columns, dtype=torch.int64))
        self.middle = nn.Buffer(torch.zeros(networks, 1, columns, bins))
        self.slope = nn.Buffer(torch.zeros(networks, 1, columns, bins))

    def forward(self, x: Tensor) -> Tensor:
        """The place of each number within each bin."""
        place = (x[..., self.columns].unsqueeze(-1) - self.middle) * self.slope
        return place.clamp(-0.5, 0.5).flatten(-2)


class Waves(nn.Module):
    """Waves of each number, with learned frequencies: (networks, rows, d) → (networks, rows, d * waves)."""

    def __init__(self, networks: int, d: int, waves: int) -> None:
        super().__init__()
        self.frequency = nn.Parameter(torch.zeros(networks, 1, d, waves))
        self.phase = nn.Parameter(torch.zeros(networks, 1, d, waves))

    def forward(self, x: Tensor) -> Tensor:
        """The cosines of all waves."""
        turns = self.phase + x.unsqueeze(-1) * self.frequency
        return (2 * math.pi * turns).cos().flatten(-2)


class Places(nn.Module):
    """Codes of some columns as places in one list of all their levels: → (networks, rows, columns).

    A level that a network did not learn from has the place of those never seen.
    """

    def __init__(self, networks: int, columns: int, levels: int) -> None:
        super().__init__()
        self.columns = nn.Buffer(torch.zeros(columns, dtype=torch.int64))
        self.starts = nn.Buffer(torch.zeros(columns, dtype=torch.int64))
        self.known_as = nn.Buffer(torch.zeros(networks, levels, dtype=torch.int64))

    def forward(self, codes: Tensor) -> Tensor:
        """The place of each code."""
        return self.known_as[:, codes[:, self.columns] + self.starts]


class OneHot(nn.Module):
    """A feature for each level of categories of few levels: → (networks, rows, levels)."""

    def __init__(self, networks: int, columns: int, levels: int) -> None:
        super().__init__()
        self.places = Places(networks, columns, levels)
        self.levels = levels

    def forward(self, codes: Tensor) -> Tensor:
        """True at the places of the levels."""
        places = self.places(codes)
        hot = torch.zeros(*places.shape[:2], self.levels, dtype=torch.bool, device=codes.device)
        return hot.scatter(-1, places, True)


class Embedding(nn.Module):
    """A learned vector for each level of categories of many levels: → (networks, rows, columns * d)."""

    def __init__(self, networks: int, columns: int, levels: int, d: int) -> None:
        super().__init__()
        self.places = Places(networks, columns, levels)
        self.vectors = nn.Parameter(torch.zeros(networks, levels, d))

    def forward(self, codes: Tensor) -> Tensor:
        """The vectors of all columns, side by side."""
        places = self.places(codes)
        network = torch.arange(len(places), device=codes.device).view(-1, 1, 1)
        return self.vectors[network, places].flatten(-2)


class NumberLevels(nn.Module):
    """Numbers as levels between limits: (rows, d) → (rows, columns), 0 where missing, then from 2 on."""

    def __init__(self, columns: int, limits: int) -> None:
        super().__init__()
        self.columns = nn.Buffer(torch.zeros(columns, dtype=torch.int64))
        self.limits = nn.Buffer(torch.zeros(columns, limits))

    def forward(self, numbers: Tensor) -> Tensor:
        """The number of limits below each number."""
        x = numbers[:, self.columns]
        below = torch.searchsorted(self.limits, x.T.contiguous()).T
        return (below + 2).masked_fill(x.isnan(), 0)


class Means(nn.Module):
    """Means of the target by levels and pairs of them: (rows, columns) → (networks, rows, groups * outputs).

    A group is a column, or two; each pair of its levels has a key. The first mean is that of unknown keys.
    """

    def __init__(self, networks: int, groups: int, keys: int, means: int, outputs: int) -> None:
        super().__init__()
        self.columns = nn.Buffer(torch.zeros(groups, 2, dtype=torch.int64))
        self.firsts = nn.Buffer(torch.zeros(groups, dtype=torch.int64))
        self.factors = nn.Buffer(torch.zeros(groups, dtype=torch.int64))
        self.keys = nn.Buffer(torch.zeros(keys, dtype=torch.int64))
        self.means = nn.Buffer(torch.zeros(networks, means, outputs))

    def forward(self, levels: Tensor) -> Tensor:
        """The means of the groups of each row."""
        first, second = levels[:, self.columns].unbind(-1)
        key = self.firsts + first * self.factors + second
        place = torch.searchsorted(self.keys, key).clamp(max=len(self.keys) - 1)
        known = self.keys[place] == key
        return self.means[:, torch.where(known, place + 1, 0)].flatten(-2)


class Bag(nn.Module):
    """The vectors of a text's pieces, summed, over the square root of their number: → (networks, rows, d).

    A text without any has the vector of a missing text, or of one whose pieces were never seen.
    """

    def __init__(self, networks: int, columns: int, pieces: int, d: int) -> None:
        super().__init__()
        self.places = Places(networks, columns, pieces)
        self.vectors = nn.Parameter(torch.zeros(networks, pieces, d))

    def forward(self, codes: Tensor) -> Tensor:
        """The vector of each text."""
        places = self.places(codes)
        known = places > 1
        count = known.sum(-1, keepdim=True).to(self.vectors.dtype)
        share = torch.where(count > 0, known / count.clamp(min=1).sqrt(), 1 / places.shape[-1])
        network = torch.arange(len(places), device=codes.device).view(-1, 1, 1)
        return (self.vectors[network, places] * share.unsqueeze(-1)).sum(-2)
