"""The members of a stack before their first step: statistics, first weights, scale of the target."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from netable.config.bodies import body_spec
from netable.config.recipe import Recipe
from netable.errors import ConfigError
from netable.fit.members.line import can_be_solved, start_at_least_squares
from netable.fit.members.member_rows import MemberRows
from netable.fit.preparation.prepare import Prepared
from netable.nn import InputStatistics, TableNet
from netable.nn.build import build_net
from netable.table.target import Target
from netable.train import Objective, learn_scale
from netable.train.objective import mean_loss

# The least initial probability of a class.
RAREST = 1e-4
NOT_THE_SAME = "warm_start needs the same columns, levels, classes, loss and layers as the last fit."


def seeds(recipe: Recipe) -> tuple[int, int, int]:
    """Independent seeds of the first weights, the order of rows, and the noise of training."""
    init, order, noise = (int(seed) for seed in np.random.SeedSequence(recipe.seed).generate_state(3))
    return init, order, noise


class Beginning(NamedTuple):
    """A stack before its first step.

    Attributes
    ----------
    rows : MemberRows
        With codes as the stack takes them.
    constant_loss : float
        The mean loss of the best constants, on the members' training rows.
    is_good : bool
        Training may not improve on the first weights: trained ones, or a solution.
    """

    net: TableNet
    objective: Objective
    rows: MemberRows
    constant_loss: float
    is_good: bool


def begin(
    prepared: Prepared,
    recipe: Recipe,
    rows: MemberRows,
    statistics: InputStatistics,
    start: TableNet | None,
) -> Beginning:
    """The stack of a recipe for one, ready to be trained; see `train_stack` for the arguments."""
    net, objective = first_members(prepared, recipe, rows, statistics)
    rows = rows.looked_up_by(net)
    weight = rows.by_member(rows.training_weight)
    constant_loss = mean_loss(objective, _first_guess(prepared.target, rows), rows.y, weight)
    starts = None if body_spec(recipe.model).is_grown else start  # trees are grown anew
    is_good = _start_well(net, objective, rows, starts)
    if body_spec(recipe.model).has_gates:
        net.add_gates()
    return Beginning(net, _bounded(objective, rows, prepared.recipe), rows, constant_loss, is_good)


def first_members(
    prepared: Prepared, recipe: Recipe, rows: MemberRows, statistics: InputStatistics
) -> tuple[TableNet, Objective]:
    """The members before their first step, with their own statistics, and the objective in their units."""
    generator = torch.Generator().manual_seed(seeds(recipe)[0])
    net = build_net(recipe, statistics, prepared.target.d_out, generator)
    net.body.begin_at(_first_guess(prepared.target, rows))
    return net, _objective(prepared, rows)


def _first_guess(target: Target, rows: MemberRows) -> Tensor:
    """The best constant output, of a regression about zero; for classes their shares: (members, 1, d_out)."""
    dtype = rows.inputs[0].dtype
    if target.task == "regression":
        return torch.zeros(len(rows.learned), 1, target.d_out, dtype=dtype)
    hot = torch.nn.functional.one_hot(rows.y, len(target.labels)).double()
    counts = rows.by_member(rows.training_weight) @ hot
    shares = (counts / counts.sum(-1, keepdim=True)).clamp(min=RAREST)
    logits = shares.log() if target.d_out > 1 else (shares[:, 1:] / shares[:, :1]).log()
    return logits.unsqueeze(-2).to(dtype)


def _objective(prepared: Prepared, rows: MemberRows) -> Objective:
    task, recipe = prepared.target.task, prepared.recipe
    weight = rows.by_member(rows.training_weight)
    mean_weight = (weight.sum(-1) / rows.learned.sum(-1)).to(rows.inputs[0].dtype)
    scale = None
    if task == "regression":
        log = recipe.target_transform == "log"
        scale = learn_scale(rows.y, weight, recipe.loss, recipe.quantile, log=log)
    return Objective(task, scale, mean_weight, loss=recipe.loss, quantile=recipe.quantile)


def _bounded(objective: Objective, rows: MemberRows, recipe: Recipe) -> Objective:
    """With bounds of predictions; a linear model alone may be meant to go on beyond the data."""
    if objective.scale is None or body_spec(recipe.model).is_linear:
        return objective
    return replace(objective, scale=objective.scale.bounded(rows.y, rows.by_member(rows.weight) > 0))


def _start_well(net: TableNet, objective: Objective, rows: MemberRows, start: TableNet | None) -> bool:
    """Begin with trained weights or a solution; False if there is neither, and the net is a constant."""
    if start:
        _start_from(net, start)
        return True
    return can_be_solved(net, objective) and start_at_least_squares(net, objective, rows)


def _start_from(net: TableNet, start: TableNet) -> None:
    """Copy a trained network's weights; if it has fewer members, each is copied several times."""
    trained = dict(start.named_parameters())
    shapes = {name: parameter.shape[1:] for name, parameter in net.named_parameters()}
    if shapes != {name: parameter.shape[1:] for name, parameter in trained.items()}:
        raise ConfigError(NOT_THE_SAME)
    with torch.no_grad():
        for name, parameter in net.named_parameters():
            parameter.copy_(trained[name][torch.arange(len(parameter)) % len(trained[name])])
