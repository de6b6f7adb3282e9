"""From a recipe to the networks of a stack."""

from __future__ import annotations

import torch

from netable.config.recipe import Recipe
from netable.nn import MLP, InputStatistics, TableInput, TableNet
from netable.nn.inputs import HIDDEN_SHARE

# The end of the names of those tensors of a stack that are the same for all members.
COLUMNS = ".columns"


def build_net(
    recipe: Recipe, statistics: InputStatistics, d_out: int, generator: torch.Generator | None = None
) -> TableNet:
    """The stack that a recipe of one asks for, a member for each of the statistics."""
    linear = recipe.model == "linear"
    dtype = statistics.center.dtype
    # Without a generator the first weights are about to be overwritten; torch's global stream must not move for them.
    generator = generator or torch.Generator()
    # Networks in float64 are those of tiny tables, from which nothing is hidden.
    hidden_share = 0.0 if dtype == torch.float64 else HIDDEN_SHARE
    inputs = TableInput(
        statistics if recipe.embedding == "bins" else statistics._replace(bins=()),
        smooth_clip=not linear,
        periodic=recipe.embedding == "periodic",
        hidden_share=hidden_share,
        generator=generator,
    )
    body = MLP(
        inputs.d_out,
        d_out,
        hidden_layer_sizes=() if linear else recipe.hidden_layer_sizes,
        activation=recipe.activation,
        dropout=0.0 if linear else recipe.dropout,
        members=tuple(statistics.center.shape[:-1]),
        generator=generator,
    )
    return TableNet(inputs, body).to(dtype)
