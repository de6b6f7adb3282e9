"""Train the members of a plan as one stack of networks, and predict the rows that each did not learn from."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Event
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from netable.compute.device import find_device
from netable.compute.executor import SOLO
from netable.config.bodies import body_spec
from netable.config.recipe import Recipe
from netable.fit.members.batches import batches_of
from netable.fit.members.boosting import grow_trees
from netable.fit.members.copies import copied_members, final_members, unfinished_model
from netable.fit.members.first_members import begin, seeds
from netable.fit.members.member_rows import MemberRows
from netable.fit.members.watcher import RunningStack, Watcher
from netable.fit.preparation.prepare import Prepared
from netable.nn import Ensemble, InputStatistics, TableNet, seed_noise
from netable.system.agenda import NEVER, Deadline
from netable.train import (
    Checkpoint,
    EarlyStopping,
    Epoch,
    History,
    Objective,
    TrainingPlan,
    fit_smearing,
    make_optimizer,
    train,
)
from netable.train.peers import Peers
from netable.train.smearing import is_smeared
from netable.train.stopping import outputs_for, rows_of_members

# Of a run whose time is over: one step.
LEAST_SECONDS = 1e-6


class TrainedStack(NamedTuple):
    """The members of a stack that the model consists of.

    Attributes
    ----------
    number : int
        Its position among the stacks of its phase.
    outcome : (rows, d_out or classes)
        Predictions of every row by members that did not learn from it; NaN where there are none.
    """

    number: int
    net: TableNet
    objective: Objective
    history: History
    outcome: NDArray[np.float64]


def train_stack(
    prepared: Prepared,
    recipe: Recipe,
    rows: MemberRows,
    statistics: InputStatistics,
    stop: Event | None = None,
    *,
    number: int = 0,
    watcher: Watcher | None = None,
    start: TableNet | None = None,
    deadline: Deadline = NEVER,
    share_of_time: float = 1.0,
    checkpoint: Checkpoint | None = None,
    peers: Peers | None = None,
) -> TrainedStack:
    """Train every member of the plan in one run; see `netable.train.train` for the errors raised.

    Parameters
    ----------
    recipe : Recipe
        Of this stack alone.
    rows, statistics
        On the CPU.
    stop : threading.Event, optional
        Once set, it ends the run as Ctrl-C does.
    number : int
        Its position among the stacks of its phase.
    start : TableNet, optional
        Trained members whose weights these begin with.
    deadline : Deadline
        When the members should be trained, and their rows predicted.
    share_of_time : float
        The share that these members take of the time that is left when they begin.
    checkpoint : Checkpoint, optional
        Saves the run, and resumes it if it was saved.
    peers : Peers, optional
        The processes that train the other members; the result has those of this one alone.
    """
    watcher, deadline = watcher or Watcher(), deadline.share(share_of_time)
    plan, members = prepared.plan, list(peers.mine if peers else range(len(prepared.plan)))
    _, order_seed, noise_seed = seeds(recipe)
    net, objective, rows, constant_loss, is_good = begin(prepared, recipe, rows, statistics, start)
    if peers:  # what a member begins with does not depend on which others are trained here
        net = copied_members(net, members, recipe, prepared, statistics.take(members, for_training=True))
        objective, rows = objective.take(members), rows._replace(learned=rows.learned[members])
    device = find_device(recipe.device, rows.inputs[0].dtype)
    net, objective, rows = net.to(device), objective.to(device), rows.to(device)
    batches = batches_of(rows, prepared, recipe, order_seed, net, members, peers.team if peers else SOLO)
    early_stopping = _early_stopping(net, objective, rows, plan, recipe, peers)
    if early_stopping and is_good:
        early_stopping.update(epoch=0)  # training may not improve on it
    seed_noise(net, noise_seed, device, (len(plan), members) if peers else None, batches.part)
    history = History()

    def final() -> tuple[TableNet, Objective]:
        return final_members(net, _smeared(net, objective, rows), members, recipe, prepared, statistics)

    running = RunningStack(recipe, history, constant_loss, lambda: unfinished_model(prepared, *final()))

    def on_epoch(epoch: Epoch) -> bool | None:
        return watcher.on_epoch(epoch._replace(stack=number), running)

    ends: dict[str, Any] = {
        "early_stopping": early_stopping,
        "on_epoch": on_epoch,
        "stop": stop,
        "history": history,
    }
    if body_spec(recipe.model).is_grown:
        grow_trees(net, objective, rows, recipe, members, noise_seed, deadline, **ends)
    else:
        to_follow = _judgings_to_follow(early_stopping, plan, objective, rows)
        ends |= {"judgings_to_follow": to_follow, "checkpoint": checkpoint}
        train(net, objective, optimizer_for(net, recipe), batches, **_steps(recipe, net, deadline), **ends)
    history.constant_loss, history.keeps_best = constant_loss, plan.stops_early
    seed_noise(net, None)
    best = early_stopping if plan.stops_early or history.ending == "diverged" else None
    outcome = _out_of_fold(net, objective, rows, plan, members, best, prepared.target.width)
    if best:
        chosen = plan.weights_for_model()
        best.restore([chosen[member] for member in members])
    watcher.on_stack_end(number)
    return TrainedStack(number, *final(), history, outcome)


def _steps(recipe: Recipe, net: TableNet, deadline: Deadline) -> dict[str, Any]:
    """How steps are taken, as arguments of `train`."""
    return {
        "max_epochs": recipe.max_epochs,
        "schedule": recipe.schedule,
        "clip_norm": recipe.clip_norm,
        "precision": recipe.precision if net.inputs.center.dtype == torch.float32 else "float32",
        "time_limit": max(deadline.left(), LEAST_SECONDS) if deadline.is_limited else None,
    }


def optimizer_for(net: TableNet | Ensemble, recipe: Recipe) -> torch.optim.Optimizer:
    """The optimizer of a recipe."""
    return make_optimizer(
        recipe.optimizer,
        net.named_parameters(),
        lr=recipe.lr,
        momentum=recipe.momentum,
        weight_decay=recipe.weight_decay,
        members=1,
    )


def _early_stopping(
    net: TableNet,
    objective: Objective,
    rows: MemberRows,
    plan: TrainingPlan,
    recipe: Recipe,
    peers: Peers | None,
) -> EarlyStopping | None:
    if not plan.held_out:
        return None
    # Without early stopping it still records the validation losses.
    patience = recipe.patience if plan.stops_early else recipe.max_epochs
    return EarlyStopping(net, objective, rows.inputs, rows.y, rows.training_weight, plan, patience, peers)


def _judgings_to_follow(
    early_stopping: EarlyStopping | None, plan: TrainingPlan, objective: Objective, rows: MemberRows
) -> float:
    """The work after the last step: predictions out of fold and smearing, in evaluations of held-out rows."""
    if not early_stopping:
        return 0.0
    rounds, members = plan.rounds(), len(plan)
    outputs = sum(members * max(len(part.rows) for part in parts) for parts in rounds)
    if is_smeared(objective):
        outputs += (1 + len(rounds)) * members * len(rows.y)
    return outputs / max(1, early_stopping.rows_measured)


def _smeared(net: TableNet, objective: Objective, rows: MemberRows) -> Objective:
    return fit_smearing(net, objective, rows.inputs, rows.y, rows.learned, rows.weight)


def _out_of_fold(
    net: TableNet,
    objective: Objective,
    rows: MemberRows,
    plan: TrainingPlan,
    members: Sequence[int],
    best: EarlyStopping | None,
    width: int,
) -> NDArray[np.float64]:
    outcome = np.full((len(rows.y), width), np.nan)
    for parts in plan.rounds():
        mine = {members.index(part.member): part.rows for part in parts if part.member in members}
        if not mine:
            continue
        if best:
            chosen = plan.weights_for_round(parts)
            best.restore([chosen[member] for member in members])
        smeared = _smeared(net, objective, rows)
        numbers = [(place, torch.from_numpy(held_out)) for place, held_out in mine.items()]
        output = outputs_for(net, rows.inputs, rows_of_members(numbers, len(members)).to(rows.y.device))
        predicted = smeared.predict(output).cpu().double().numpy()
        for place, held_out in mine.items():
            outcome[held_out] = predicted[place, : len(held_out)]
    return outcome
