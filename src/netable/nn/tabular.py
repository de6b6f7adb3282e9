"""Networks that take a table's raw numbers and codes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor, nn

from netable.nn.bodies.body import Body
from netable.nn.inputs import TableInput
from netable.nn.layers.dropout import Noisy


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

    def __init__(self, inputs: TableInput, body: Body) -> None:
        super().__init__()
        self.inputs = inputs
        self.body = body
        with torch.no_grad():
            body.linears[0].weight[..., inputs.rare, :] = 0

    def forward(self, numbers: Tensor, codes: Tensor) -> Tensor:
        """Logits or standardized targets; see the class for shapes."""
        output: Tensor = self.body(self.inputs(numbers, codes))
        return output

    def __len__(self) -> int:
        """Members of the stack."""
        return len(self.body.head.weight)


class Ensemble(nn.Module):
    """Stacks of members that differ in their parts, and how much each member counts in their common prediction.

    Parameters
    ----------
    stacks : sequence of TableNet
        Each one stack, with a member dimension.
    weights : (members,) tensor, optional
        One for each member of all stacks, in order, of sum 1; the same for all if None.

    Shape
    -----
    numbers : (batch, d_num) or (members of all stacks, batch, d_num), NaN for missing
    codes : (batch, d_cat) or (members of all stacks, batch, d_cat), integers
    returns : (members of all stacks, batch, d_out), logits or standardized targets
    """

    weights: Tensor

    def __init__(self, stacks: Sequence[TableNet], weights: Tensor | None = None) -> None:
        super().__init__()
        self.stack = nn.ModuleList(stacks)
        n = sum(len(stack) for stack in stacks)
        self.register_buffer("weights", torch.full((n,), 1 / n) if weights is None else weights.float())

    def forward(self, numbers: Tensor, codes: Tensor) -> Tensor:
        """What every member says; see the class for shapes."""
        sizes = [len(stack) for stack in self.stacks]
        own_numbers, own_codes = (
            part.split_with_sizes(sizes) if part.dim() == 3 else [part] * len(sizes)
            for part in (numbers, codes)
        )
        return torch.cat(
            [stack(n, c) for stack, n, c in zip(self.stacks, own_numbers, own_codes, strict=True)]
        )

    @classmethod
    def trained(cls, stacks: Sequence[TableNet], weights: Tensor | None = None) -> Ensemble:
        """An ensemble that is to predict: in evaluation mode, and without gradients."""
        return cls(stacks, weights).eval().requires_grad_(False)

    def counting(self) -> tuple[Ensemble, list[int]]:
        """The stacks of which a member counts, made of the same modules, and the numbers of their members."""
        sizes = [len(stack) for stack in self.stacks]
        own = torch.arange(len(self)).split_with_sizes(sizes)
        kept = [i for i, members in enumerate(own) if bool(self.weights[members].any())]
        members = torch.cat([own[i] for i in kept])
        return Ensemble([self.stacks[i] for i in kept], self.weights[members]), members.tolist()

    @property
    def stacks(self) -> list[TableNet]:
        """The stacks, in order."""
        return cast("list[TableNet]", list(self.stack))

    def __len__(self) -> int:
        """Members of all stacks."""
        return len(self.weights)

    @property
    def dtype(self) -> torch.dtype:
        """The precision of the networks and of the numbers that they take."""
        return next(self.parameters()).dtype

    @property
    def device(self) -> torch.device:
        """Where the networks are."""
        return self.weights.device


def seed_noise(module: nn.Module, seed: int | None, device: torch.device | str = "cpu") -> None:
    """Give every random part of a network (dropout, hidden cells) a stream of its own; None takes them away again."""
    for i, part in enumerate(part for part in module.modules() if isinstance(part, Noisy)):
        part.generator = None if seed is None else torch.Generator(device).manual_seed(seed + i)
