"""Train stacks of members side by side, choose among them by short runs, and blend them by their out-of-fold losses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from netable.compute.device import find_device
from netable.compute.threads import run_side_by_side, side_by_side
from netable.config.bodies import body_spec
from netable.config.recipe import Recipe
from netable.errors import ConfigError
from netable.fit.members.blend import blend_out_of_fold
from netable.fit.members.first_members import NOT_THE_SAME
from netable.fit.members.member_rows import MemberRows, learn_member_statistics
from netable.fit.members.stack import TrainedStack, train_stack
from netable.fit.members.watcher import Watcher
from netable.fit.preparation.prepare import Prepared
from netable.fit.preparation.resolve import KEPT, TRIAL_SHARE, trial_epochs
from netable.fit.resume.checkpoints import Checkpoints
from netable.model.model import Model
from netable.nn import Ensemble, InputStatistics
from netable.system.agenda import NEVER, Deadline
from netable.train import History, Objective, Phase

# The time of a linear stack beside networks, which begins at its solution, in that of a network.
LINE_SHARE = 0.1
# Numbers in the largest layer of a step from which on it is computed by several threads.
HEAVY = 2**18


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
) -> Trained:
    """Train every stack of the recipe, and blend them; see `netable.train.train` for the errors raised.

    Short runs decide two things: whether the target is learned as its logarithm, if that is open; and, if there are
    more than KEPT stacks, which of them are trained in full: those of the largest weight in a blend.

    Parameters
    ----------
    start : Model, optional
        A model of the same columns, whose weights the members begin with.
    checkpoints : Checkpoints, optional
        Saves the runs of all stacks, and resumes those that were saved.
    deadline : Deadline
        When training should be over. Each phase has a share of the time; what one leaves over goes to the next.
    """
    if start:
        prepared = _continued(prepared, start)
    recipe, rows, phases = prepared.recipe, MemberRows.of(prepared), phases_of(prepared)
    statistics = learn_member_statistics(prepared, recipe.of_stacks(), rows, start.net if start else None)
    shares = zip(phases, _shares_of_rest(phases), strict=True)
    run = _Run(prepared, rows, statistics, watcher or Watcher(), checkpoints, deadline, shares)
    try:
        if prepared.tries_log:
            recipe = replace(recipe, target_transform=_better_transform(run, recipe))
        if len(recipe.stacks) > KEPT:
            recipe = _with_stacks(recipe, _most_useful(run, recipe))
    except _Interrupted as early:
        return early.trained
    return _blend(prepared, recipe, run.train(recipe, start))


def phases_of(prepared: Prepared) -> list[Phase]:
    """The phases of a fit that is not interrupted, and the runs in each."""
    recipe, short = prepared.recipe, trial_epochs(prepared.recipe)
    runs = [(True, 1, short)] * (2 * prepared.tries_log)
    runs += [(True, len(recipe.stacks), short)] * (len(recipe.stacks) > KEPT)
    runs += [(False, min(KEPT, len(recipe.stacks)), recipe.max_epochs)]
    lines = _lines(recipe.of_stacks())
    n_runs, n_epochs = (
        sum(counts) for counts in zip(*((n, n * epochs) for _, n, epochs in runs), strict=True)
    )
    phases, done = [], 0
    for is_trial, n, epochs in runs:
        of_phase = lines if n == len(recipe.stacks) else ()
        phases.append(Phase(is_trial, n, epochs, n_runs, done / n_epochs, n * epochs / n_epochs, of_phase))
        done += n * epochs
    return phases


def _shares_of_rest(phases: Sequence[Phase]) -> list[float]:
    """The share that each phase takes of the time that is left for it and those after it."""
    return [
        TRIAL_SHARE / (1 - TRIAL_SHARE * place) if phase.is_trial else 1.0
        for place, phase in enumerate(phases)
    ]


def _lines(recipes: Sequence[Recipe]) -> tuple[int, ...]:
    """The linear stacks beside networks, which take next to no time."""
    lines = tuple(i for i, recipe in enumerate(recipes) if body_spec(recipe.model).is_linear)
    return lines if len(lines) < len(recipes) else ()


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

    def trial(self, recipe: Recipe) -> list[TrainedStack]:
        """Short runs of the stacks."""
        recipe = replace(recipe, max_epochs=trial_epochs(recipe))
        return self.train(recipe)

    def train(self, recipe: Recipe, start: Model | None = None) -> list[TrainedStack]:
        """Train the next phase: all stacks of a recipe; those that Ctrl-C came too early for are left out."""
        phase, share = next(self.phases)
        self.watcher.on_phase(phase)
        if self.checkpoints:
            self.checkpoints.begin_phase()
        prepared = replace(self.prepared, recipe=recipe)
        recipes = recipe.of_stacks()
        device = find_device(recipe.device, self.rows.inputs[0].dtype)
        deadline, shares = self.deadline.share(share), _shares_of_stacks(recipes, device)
        jobs = [
            partial(
                train_stack,
                prepared,
                stack,
                self.rows,
                self.statistics,
                number=number,
                watcher=self.watcher,
                start=start.net.stacks[number] if start else None,
                deadline=deadline,
                share_of_time=shares[number],
                checkpoint=self.checkpoints.of(number, stack.to_dict()) if self.checkpoints else None,
            )
            for number, stack in enumerate(recipes)
        ]
        return run_side_by_side(jobs, device, heavy=self._is_heavy(recipes[0]))

    def _is_heavy(self, recipe: Recipe) -> bool:
        """True if a layer of a step is large enough for several threads to share one product."""
        widest = max((self.prepared.encoder.d_num, *recipe.hidden_layer_sizes))
        return len(self.prepared.plan) * recipe.batch_size * widest >= HEAVY


def _shares_of_stacks(recipes: Sequence[Recipe], device: torch.device) -> list[float]:
    """The share that each stack takes of its phase's time that is left when it begins.

    Of the stacks side by side, each is followed by those that wait for a free core.
    """
    lines, workers = _lines(recipes), side_by_side(len(recipes), device)
    work = [LINE_SHARE if number in lines else 1.0 for number in range(len(recipes))]
    return [work[number] / sum(work[number::workers]) for number in range(len(recipes))]


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


def _most_useful(run: _Run, recipe: Recipe) -> list[int]:
    """The KEPT stacks that a blend of short runs would use most; among equals those of lower loss."""
    trials = run.trial(recipe)
    weights, _ = _blended(trials, run.prepared)
    losses = [_mean_loss(run.prepared, stack) for stack in trials]
    order = sorted(range(len(trials)), key=lambda i: (-weights[i], losses[i]))
    best = sorted(order[:KEPT])
    if _were_interrupted(trials, recipe):
        raise _Interrupted(_blend(run.prepared, recipe, [trials[i] for i in best]))
    return [trials[i].number for i in best]


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
    if len(recipe.stacks) > KEPT:
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
    """One ensemble of all stacks that finished."""
    weights, outcome = _blended(stacks, prepared)
    by_member = [torch.full((len(s.net),), w / len(s.net)) for s, w in zip(stacks, weights, strict=True)]
    return Trained(
        replace(prepared, recipe=_with_stacks(recipe, [stack.number for stack in stacks]), tries_log=False),
        Ensemble.trained([stack.net for stack in stacks], torch.cat(by_member)),
        Objective.cat([stack.objective for stack in stacks]),
        History.of_stacks([stack.history for stack in stacks]),
        outcome,
        weights,
    )


def _blended(
    stacks: Sequence[TrainedStack], prepared: Prepared
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return blend_out_of_fold(
        np.stack([stack.outcome for stack in stacks]),
        prepared.row_loss(),
        prepared.rows.weight,
        prepared.plan.part_of_rows(len(prepared.rows)),
        in_order=prepared.in_order,
    )
