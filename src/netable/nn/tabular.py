"""Networks that take a table's raw numbers and codes."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from netable.nn.inputs import TableInput
from netable.nn.layers import Noisy
from netable.nn.mlp import MLP


class TableNet(nn.Module):
    """A body over an input layer that holds the members' statistics: raw numbers in, logits out.

    The first weights of features that are almost always zero (flags of missing values, special levels) start at
    zero: what training has hardly seen does nothing, instead of adding noise.

    Shape
    -----
    numbers : (batch, d_num) or (\\*members, batch, d_num), NaN for missing
    codes : (batch, d_cat) or (\\*members, batch, d_cat), integers
    returns : (\\*members, batch, d_out), logits or standardized targets
    """

    def __init__(self, inputs: TableInput, body: MLP) -> None:
        super().__init__()
        self.inputs = inputs
        self.body = body
        with torch.no_grad():
            body.linears[0].weight[..., inputs.rare, :] = 0

    def forward(self, numbers: Tensor, codes: Tensor) -> Tensor:
        """Logits or standardized targets; see the class for shapes."""
        output: Tensor = self.body(self.inputs(numbers, codes))
        return output


def seed_noise(module: nn.Module, seed: int | None, device: torch.device | str = "cpu") -> None:
    """Give every random part of a network (dropout, hidden cells) a stream of its own; None takes them away again."""
    for i, part in enumerate(part for part in module.modules() if isinstance(part, Noisy)):
        part.generator = None if seed is None else torch.Generator(device).manual_seed(seed + i)
