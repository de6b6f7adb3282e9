"""Networks over a table's raw numbers and codes, and ensembles of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor, nn

from netable.nn.bodies.body import Body
from netable.nn.inputs import TableInput
from netable.nn.layers.dropout import Noisy
from netable.nn.target_encoding import TargetEncoding


class TableNet(nn.Module):
    """An input layer with the members' statistics, and a body: raw numbers in, logits out.

    The first weights of features that are almost always zero (flags of missing values, special levels) start at zero,
    so that features which are rare in training add no noise.

    Parameters
    ----------
    inputs : TableInput
    body : Body
    encoding : TargetEncoding, optional
        Turns levels into means of the target, before the input layer.

    Shape
    -----
    numbers : (batch, d_num) or (\\*members, batch, d_num), NaN for missing
    codes : (batch, d_cat) or (\\*members, batch, d_cat), integers, as `look_up` returns them
    returns : (\\*members, batch, d_out), logits or standardized targets
    """

    def __init__(self, inputs: TableInput, body: Body, encoding: TargetEncoding | None = None) -> None:
        super().__init__()
        self.encoding = encoding
        self.inputs = inputs
        self.body = body
        body.forget(inputs.rare)

    def forward(self, numbers: Tensor, codes: Tensor) -> Tensor:
        """Logits or standardized targets; see the class for shapes."""
        output: Tensor = self.body(self.features(numbers, codes))
        return output

    def features(self, numbers: Tensor, codes: Tensor) -> Tensor:
        """The inputs of the body: (\\*members, batch, d_in)."""
        if self.encoding:
            numbers, codes = self.encoding(numbers, codes)
        features: Tensor = self.inputs(numbers, codes)
        return features

    def look_up(self, numbers: Tensor, codes: Tensor, parts: Tensor | None = None) -> Tensor:
        """A table's codes as `forward` takes them, once for many steps; see `TargetEncoding.look_up`."""
        return self.encoding.look_up(numbers, codes, parts) if self.encoding else codes

    def add_gates(self) -> None:
        """Learn a factor of each feature of numbers beside the first weights, until `fold_gates`.

        Features of categories have none: levels would be learned too fast, rare ones by heart.
        """
        self.body.linears[0].add_gates(~self.inputs.of_levels)

    def fold_gates(self) -> None:
        """Multiply the first weights by the factors: the network stays the same."""
        self.body.linears[0].fold_gates()

    def __len__(self) -> int:
        """Members of the stack."""
        return len(self.inputs.center)


class Ensemble(nn.Module):
    """Stacks of different networks, and the weight of each member in their averaged prediction.

    Parameters
    ----------
    stacks : sequence of TableNet
        Each with a member dimension.
    weights : (members,) tensor, optional
        Weights of the members of all stacks, in order, with sum 1; equal if None.

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
        """Outputs of every member; see the class for shapes."""
        sizes = [len(stack) for stack in self.stacks]
        numbers_by_stack, codes_by_stack = (
            part.split_with_sizes(sizes) if part.dim() == 3 else [part] * len(sizes)
            for part in (numbers, codes)
        )
        return torch.cat(
            [
                stack(n, stack.look_up(n, c))
                for stack, n, c in zip(self.stacks, numbers_by_stack, codes_by_stack, strict=True)
            ]
        )

    @classmethod
    def trained(cls, stacks: Sequence[TableNet], weights: Tensor | None = None) -> Ensemble:
        """An ensemble for prediction: in evaluation mode, and without gradients."""
        return cls(stacks, weights).eval().requires_grad_(False)

    def counting(self) -> tuple[Ensemble, list[int]]:
        """An ensemble of the stacks with a member of positive weight (the same modules), and its members' numbers."""
        sizes = [len(stack) for stack in self.stacks]
        numbers = torch.arange(len(self)).split_with_sizes(sizes)
        counting = [i for i, members in enumerate(numbers) if bool(self.weights[members].any())]
        members = torch.cat([numbers[i] for i in counting])
        return Ensemble([self.stacks[i] for i in counting], self.weights[members]), members.tolist()

    @property
    def stacks(self) -> list[TableNet]:
        """The stacks, in order."""
        return cast("list[TableNet]", list(self.stack))

    def __len__(self) -> int:
        """Members of all stacks."""
        return len(self.weights)

    def __repr__(self) -> str:
        stacks = [f"  {len(stack)} × {stack.body.summary()}" for stack in self.stacks]
        return "\n".join([f"Ensemble of {len(self)} networks; its stacks are TableNets:", *stacks])

    @property
    def dtype(self) -> torch.dtype:
        """Precision of the networks and of their inputs."""
        return next(self.parameters()).dtype

    @property
    def device(self) -> torch.device:
        """Device of the networks."""
        return self.weights.device


def seed_noise(
    module: nn.Module,
    seed: int | None,
    device: torch.device | str = "cpu",
    share: tuple[int, Sequence[int]] | None = None,
    batch: tuple[int, slice] | None = None,
) -> None:
    """Give every `Noisy` module of a network its own random stream; with None, torch's global generator again."""
    for i, part in enumerate(part for part in module.modules() if isinstance(part, Noisy)):
        part.generator = None if seed is None else torch.Generator(device).manual_seed(seed + i)
        part.share, part.batch = share, batch
