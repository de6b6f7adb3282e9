"""The multilayer perceptron."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

from netable.nn.bodies.body import Body
from netable.nn.layers.activations import activation_gain, make_activation
from netable.nn.layers.dropout import Dropout
from netable.nn.layers.linear import Linear


class MLP(Body):
    """Hidden layers of linear map, activation and dropout, then a linear head; a linear model without hidden layers.

    Parameters
    ----------
    d_in, d_out : int
        Features in, outputs out.
    hidden_layer_sizes : sequence of int
        The width of each hidden layer.
    activation : str
        One of `netable.nn.ACTIVATIONS`.
    dropout : float
        The share of hidden units that is set to zero in training.
    members : tuple of int
        `()` for one network, `(k,)` for k side by side.
    generator : torch.Generator, optional
        Source of the first weights.

    Shape
    -----
    x : (batch, d_in) or (\\*members, batch, d_in)
    returns : (\\*members, batch, d_out), logits or standardized targets; never probabilities

    Examples
    --------
    >>> net = MLP(4, 1, hidden_layer_sizes=(32, 16))
    >>> net(torch.zeros(8, 4)).shape
    torch.Size([8, 1])
    """

    def __init__(
        self,
        d_in: int,
        d_out: int,
        *,
        hidden_layer_sizes: Sequence[int] = (),
        activation: str = "relu",
        dropout: float = 0.0,
        members: tuple[int, ...] = (),
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__()
        widths = [d_in, *hidden_layer_sizes]
        gain = activation_gain(activation)
        self.blocks = nn.Sequential(
            *(
                nn.Sequential(
                    Linear(before, after, members, gain=gain, generator=generator),
                    make_activation(activation),
                    Dropout(dropout),
                )
                for before, after in pairwise(widths)
            )
        )
        self.head = Linear(widths[-1], d_out, members, gain=0.0, generator=generator)

    def forward(self, x: Tensor) -> Tensor:
        """Logits or standardized targets; see the class for shapes."""
        output: Tensor = self.head(self.blocks(x))
        return output
