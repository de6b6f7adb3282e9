"""Stacks of members that differ in their parts, trained side by side and blended by what they do out of fold."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from threading import Event
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from netable.compute.device import find_device
from netable.compute.threads import run_side_by_side, side_by_side
from netable.config.settings import Settings
from netable.errors import ConfigError
from netable.fit.members.blend import blend_out_of_fold
from netable.fit.members.member_data import MemberData, learn_member_statistics
from netable.fit.members.members import TrainedStack, train_stack
from netable.fit.members.watch import Watch, trial_epochs
from netable.fit.preparation.prepare import Prepared
from netable.fit.preparation.resolve import KEPT, TRIAL_SHARE
from netable.fit.resume.checkpoints import Checkpoints
from netable.model.model import Model
from netable.nn import Ensemble, InputStatistics
from netable.nn.build import stack_configs
from netable.train import Checkpoint, History, Objective
from netable.train.row_losses import prediction_losses, target_unit

# Numbers in the largest layer of a step from which on more threads than one are used for it.
HEAVY = 2**18


class Trained(NamedTuple):
    """What training gave.

    Attributes
    ----------
    prepared : Prepared
        With the configuration of the stacks which make the model.
    outcome : (rows, d_out or classes), of every row by members that did not learn from it; NaN where there are none
    weights : (stacks,), how much each counts, of sum 1
    """

    prepared: Prepared
    net: Ensemble
    objective: Objective
    history: History
    outcome: NDArray[np.float64]
    weights: NDArray[np.float64]


def train_members(
    prepared: Prepared,
    watch: Watch | None = None,
    start: Model | None = None,
    checkpoints: Checkpoints | None = None,
) -> Trained:
    """Train every stack of the configuration, and blend them; see `netable.train.train` for what it raises.

    Of more than KEPT stacks, those are trained in full which are worth most to a blend after a short run. Whether a
    target is learned as its logarithm, if that is open, is decided by short runs too.

    Parameters
    ----------
    watch : Watch, optional
        Told of the run while it goes on.
    start : Model, optional
        A model of the same columns, whose weights the members begin with.
    checkpoints : Checkpoints, optional
        What keeps the runs of all stacks, and from which they go on.
    """
    if start:
        prepared = _as_it_began(prepared, start)
        _check_start(start, prepared)
    data = MemberData.of(prepared)
    statistics = learn_member_statistics(prepared, stack_configs(prepared.config), data)
    watch = watch or Watch()
    watch.plan(prepared.config, warm=start is not None)
    run = _Run(prepared, data, statistics, watch, checkpoints)
    try:
        return _search_and_train(run, start)
    except _Interrupted as early:
        return early.trained


def _search_and_train(run: _Run, start: Model | None) -> Trained:
    share_of_time = 1.0
    if run.prepared.config.target_transform == "auto":
        share_of_time -= 2 * TRIAL_SHARE
        run = run.for_target("log" if _log_is_better(run) else "none")
    config = run.prepared.config
    if len(config.stacks) > KEPT and not start:
        share_of_time -= TRIAL_SHARE
        config = _with_stacks(config, _most_useful(run))
    run.watch.begin(config, is_trial=False)
    return _blend(run.prepared, config, run.train(config, start, share_of_time=share_of_time))


class _Interrupted(Exception):
    """Ctrl-C ended short runs: what they gave makes the model, and nothing is trained after them."""

    def __init__(self, trained: Trained) -> None:
        super().__init__()
        self.trained = trained
        trained.history.ending = "interrupted"


class _Run(NamedTuple):
    """What all stacks of a run share."""

    prepared: Prepared
    data: MemberData
    statistics: InputStatistics
    watch: Watch
    checkpoints: Checkpoints | None

    def for_target(self, transform: str) -> _Run:
        """The same for a target that is learned so."""
        config = replace(self.prepared.config, target_transform=transform)
        return self._replace(prepared=replace(self.prepared, config=config))

    def trial(self, config: Settings) -> dict[int, TrainedStack]:
        """Short runs of the stacks."""
        config = replace(config, max_epochs=trial_epochs(config))
        self.watch.begin(config, is_trial=True)
        return self.train(config, share_of_time=TRIAL_SHARE)

    def train(
        self, config: Settings, start: Model | None = None, *, share_of_time: float
    ) -> dict[int, TrainedStack]:
        """The stacks of a configuration; those that Ctrl-C came too early for are left out."""
        configs = stack_configs(config)
        device = find_device(config.device, self.data.inputs[0].dtype)
        rounds = -(-len(configs) // side_by_side(len(configs), device))
        limit = config.time_limit and config.time_limit * share_of_time / rounds
        kept = self._checkpoints(configs)

        def job(i: int, stop: Event) -> tuple[int, TrainedStack]:
            trained = train_stack(
                self.prepared,
                configs[i],
                self.data,
                self.statistics,
                on_epoch=partial(self.watch.tell, i),
                on_verdict=self.watch.see if self.watch.on_verdict else None,
                start=start.net.stacks[i] if start else None,
                time_limit=limit,
                stop=stop,
                checkpoint=kept[i],
            )
            self.watch.end(i)
            return i, trained

        jobs = [partial(job, i) for i in range(len(configs))]
        return dict(run_side_by_side(jobs, device, heavy=self._is_heavy(configs[0])))

    def _checkpoints(self, configs: Sequence[Settings]) -> list[Checkpoint] | list[None]:
        """Those of a phase that begins."""
        if self.checkpoints is None:
            return [None] * len(configs)
        self.checkpoints.begin_phase()
        return [self.checkpoints.of(i, config.to_dict()) for i, config in enumerate(configs)]

    def _is_heavy(self, config: Settings) -> bool:
        """Whether a layer of a step is large enough for threads of one product to be worth their waiting."""
        widest = max((self.prepared.encoder.d_num, *config.hidden_layer_sizes))
        return len(self.prepared.plan) * int(config.batch_size) * widest >= HEAVY


def _log_is_better(run: _Run) -> bool:
    """Whether short runs of the first stack have the lower loss out of fold, in the target's units, on logarithms."""
    losses = []
    for transform in ("none", "log"):
        tried = run.for_target(transform)
        config = _with_stacks(tried.prepared.config, [0])
        trials = tried.trial(config)
        if _were_interrupted(trials, config):
            raise _Interrupted(_blend(tried.prepared, config, trials))
        losses.append(_mean_loss(tried.prepared, trials[0]))
    return losses[1] < losses[0]


def _most_useful(run: _Run) -> list[int]:
    """The KEPT stacks that a blend of short runs would use most; among equals those of lower loss."""
    config = run.prepared.config
    trials = run.trial(config)
    weights, _ = _blended(list(trials.values()), run.prepared)
    losses = [_mean_loss(run.prepared, stack) for stack in trials.values()]
    order = sorted(range(len(trials)), key=lambda i: (-weights[i], losses[i]))
    kept = sorted(list(trials)[i] for i in order[:KEPT])
    if _were_interrupted(trials, config):
        raise _Interrupted(_blend(run.prepared, config, {i: trials[i] for i in kept}))
    return kept


def _were_interrupted(trained: dict[int, TrainedStack], config: Settings) -> bool:
    return len(trained) < len(config.stacks) or any(
        stack.history.ending == "interrupted" for stack in trained.values()
    )


def _mean_loss(prepared: Prepared, stack: TrainedStack) -> float:
    """Over the rows that members have not seen; 0 if there are none that count."""
    rows = np.flatnonzero(~np.isnan(stack.outcome[:, 0]))
    weight = prepared.rows.weight[rows]
    total = weight.sum()
    return float(weight @ loss_of_rows(prepared)(stack.outcome[rows], rows) / total) if total else 0.0


def _as_it_began(prepared: Prepared, start: Model) -> Prepared:
    """What the first fit found out by short runs is not found out again."""
    config = prepared.config
    if config.target_transform == "auto":
        config = replace(config, target_transform=start.config.target_transform)
    if len(config.stacks) > KEPT:
        config = replace(config, stacks=start.config.stacks)
    return replace(prepared, config=config)


def _check_start(start: Model, prepared: Prepared) -> None:
    stacks = len(stack_configs(prepared.config))
    if _meaning(start) != _meaning(prepared) or len(start.net.stacks) != stacks:
        raise ConfigError(
            "warm_start needs the same columns, levels, classes, loss and layers as the last fit."
        )


def _meaning(fitted: Model | Prepared) -> tuple[object, ...]:
    """What the inputs and outputs of a network stand for."""
    encoder, target, config = fitted.encoder, fitted.target, fitted.config
    inputs = encoder.number_names, dict(encoder.levels)
    outputs = target.task, target.labels, len(target.names), config.loss, config.target_transform
    return *inputs, *outputs


def _with_stacks(config: Settings, which: Iterable[int]) -> Settings:
    assert not isinstance(config.stacks, str)
    return replace(config, stacks=tuple(config.stacks[i] for i in which))


def _blend(prepared: Prepared, config: Settings, trained: dict[int, TrainedStack]) -> Trained:
    """One ensemble of all stacks that finished."""
    stacks = list(trained.values())
    weights, outcome = _blended(stacks, prepared)
    by_member = [torch.full((len(s.net),), w / len(s.net)) for s, w in zip(stacks, weights, strict=True)]
    return Trained(
        replace(prepared, config=_with_stacks(config, trained)),
        Ensemble.trained([stack.net for stack in stacks], torch.cat(by_member)),
        Objective.cat([stack.objective for stack in stacks]),
        History.of_stacks([stack.history for stack in stacks]),
        outcome,
        weights,
    )


def _blended(
    stacks: Sequence[TrainedStack], prepared: Prepared
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    outcomes = np.stack([stack.outcome for stack in stacks])
    fold = prepared.plan.part_of_rows(len(prepared.rows))
    in_order = prepared.config.time_column is not None
    return blend_out_of_fold(outcomes, loss_of_rows(prepared), prepared.rows.weight, fold, in_order=in_order)


def loss_of_rows(
    prepared: Prepared,
) -> Callable[[NDArray[np.float64], NDArray[np.int64]], NDArray[np.float64]]:
    """The loss of some rows, (rows,): of a regression in units of the deviation of its targets."""
    task, y, config = prepared.target.task, prepared.rows.y, prepared.config
    unit = target_unit(y) if task == "regression" else 1.0

    def loss(outcome: NDArray[np.float64], rows: NDArray[np.int64]) -> NDArray[np.float64]:
        losses = prediction_losses(task, config.loss, outcome, y[rows], config.quantile, unit)
        return np.asarray(losses.mean(-1), dtype=np.float64)

    return loss
