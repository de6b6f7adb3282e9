"""Copies of some members of a stack: those that are trained here, and those that make the model."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from netable.config.bodies import body_spec
from netable.config.recipe import Recipe
from netable.fit.preparation.prepare import Prepared
from netable.model.model import Model
from netable.model.row_sketch import RowSketch
from netable.nn import Ensemble, InputStatistics, TableNet
from netable.nn.build import SHARED, build_net
from netable.train import Objective


def final_members(
    net: TableNet,
    objective: Objective,
    members: Sequence[int],
    recipe: Recipe,
    prepared: Prepared,
    statistics: InputStatistics,
) -> tuple[TableNet, Objective]:
    """A copy of those members of the network that the model consists of, on the CPU."""
    numbers = [member for member in prepared.plan.final_members() if member in members]
    places = [members.index(member) for member in numbers]
    final = copied_members(net, places, recipe, prepared, statistics.take(numbers))
    if body_spec(recipe.model).has_gates:
        final.fold_gates()
    return final, objective.take(places).to(torch.device("cpu"))


def copied_members(
    net: TableNet,
    places: Sequence[int],
    recipe: Recipe,
    prepared: Prepared,
    statistics: InputStatistics,
) -> TableNet:
    """A copy of the networks at these places, which have these statistics, on the CPU."""
    some = build_net(recipe, statistics, prepared.target.d_out)
    if body_spec(recipe.model).has_gates:
        some.add_gates()
    state = {n: t if n.endswith(SHARED) else t[list(places)] for n, t in net.state_dict().items()}
    some.load_state_dict({name: tensor.cpu() for name, tensor in state.items()})
    return some


def unfinished_model(prepared: Prepared, net: TableNet, objective: Objective) -> Model:
    """A model that can predict, without results."""
    return Model(
        recipe=prepared.recipe,
        target=prepared.target,
        schema=prepared.schema,
        encoder=prepared.encoder,
        net=Ensemble.trained([net]),
        objective=objective,
        sketch=RowSketch(),
        results={},
    )
