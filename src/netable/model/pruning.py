"""Fewer networks of an ensemble."""

from __future__ import annotations

import torch

from netable.errors import ConfigError
from netable.nn import Ensemble
from netable.nn.build import some_members


def fewer_members(net: Ensemble, members: int) -> tuple[Ensemble, list[int]]:
    """An ensemble of so many members of each stack, the heaviest, and their numbers; stacks keep their weights.

    As a rule all weights of a stack are equal; then the first members are kept. Stacks without weight keep one, which
    is not asked.

    Raises
    ------
    ConfigError
        If `members` is not a number of 1 or more.
    """
    if isinstance(members, bool) or not isinstance(members, int) or members < 1:
        raise ConfigError(
            f"The networks to keep of each stack must be a number of 1 or more; got {members!r}."
        )
    stacks, weights, kept, first = [], [], [], 0
    for stack, weight in zip(net.stacks, net.weights.split_with_sizes([*map(len, net.stacks)]), strict=True):
        total = weight.sum()
        some = (-weight).argsort(stable=True)[: members if total else 1].sort().values
        stacks.append(some_members(stack, some.tolist()))
        weights.append(weight[some] * (total / weight[some].sum() if total else 1))
        kept += (first + some).tolist()
        first += len(stack)
    return Ensemble.trained(stacks, torch.cat(weights)), kept
