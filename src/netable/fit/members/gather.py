"""Trained stacks of all processes: what each has trained is given to all others, as bytes that nothing executes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from netable.compute.executor import Executor
from netable.config.recipe import Recipe
from netable.fit.members.stack import TrainedStack
from netable.fit.preparation.prepare import Prepared
from netable.nn import InputStatistics
from netable.nn.build import build_net
from netable.train import History, Objective, TargetScale
from netable.train.state_file import state_from_bytes, state_to_bytes


def gather(
    executor: Executor,
    stacks: Sequence[TrainedStack],
    prepared: Prepared,
    recipes: Sequence[Recipe],
    statistics: InputStatistics,
) -> list[TrainedStack]:
    """The stacks that all processes have trained, in order; those of this process alone if it is the only one.

    Parameters
    ----------
    stacks : sequence of TrainedStack
        Those of this process.
    recipes : sequence of Recipe
        Of every stack of the phase.
    """
    if executor.size == 1:
        return list(stacks)
    states: list[dict[str, Any]] = []
    for given in executor.exchange(state_to_bytes([_state(stack) for stack in stacks])):
        states += state_from_bytes(given)
    states.sort(key=lambda state: int(state["number"]))
    return [_stack(state, prepared, recipes[state["number"]], statistics) for state in states]


def _state(stack: TrainedStack) -> dict[str, Any]:
    objective = stack.objective
    return {
        "number": stack.number,
        "net": dict(stack.net.state_dict()),
        "scale": objective.scale and list(objective.scale),
        "mean_weight": objective.mean_weight,
        "history": stack.history.state_dict(),
        "outcome": torch.from_numpy(stack.outcome),
    }


def _stack(
    state: dict[str, Any], prepared: Prepared, recipe: Recipe, statistics: InputStatistics
) -> TrainedStack:
    members = [prepared.plan.candidates[i].member for i in prepared.plan.final]
    net = build_net(recipe, statistics.take(members), prepared.target.d_out)
    net.load_state_dict(state["net"])
    scale = state["scale"] and TargetScale(*state["scale"])
    objective = Objective(
        prepared.target.task, scale, state["mean_weight"], loss=recipe.loss, quantile=recipe.quantile
    )
    history = History()
    history.load_state_dict(state["history"])
    return TrainedStack(state["number"], net, objective, history, state["outcome"].numpy())
