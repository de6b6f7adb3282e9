"""The leaves of oblivious trees."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class Leaves(nn.Module):
    """The sum of one leaf of each tree: the signs of a tree's crossings are the number of its leaf, in binary.

    Parameters
    ----------
    trees, depth, d_out : int
    members : tuple of int
        `()` for one network, `(k,)` for k of them.

    Attributes
    ----------
    weight : (\\*members, trees · 2^depth, d_out) parameter
        The leaves, tree after tree; they start at zero.
    bias : (\\*members, 1, d_out) parameter

    Shape
    -----
    crossings : (\\*members, batch, n · depth), of the first n trees; positive where a row is beyond a threshold
    returns : (\\*members, batch, d_out)
    """

    def __init__(self, trees: int, depth: int, d_out: int, members: tuple[int, ...] = ()) -> None:
        super().__init__()
        self.trees, self.depth = trees, depth
        self.weight = nn.Parameter(torch.zeros(*members, trees << depth, d_out))
        self.bias = nn.Parameter(torch.zeros(*members, 1, d_out))

    def forward(self, crossings: Tensor) -> Tensor:
        """Add up the leaves; see the class for shapes."""
        trees = crossings.shape[-1] // self.depth
        beyond = (crossings > 0).view(*crossings.shape[:-1], trees, self.depth)
        numbers = beyond[..., 0].to(torch.uint8)
        for level in range(1, self.depth):
            numbers = numbers * 2 + beyond[..., level]
        places = numbers.long() + (torch.arange(trees, device=numbers.device) << self.depth)
        if members := self.weight.shape[:-2]:  # one table for all members, one after the other
            places = places + self.weight.shape[-2] * torch.arange(*members, device=places.device).view(
                -1, 1, 1
            )
        sums = F.embedding_bag(places.view(-1, trees), self.weight.flatten(0, -2), mode="sum")
        return sums.view(*numbers.shape[:-1], self.bias.shape[-1]) + self.bias
