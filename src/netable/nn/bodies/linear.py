"""The linear model."""

from __future__ import annotations

import torch

from netable.nn.bodies.mlp import MLP


class LinearModel(MLP):
    """A linear model, which is an MLP without hidden layers.

    Parameters
    ----------
    d_in, d_out : int
        Features in, outputs out.
    members : tuple of int
        `()` for one model, `(k,)` for k side by side.
    generator : torch.Generator, optional
        Source of the first weights.

    Shape
    -----
    x : (batch, d_in) or (\\*members, batch, d_in)
    returns : (\\*members, batch, d_out), logits or standardized targets; never probabilities
    """

    def __init__(
        self,
        d_in: int,
        d_out: int,
        *,
        members: tuple[int, ...] = (),
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__(d_in, d_out, members=members, generator=generator)
