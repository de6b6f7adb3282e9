"""Trained stacks of all processes: what each has trained is given to all others, as bytes that nothing executes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any

import numpy as np
import torch
from torch import Tensor

from netable.compute.executor import Executor
from netable.config.recipe import Recipe
from netable.fit.members.deal import Hand
from netable.fit.members.stack import TrainedStack
from netable.fit.preparation.prepare import Prepared
from netable.nn import InputStatistics
from netable.nn.build import SHARED, build_net
from netable.train import History, Objective, TargetScale
from netable.train.state_file import state_from_bytes, state_to_bytes

State = dict[str, Any]


def gather(
    executor: Executor,
    stacks: Sequence[TrainedStack],
    hand: Hand,
    prepared: Prepared,
    recipes: Sequence[Recipe],
    statistics: InputStatistics,
) -> list[TrainedStack]:
    """The stacks that all processes have trained, in order; those of this process alone if it is the only one.

    A stack of which a process has no result, because of Ctrl-C, is left out.

    Parameters
    ----------
    stacks : sequence of TrainedStack
        Those of this process.
    hand : Hand
        What this process has trained; of several that have trained the same, the first one gives it.
    recipes : sequence of Recipe
        Of every stack of the phase.
    """
    if executor.size == 1:
        return list(stacks)
    states: list[State] = []
    ours = [
        _state(stack, hand[stack.number].members)
        for stack in stacks
        if hand[stack.number].ranks[0] == executor.rank
    ]
    for given in executor.exchange(state_to_bytes(ours)):
        states += state_from_bytes(given)
    states.sort(key=_number)
    by_stack = [(number, list(parts)) for number, parts in groupby(states, _number)]
    whole = range(len(prepared.plan))
    return [
        _stack(parts, prepared, recipes[number], statistics)
        for number, parts in by_stack
        if sorted(_joined(parts, "members")) == list(whole)
    ]


def _number(state: State) -> int:
    return int(state["number"])


def _joined(parts: Sequence[State], name: str) -> list[Any]:
    return [value for part in parts for value in part[name]]


def _state(stack: TrainedStack, members: Sequence[int]) -> State:
    return {
        "number": stack.number,
        "members": list(members),
        "net": dict(stack.net.state_dict()),
        "scale": stack.objective.scale and list(stack.objective.scale),
        "mean_weight": stack.objective.mean_weight,
        "history": stack.history.state_dict(),
        "outcome": torch.from_numpy(stack.outcome),
    }


def _stack(
    parts: Sequence[State], prepared: Prepared, recipe: Recipe, statistics: InputStatistics
) -> TrainedStack:
    """One stack of the members that several processes have trained."""
    finals = prepared.plan.final_members()
    here = [member for member in _joined(parts, "members") if member in finals]
    order = [here.index(member) for member in finals]

    def members_of(tensors: Sequence[Tensor]) -> Tensor:
        return torch.cat(list(tensors))[order]

    net = build_net(recipe, statistics.take(finals), prepared.target.d_out)
    states = [part["net"] for part in parts]
    net.load_state_dict(
        {
            name: first if name.endswith(SHARED) else members_of([state[name] for state in states])
            for name, first in states[0].items()
        }
    )
    scale = None
    if parts[0]["scale"]:
        scale = TargetScale.cat([TargetScale(*part["scale"]) for part in parts]).map(lambda t: t[order])
    mean_weight = members_of([part["mean_weight"] for part in parts])
    task, loss, quantile = prepared.target.task, recipe.loss, recipe.quantile
    outcome = parts[0]["outcome"].numpy()
    for part in parts[1:]:  # each predicts the rows that its own members have not seen
        outcome = np.where(np.isnan(outcome), part["outcome"].numpy(), outcome)
    return TrainedStack(
        _number(parts[0]),
        net,
        Objective(task, scale, mean_weight, loss=loss, quantile=quantile),
        History.of_members([_history(part) for part in parts], [part["members"] for part in parts]),
        outcome,
    )


def _history(state: State) -> History:
    history = History()
    history.load_state_dict(state["history"])
    return history
