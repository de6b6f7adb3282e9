"""Train stacks of members side by side, and blend them by their out-of-fold losses."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from threading import Event
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from netable.compute.device import find_device
from netable.compute.executor import ALONE, SOLO, Executor, Team
from netable.compute.threads import run_side_by_side
from netable.config.recipe import Recipe
from netable.errors import ConfigError
from netable.fit.members.blend import blend_out_of_fold
from netable.fit.members.deal import Hand, check_size, deal, teams_of
from netable.fit.members.first_members import NOT_THE_SAME
from netable.fit.members.gather import gather
from netable.fit.members.member_rows import MemberRows, learn_member_statistics
from netable.fit.members.phases import costs_of, phases_of, shares_of_rest, shares_of_stacks
from netable.fit.members.stack import TrainedStack, train_stack
from netable.fit.members.watcher import Watcher
from netable.fit.preparation.prepare import Prepared
from netable.fit.preparation.resolve import trial_epochs
from netable.fit.resume.checkpoints import Checkpoints
from netable.model.model import Model
from netable.nn import Ensemble, InputStatistics
from netable.system.agenda import NEVER, Deadline
from netable.train import History, Objective, Phase
from netable.train.peers import Peers

# Numbers in the largest layer of a step from which on it is computed by several threads.
HEAVY = 2**18
# Up to so many stacks are all in the model; of more, those that a blend uses.
ALL_KEPT = 4


class Trained(NamedTuple):
    """The result of training.

    Attributes
    ----------
    prepared : Prepared
        With the recipe of the stacks that the model consists of.
    outcome : (rows, d_out or classes)
        Predictions of every row by members that did not learn from it; NaN where there are none.
    weights : (stacks,), of sum 1
        The share of each stack in the blend.
    """

    prepared: Prepared
    net: Ensemble
    objective: Objective
    history: History
    outcome: NDArray[np.float64]
    weights: NDArray[np.float64]


def train_members(
    prepared: Prepared,
    watcher: Watcher | None = None,
    start: Model | None = None,
    checkpoints: Checkpoints | None = None,
    deadline: Deadline = NEVER,
    executor: Executor = ALONE,
) -> Trained:
    """Train every stack of the recipe, and blend them; see `netable.train.train` for the errors raised.

    Short runs decide whether the target is learned as its logarithm, if that is open.

    Parameters
    ----------
    start : Model, optional
        A model of the same columns, whose weights the members begin with.
    checkpoints : Checkpoints, optional
        Saves the runs of all stacks, and resumes those that were saved.
    deadline : Deadline
        When training should be over. Each phase has a share of the time; what one leaves over goes to the next.
    executor : Executor
        Where members are trained: here, or in several processes, whose results are gathered in all of them.
    """
    if start:
        prepared = _continued(prepared, start)
    recipe, rows, phases = prepared.recipe, MemberRows.of(prepared), phases_of(prepared)
    statistics = learn_member_statistics(prepared, recipe.of_stacks(), rows, start.net if start else None)
    shares = zip(phases, shares_of_rest(phases), strict=True)
    check_size(executor.size, recipe, len(prepared.plan), is_limited=deadline.is_limited)
    run = _Run(prepared, rows, statistics, watcher or Watcher(), checkpoints, deadline, shares, executor)
    try:
        if prepared.tries_log:
            recipe = replace(recipe, target_transform=_better_transform(run, recipe))
    except _Interrupted as early:
        return early.trained
    return _blend(prepared, recipe, run.train(recipe, start))


class _Interrupted(Exception):
    """Ctrl-C ended short runs: the model consists of these."""

    def __init__(self, trained: Trained) -> None:
        super().__init__()
        self.trained = trained
        trained.history.ending = "interrupted"


@dataclass(frozen=True)
class _Run:
    """The arguments of every run of a fit."""

    prepared: Prepared
    rows: MemberRows
    statistics: InputStatistics
    watcher: Watcher
    checkpoints: Checkpoints | None
    deadline: Deadline
    phases: Iterator[tuple[Phase, float]]  # with the share of the remaining time
    executor: Executor

    def trial(self, recipe: Recipe) -> list[TrainedStack]:
        """Short runs of the stacks."""
        return self.train(recipe.shortened(trial_epochs(recipe)))

    def train(self, recipe: Recipe, start: Model | None = None) -> list[TrainedStack]:
        """Train the next phase: all stacks of a recipe; those that Ctrl-C came too early for are left out."""
        phase, share = next(self.phases)
        place = f"phase {phase.before:.6f}"  # the same in all processes
        self.watcher.on_phase(phase)
        if self.checkpoints:
            self.checkpoints.begin_phase()
        prepared = replace(self.prepared, recipe=recipe)
        recipes = recipe.of_stacks()
        device = find_device(recipe.device, self.rows.inputs[0].dtype)
        hands = deal(
            costs_of(recipes), len(prepared.plan), self.executor.size, whole=self.deadline.is_limited
        )
        mine = hands[self.executor.rank]
        team = self.executor.team(teams_of(hands))
        deadline, shares = self.deadline.share(share), shares_of_stacks([recipes[i] for i in mine], device)
        peers = {number: self._peers(f"{place}/{number}", number, hands, team) for number in mine}
        jobs: list[Callable[[Event], TrainedStack]] = [
            _beside(
                peers[number],
                train_stack,
                prepared,
                recipes[number],
                self.rows,
                self.statistics,
                number=number,
                watcher=self.watcher,
                start=start.net.stacks[number] if start else None,
                deadline=deadline,
                share_of_time=share_of_time,
                checkpoint=self.checkpoints
                and self.checkpoints.of(
                    number, recipes[number].to_dict(), mine[number].members, len(prepared.plan), peers[number]
                ),
            )
            for number, share_of_time in zip(mine, shares, strict=True)
        ]
        try:
            trained = run_side_by_side(
                jobs, device, heavy=self._is_heavy(recipes[0]), in_threads=team.size > 1
            )
        except KeyboardInterrupt:  # other processes may have results
            if self.executor.size == 1:
                raise
            trained = []
        trained = gather(self.executor, trained, mine, prepared, recipes, self.statistics)
        if not trained:
            raise KeyboardInterrupt
        return trained

    def _peers(self, name: str, number: int, hands: Sequence[Hand], team: Team) -> Peers | None:
        """The other processes that train a stack, if there are any."""
        mine = hands[self.executor.rank][number]
        members = {hand[number].ranks[0]: hand[number].members for hand in hands if number in hand}
        if len(members) == len(mine.ranks) == 1:
            return None
        return Peers(self.executor, name, members, team if len(mine.ranks) > 1 else SOLO, mine.ranks[0])

    def _is_heavy(self, recipe: Recipe) -> bool:
        """True if a layer of a step is large enough for several threads to share one product."""
        widest = max((self.prepared.encoder.d_num, *recipe.hidden_layer_sizes))
        return len(self.prepared.plan) * recipe.batch_size * widest >= HEAVY


def _beside(
    peers: Peers | None, job: Callable[..., TrainedStack], *arguments: Any, **options: Any
) -> Callable[[Event], TrainedStack]:
    """A job of this process alone, or beside those that train the other members of its stack."""
    if peers is None:
        return partial(job, *arguments, **options)

    def run(stop: Event) -> TrainedStack:
        peers.stop = stop
        with peers:
            return job(*arguments, stop, peers=peers, **options)

    return run


def _better_transform(run: _Run, recipe: Recipe) -> str:
    """The transform with which short runs of the first stack have the lower loss out of fold, in the target's units."""
    losses = {}
    for transform in ("none", "log"):
        one_stack = _with_stacks(replace(recipe, target_transform=transform), [0])
        trials = run.trial(one_stack)
        if _were_interrupted(trials, one_stack):
            raise _Interrupted(_blend(run.prepared, one_stack, trials))
        losses[transform] = _mean_loss(run.prepared, trials[0])
    return "log" if losses["log"] < losses["none"] else "none"


def _were_interrupted(stacks: Sequence[TrainedStack], recipe: Recipe) -> bool:
    endings = {stack.history.ending for stack in stacks}
    return len(stacks) < len(recipe.stacks) or "interrupted" in endings


def _mean_loss(prepared: Prepared, stack: TrainedStack) -> float:
    """The mean over the rows that have an outcome; 0 if none of them counts."""
    rows = np.flatnonzero(~np.isnan(stack.outcome[:, 0]))
    weight = prepared.rows.weight[rows]
    total = weight.sum()
    return float(weight @ prepared.row_loss()(stack.outcome[rows], rows) / total) if total else 0.0


def _continued(prepared: Prepared, start: Model) -> Prepared:
    """The same with the choices that short runs made in the first fit.

    Raises
    ------
    ConfigError
        If that fit had other inputs or outputs.
    """
    recipe = prepared.recipe
    if prepared.tries_log:
        recipe = replace(recipe, target_transform=start.recipe.target_transform)
    if len(recipe.stacks) > ALL_KEPT:
        recipe = replace(recipe, stacks=start.recipe.stacks)
    prepared = replace(prepared, recipe=recipe, tries_log=False)
    if _meaning(start) != _meaning(prepared) or len(start.net.stacks) != len(recipe.stacks):
        raise ConfigError(NOT_THE_SAME)
    return prepared


def _meaning(fitted: Model | Prepared) -> tuple[object, ...]:
    """The meaning of a network's inputs and outputs."""
    encoder, target, recipe = fitted.encoder, fitted.target, fitted.recipe
    inputs = encoder.number_names, dict(encoder.levels)
    outputs = target.task, target.labels, len(target.names), recipe.loss, recipe.target_transform
    return *inputs, *outputs


def _with_stacks(recipe: Recipe, numbers: Iterable[int]) -> Recipe:
    return replace(recipe, stacks=tuple(recipe.stacks[i] for i in numbers))


def _blend(prepared: Prepared, recipe: Recipe, stacks: Sequence[TrainedStack]) -> Trained:
    """One ensemble of all stacks that finished; of many, those that a blend uses."""
    blended = blend_out_of_fold(
        np.stack([stack.outcome for stack in stacks]),
        prepared.row_loss(),
        prepared.rows.weight,
        prepared.plan.part_of_rows(len(prepared.rows)),
        in_order=prepared.in_order,
    )
    kept = [*range(len(stacks))] if len(recipe.stacks) <= ALL_KEPT else np.flatnonzero(blended.used).tolist()
    weights, stacks = blended.weights[kept], [stacks[place] for place in kept]
    by_member = [torch.full((len(s.net),), w / len(s.net)) for s, w in zip(stacks, weights, strict=True)]
    return Trained(
        replace(prepared, recipe=_with_stacks(recipe, [stack.number for stack in stacks]), tries_log=False),
        Ensemble.trained([stack.net for stack in stacks], torch.cat(by_member)),
        Objective.cat([stack.objective for stack in stacks]),
        History.of_stacks([stack.history for stack in stacks]),
        blended.outcome,
        weights,
    )
