"""The multilayer perceptron, and the chapter's network with one hidden layer."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

from netable.errors import check_at_least
from netable.nn.layers import Dropout, Linear, activation_gain, make_activation


class MLP(nn.Module):
    """Hidden layers of linear map, activation and dropout, then a linear head; without hidden layers a linear model.

    The head starts at zero, so the first output is the head's bias, and the first steps go where the data points.

    Parameters
    ----------
    d_in, d_out : int
        Features in, outputs out.
    hidden_layer_sizes : sequence of int
        The width of each hidden layer.
    activation : str
        One of `netable.nn.ACTIVATIONS`.
    dropout : float
        The share of hidden units that is silenced in training.
    members : tuple of int
        `()` for one network, `(k,)` for k side by side.
    generator : torch.Generator, optional
        Where the first weights come from.

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

    @property
    def linears(self) -> list[Linear]:
        """The linear maps, from the inputs to the head."""
        return [module for module in self.modules() if isinstance(module, Linear)]

    def forward(self, x: Tensor) -> Tensor:
        """Logits or standardized targets; see the class for shapes."""
        output: Tensor = self.head(self.blocks(x))
        return output


class NeuralNetwork(nn.Sequential):
    """The chapter's network: one hidden layer of ReLU units, then a sigmoid. It returns probabilities.

    Shape
    -----
    x : (batch, d_in)
    returns : (batch, 1), probabilities of the second class
    """

    def __init__(self, d_in: int, d_hidden: int = 4) -> None:
        check_at_least("d_in", d_in, 1, integer=True)
        check_at_least("d_hidden", d_hidden, 1, integer=True)
        super().__init__(nn.Linear(d_in, d_hidden), nn.ReLU(), nn.Linear(d_hidden, 1), nn.Sigmoid())
