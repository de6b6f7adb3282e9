"""An estimate of how long training takes, from a few steps that are timed on this machine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from netable.compute.device import find_device
from netable.compute.threads import free_cores, side_by_side, torch_threads
from netable.errors import TrainingWarning, silence
from netable.first_look.result import TimeLook
from netable.fit.closing import closing_parts
from netable.fit.members.phases import phases_of
from netable.fit.members.stacks import train_members
from netable.fit.members.watcher import RunningStack, Watcher
from netable.fit.preparation.prepare import Prepared
from netable.fit.usual_end import usual_end
from netable.system.agenda import Part
from netable.system.wording import counted, percent
from netable.train import Epoch, Phase, TrainingPlan
from netable.train.stopping import JUDGING_ROWS

# Steps of a trial's epoch at most, and its epochs, of which the first is slower and is not counted.
STEPS, EPOCHS = 6, 3
# The time of a prediction in that of a training step of the same row: forward, without backward.
FORWARD = 1 / 3


def estimate(
    prepared: Prepared, reading: float, preparing: float, time_limit: float | None, later: Sequence[Part] = ()
) -> TimeLook:
    """The time of a training that is prepared.

    Parameters
    ----------
    reading, preparing : float
        Seconds that these took just now.
    later : sequence of Part
        What is to follow the fit.
    """
    recipe, trial = prepared.recipe, trial_of(prepared)
    seconds = _seconds_of_epoch(trial) * _work(prepared.plan, recipe.batch_size)
    seconds /= _work(trial.plan, recipe.batch_size)
    stops_early = recipe.early_stopping and bool(prepared.plan.held_out) and not prepared.tiny
    usual = usual_end(recipe.schedule, 0.0) if stops_early else 1.0
    # Short runs before take a share of the whole; predictions out of fold about as long as an evaluation.
    whole = seconds * recipe.max_epochs / phases_of(prepared)[-1].share
    rest = {
        "reading": reading,
        "preparing": preparing,
        "scores and checks": sum(part.seconds for part in closing_parts(prepared.n_rows)),
    }
    if later:
        rest["writing"] = sum(part.seconds for part in later)
    limit = np.inf if time_limit is None else time_limit
    return TimeLook(
        seconds=float(min(sum(rest.values()) + usual * whole, limit)),
        at_most=float(min(sum(rest.values()) + whole, limit)),
        parts={"training": usual * whole} | rest,
        how=_how(prepared, trial, usual),
    )


def trial_of(prepared: Prepared) -> Prepared:
    """A short training of some of the rows, in batches of the same size."""
    recipe = prepared.recipe
    most = max(len(rows) for rows in prepared.plan.train_rows)
    share = min(1.0, STEPS * recipe.batch_size / most)
    rng = np.random.default_rng(recipe.seed)
    n_rows = len(prepared.rows)
    taken = np.sort(rng.permutation(n_rows)[: max(2, round(share * n_rows))])
    plan = _among(prepared.plan, taken, n_rows)
    if any(not len(rows) for rows in (*plan.train_rows, *(held.rows for held in plan.held_out))):
        taken, plan = np.arange(n_rows), prepared.plan
    recipe = replace(recipe.shortened(EPOCHS), schedule="constant", patience=EPOCHS)
    return replace(
        prepared, recipe=recipe, tries_log=False, rows=prepared.rows.take(taken), n_rows=len(taken), plan=plan
    )


def _among(plan: TrainingPlan, taken: NDArray[np.int64], n_rows: int) -> TrainingPlan:
    """The plan of those rows that are taken."""
    place = np.full(n_rows, -1)
    place[taken] = np.arange(len(taken))

    def kept(rows: NDArray[np.int64]) -> NDArray[np.int64]:
        places = place[rows]
        return np.asarray(places[places >= 0])

    return replace(
        plan,
        train_rows=tuple(map(kept, plan.train_rows)),
        held_out=tuple(replace(held, rows=kept(held.rows)) for held in plan.held_out),
    )


def _work(plan: TrainingPlan, batch_size: int) -> float:
    """The work of an epoch, in rows that a member is trained on."""
    most = max(len(rows) for rows in plan.train_rows)
    judged = max((min(len(held.rows), JUDGING_ROWS) for held in plan.held_out), default=0)
    return len(plan) * (most + FORWARD * judged)


class _Pace(Watcher):
    """The moments at which the epochs of each network stack end."""

    def __init__(self) -> None:
        self.quick: Sequence[int] = ()
        self.ends: dict[int, list[float]] = {}
        self.seconds: dict[int, float] = {}

    def on_phase(self, phase: Phase) -> None:
        self.quick = phase.quick

    def on_epoch(self, epoch: Epoch, stack: RunningStack) -> None:
        if epoch.stack not in self.quick:
            self.ends.setdefault(epoch.stack, []).append(perf_counter())
            self.seconds[epoch.stack] = epoch.seconds

    def of_stacks(self) -> list[float]:
        """Seconds of an epoch of each stack, after its first one."""
        return [
            (ends[-1] - ends[0]) / (len(ends) - 1) if len(ends) > 1 else self.seconds[stack]
            for stack, ends in self.ends.items()
        ]


def _seconds_of_epoch(trial: Prepared) -> float:
    """Seconds in which every stack of a trial does an epoch, some of them side by side."""
    pace = _Pace()
    with torch_threads(free_cores()), silence(TrainingWarning):
        train_members(trial, pace)
    of_stacks = pace.of_stacks()
    device = find_device(trial.recipe.device)
    return max(*of_stacks, sum(of_stacks) / side_by_side(len(of_stacks), device), 0.0)


def _how(prepared: Prepared, trial: Prepared, usual: float) -> str:
    text = (
        f"{counted(EPOCHS - 1, 'short epoch')} of {counted(trial.n_rows, 'row')} were timed on this machine, with the "
        "networks that training would use, and scaled to the rows and epochs of the whole."
    )
    if usual < 1:
        epochs = prepared.recipe.max_epochs
        text += f" Networks often stop after about {percent(usual)} of their {epochs} epochs; some need all of them."
    return f"{text} A machine that is busy, or becomes so, takes longer."
