"""Boosted oblivious trees, as a network of one hidden layer."""

from __future__ import annotations

import torch
from torch import Tensor

from netable.nn.bodies.body import Body
from netable.nn.layers.leaves import Leaves
from netable.nn.layers.linear import Linear

# A part of the format of model files: others do not load.
N_TREES, DEPTH = 128, 5


class ObliviousTrees(Body):
    """Oblivious trees: all nodes of a level ask for the same feature and threshold, and the leaf is a number in binary.

    As a network (NODE, arXiv:1909.06312): the first linear map picks a feature for each level of each tree and
    subtracts its threshold, hard signs follow, and a table of leaves takes the place of the head. It cuts where other
    networks are smooth. It is not trained by gradients of its weights: trees are planted one after the other
    (`netable.fit.members.boosting`).

    Parameters
    ----------
    d_in, d_out : int
        Features in, outputs out.
    members : tuple of int
        `()` for one network, `(k,)` for k side by side.
    generator : torch.Generator, optional
        Not needed: nothing starts at random.

    Attributes
    ----------
    planted : int
        Trees that are in use, the first ones; all of them, unless they are about to be planted.

    Shape
    -----
    x : (batch, d_in) or (\\*members, batch, d_in)
    returns : (\\*members, batch, d_out), logits or standardized targets; never probabilities
    """

    head: Leaves  # type: ignore[assignment]

    def __init__(
        self,
        d_in: int,
        d_out: int,
        *,
        members: tuple[int, ...] = (),
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__()
        self.splits = Linear(d_in, N_TREES * DEPTH, members, gain=0.0, generator=generator)
        self.head = Leaves(N_TREES, DEPTH, d_out, members)
        self.planted = N_TREES

    def forward(self, x: Tensor) -> Tensor:
        """Logits or standardized targets; see the class for shapes."""
        used = slice(max(1, self.planted) * DEPTH)
        with torch.autocast(x.device.type, enabled=False):  # a rounded number may be on the other side
            output: Tensor = self.head(x @ self.splits.weight[..., used] + self.splits.bias[..., used])
        return output

    @torch.no_grad()
    def plant(self, number: int, picks: Tensor, thresholds: Tensor, leaves: Tensor) -> None:
        """Let a tree of each member be this one.

        Parameters
        ----------
        picks : (\\*members, d_in, DEPTH)
            What each level compares with its threshold, as a sum of features.
        thresholds : (\\*members, DEPTH)
        leaves : (\\*members, 2^DEPTH, d_out)
        """
        splits, places = (slice(number * size, (number + 1) * size) for size in (DEPTH, 1 << DEPTH))
        self.splits.weight[..., splits] = picks
        self.splits.bias[..., 0, splits] = -thresholds
        self.head.weight[..., places, :] = leaves

    @torch.no_grad()
    def uproot(self) -> None:
        """Let trees that are not in use add nothing."""
        self.head.weight[..., self.planted << DEPTH :, :] = 0

    def layers(self) -> list[tuple[str, str]]:
        """The trees, and the sum of their leaves."""
        d_in, d_out = self.splits.weight.shape[-2], self.head.weight.shape[-1]
        return [("trees", f"{d_in} → {N_TREES} of depth {DEPTH}"), ("output", f"{N_TREES} → {d_out}")]

    def summary(self) -> str:
        """The class and the number of trees."""
        return f"{type(self).__name__}({N_TREES} of depth {DEPTH})"
