"""The phases of a fit, and the time that each of them and each stack takes."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from netable.compute.threads import side_by_side
from netable.config.bodies import body_spec
from netable.config.recipe import Recipe
from netable.fit.preparation.prepare import Prepared
from netable.fit.preparation.resolve import TRIAL_SHARE, trial_epochs
from netable.train import Phase


def phases_of(prepared: Prepared) -> list[Phase]:
    """The phases of a fit that is not interrupted, and the runs in each."""
    recipe, short = prepared.recipe, trial_epochs(prepared.recipe)
    runs = [(True, 1, short)] * (2 * prepared.tries_log)
    runs += [(False, len(recipe.stacks), recipe.max_epochs)]
    quick = _quick(recipe.of_stacks())
    n_runs, n_epochs = (
        sum(counts) for counts in zip(*((n, n * epochs) for _, n, epochs in runs), strict=True)
    )
    phases, done = [], 0
    for is_trial, n, epochs in runs:
        of_phase = quick if n == len(recipe.stacks) else ()
        phases.append(Phase(is_trial, n, epochs, n_runs, done / n_epochs, n * epochs / n_epochs, of_phase))
        done += n * epochs
    return phases


def shares_of_rest(phases: Sequence[Phase]) -> list[float]:
    """The share that each phase takes of the time that is left for it and those after it."""
    return [
        TRIAL_SHARE / (1 - TRIAL_SHARE * place) if phase.is_trial else 1.0
        for place, phase in enumerate(phases)
    ]


def _quick(recipes: Sequence[Recipe]) -> tuple[int, ...]:
    """The stacks that take little time beside others: lines and trees."""
    costs = [body_spec(recipe.model).cost for recipe in recipes]
    return tuple(number for number, cost in enumerate(costs) if cost < max(costs))


def costs_of(recipes: Sequence[Recipe]) -> list[float]:
    """The time that each stack takes, in that of a network."""
    costs = [body_spec(recipe.model).cost for recipe in recipes]
    return [cost / max(costs) for cost in costs]


def shares_of_stacks(recipes: Sequence[Recipe], device: torch.device) -> list[float]:
    """The share that each stack takes of its phase's time that is left when it begins.

    Of the stacks side by side, each is followed by those that wait for a free core.
    """
    work, workers = costs_of(recipes), side_by_side(len(recipes), device)
    return [work[number] / sum(work[number::workers]) for number in range(len(recipes))]
