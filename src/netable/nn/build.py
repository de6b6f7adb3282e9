"""Networks from recipes."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from pkgutil import resolve_name
from typing import Any

import torch

from netable.config.bodies import body_spec
from netable.config.recipe import Recipe
from netable.nn.bodies.body import Body
from netable.nn.inputs import HIDDEN_SHARE, TableInput
from netable.nn.statistics import InputStatistics
from netable.nn.tabular import TableNet
from netable.nn.target_encoding import TargetEncoding

# The ends of the names of those tensors of a stack that are the same for all members.
SHARED = (".columns", ".cuts", ".keys")
# And of those that hold integers.
INTEGERS = (".position", ".columns", ".keys")


def body_settings(recipe: Recipe) -> dict[str, Any]:
    """The settings that the network of a recipe reads."""
    return {name: getattr(recipe, name) for name in body_spec(recipe.model).settings}


def build_body(
    recipe: Recipe,
    d_in: int,
    d_out: int,
    members: tuple[int, ...] = (),
    generator: torch.Generator | None = None,
) -> Body:
    """The network that a recipe names, between features and outputs."""
    body: type[Body] = resolve_name(body_spec(recipe.model).path)
    return body(d_in, d_out, members=members, generator=generator, **body_settings(recipe))


def body_shapes(recipe: Recipe, d_in: int, d_out: int) -> dict[str, torch.Size]:
    """The shape of each tensor of one member's network, without the memory for it."""
    with torch.device("meta"):
        return {name: tensor.shape for name, tensor in build_body(recipe, d_in, d_out).state_dict().items()}


def build_net(
    recipe: Recipe, statistics: InputStatistics, d_out: int, generator: torch.Generator | None = None
) -> TableNet:
    """The stack of a recipe for one, with a member for each of the statistics."""
    means = statistics.level_means if recipe.categories == "means" else None
    if means is None:
        return build_encoded(recipe, statistics, d_out, None, generator)
    if body_spec(recipe.model).is_grown:  # trees look at two columns by themselves
        means = means.of_single_columns(statistics.cardinalities, statistics.widths)
    encoding = TargetEncoding(means, statistics.cardinalities, statistics.widths)
    return build_encoded(recipe, statistics.encoded(means), d_out, encoding, generator)


def some_members(net: TableNet, members: Sequence[int]) -> TableNet:
    """A copy of some members of a stack."""
    some = deepcopy(net)
    for name, tensor in some.state_dict(keep_vars=True).items():
        if not name.endswith(SHARED):
            tensor.data = tensor.data[list(members)]
    return some


def build_encoded(
    recipe: Recipe,
    statistics: InputStatistics,
    d_out: int,
    encoding: TargetEncoding | None,
    generator: torch.Generator | None = None,
) -> TableNet:
    """The same from the statistics of what its target encoding, if any, returns."""
    dtype = statistics.center.dtype
    # Without a generator the first weights are about to be overwritten; torch's global stream must not move for them.
    generator = generator or torch.Generator()
    # Networks in float64 are those of tiny tables, from which nothing is hidden.
    hidden_share = 0.0 if dtype == torch.float64 else HIDDEN_SHARE
    inputs = TableInput(
        statistics if recipe.embedding == "bins" else statistics._replace(bins=()),
        smooth_clip=body_spec(recipe.model).is_robust,
        periodic=recipe.embedding == "periodic",
        hidden_share=hidden_share,
        generator=generator,
    )
    members = tuple(statistics.center.shape[:-1])
    return TableNet(inputs, build_body(recipe, inputs.d_out, d_out, members, generator), encoding).to(dtype)
