"""The residual network."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from netable.errors import ConfigError
from netable.nn.bodies.body import Body
from netable.nn.layers.activations import activation_gain, make_activation
from netable.nn.layers.dropout import Dropout
from netable.nn.layers.linear import Linear


class ResNet(Body):
    """A linear map, residual blocks, then normalization, activation and a linear head.

    A block adds to its input: normalization, linear map, activation, dropout, linear map, dropout.

    DIFF: layers are normalized in place of batches. Statistics of a batch would depend on which rows share a step, or a
    part of one where memory is short. Both dropouts of a block have one share.

    *Reference*: Y. Gorishniy, I. Rubachev, V. Khrulkov, A. Babenko (2021), "Revisiting Deep Learning Models for Tabular
    Data", arXiv:2106.11959.

    Parameters
    ----------
    hidden_layer_sizes : sequence of int
        The width between the two linear maps of each block. The first is also the width between blocks.
    d_in, d_out, activation, dropout, members, generator
        As in `MLP`.

    Shape
    -----
    x : (batch, d_in) or (\\*members, batch, d_in)
    returns : (\\*members, batch, d_out), logits or standardized targets; never probabilities

    Raises
    ------
    ConfigError
        If there are no hidden layers.
    """

    def __init__(
        self,
        d_in: int,
        d_out: int,
        *,
        hidden_layer_sizes: Sequence[int],
        activation: str = "relu",
        dropout: float = 0.0,
        members: tuple[int, ...] = (),
        generator: torch.Generator | None = None,
    ) -> None:
        if not hidden_layer_sizes:
            raise ConfigError("hidden_layer_sizes must name at least one width for model='resnet'; got none.")
        super().__init__()
        width = hidden_layer_sizes[0]
        self.first = Linear(d_in, width, members, generator=generator)
        self.blocks = nn.Sequential(
            *(
                Residual(
                    LayerNorm(width, members),
                    Linear(width, inner, members, gain=activation_gain(activation), generator=generator),
                    make_activation(activation),
                    Dropout(dropout),
                    Linear(inner, width, members, generator=generator),
                    Dropout(dropout),
                )
                for inner in hidden_layer_sizes
            )
        )
        self.last = nn.Sequential(LayerNorm(width, members), make_activation(activation))
        self.head = Linear(width, d_out, members, gain=0.0, generator=generator)

    def forward(self, x: Tensor) -> Tensor:
        """Logits or standardized targets; see the class for shapes."""
        output: Tensor = self.head(self.last(self.blocks(self.first(x))))
        return output


class Residual(nn.Sequential):
    """Modules whose output is added to their input (He et al. 2016, arXiv:1512.03385).

    Shape
    -----
    x : (\\*members, batch, width)
    returns : the same
    """

    def forward(self, x: Tensor) -> Tensor:
        """The input plus the output of all modules."""
        branch = x
        for module in self:
            branch = module(branch)
        return x + branch


class LayerNorm(nn.Module):
    """Layer normalization, with a scale and a shift for each member (Ba et al. 2016, arXiv:1607.06450).

    Shape
    -----
    x : (\\*members, batch, width)
    returns : the same
    """

    def __init__(self, width: int, members: tuple[int, ...] = ()) -> None:
        super().__init__()
        # Not called weight, which optimizers decay.
        self.scale = nn.Parameter(torch.ones(*members, 1, width))
        self.shift = nn.Parameter(torch.zeros(*members, 1, width))

    def forward(self, x: Tensor) -> Tensor:
        """Normalize each row; see the class for shapes."""
        return F.layer_norm(x, x.shape[-1:]) * self.scale + self.shift
