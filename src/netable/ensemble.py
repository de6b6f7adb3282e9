"""Stacks of members that differ in their parts, trained side by side and blended by what they do out of fold."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from threading import Event, Lock
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from netable.blend import blend_out_of_fold
from netable.config import Config
from netable.errors import ConfigError
from netable.members import MemberData, TrainedStack, learn_member_statistics, train_stack
from netable.model import Model, stack_configs
from netable.nn import Ensemble
from netable.prepare import Prepared
from netable.train import Epoch, History, Objective
from netable.train.device import find_device
from netable.train.parallel import run_side_by_side


class Trained(NamedTuple):
    """What training gave.

    Attributes
    ----------
    config : Config
        That of the stacks which make the model.
    outcome : (rows, d_out or classes), of every row by members that did not learn from it; NaN where there are none
    weights : (stacks,), how much each counts, of sum 1
    """

    config: Config
    net: Ensemble
    objective: Objective
    history: History
    outcome: NDArray[np.float64]
    weights: NDArray[np.float64]


def train_members(
    prepared: Prepared, on_epoch: Callable[[Epoch], None] | None = None, start: Model | None = None
) -> Trained:
    """Train every stack of the configuration, and blend them; see `netable.train.train` for what it raises.

    `start` is a model of the same columns, whose weights the members begin with.
    """
    configs = stack_configs(prepared.config)
    if start:
        _check_start(start, prepared, len(configs))
    data = MemberData.of(prepared)
    statistics = learn_member_statistics(prepared, configs, data)
    tell = _one_at_a_time(on_epoch)
    device = find_device(prepared.config.device, data.inputs[0].dtype)

    def job(i: int, stop: Event) -> tuple[int, TrainedStack]:
        return i, train_stack(
            prepared,
            configs[i],
            data,
            statistics,
            on_epoch=partial(tell, i) if on_epoch else None,
            start=start.net.stacks[i] if start else None,
            time_limit=prepared.config.time_limit,
            stop=stop,
        )

    trained = run_side_by_side([partial(job, i) for i in range(len(configs))], device)
    return _blend(prepared, dict(trained))


def _one_at_a_time(on_epoch: Callable[[Epoch], None] | None) -> Callable[[int, Epoch], None]:
    lock = Lock()

    def tell(stack: int, epoch: Epoch) -> None:
        with lock:
            if on_epoch:
                on_epoch(epoch._replace(stack=stack))

    return tell


def _check_start(start: Model, prepared: Prepared, stacks: int) -> None:
    if _meaning(start) != _meaning(prepared) or len(start.net.stacks) != stacks:
        raise ConfigError("warm_start needs the same columns, levels, classes and layers as the last fit.")


def _meaning(fitted: Model | Prepared) -> tuple[object, ...]:
    """What the inputs and outputs of a network stand for."""
    encoder, target = fitted.encoder, fitted.target
    return encoder.number_names, dict(encoder.levels), target.task, target.labels, len(target.names)


def _blend(prepared: Prepared, trained: dict[int, TrainedStack]) -> Trained:
    """One ensemble of all stacks that finished; one that Ctrl-C came too early for is left out."""
    stacks = list(trained.values())
    outcomes = np.stack([stack.outcome for stack in stacks])
    rows, plan = prepared.rows, prepared.plan
    fold = np.full(len(rows), -1)
    for held in plan.held_out:
        fold[held.rows] = held.predicted_by
    weights, outcome = blend_out_of_fold(outcomes, _loss(prepared), rows.weight, fold)
    config = prepared.config
    assert not isinstance(config.stacks, str)
    config = replace(config, stacks=tuple(config.stacks[i] for i in trained))
    by_member = [torch.full((len(s.net),), w / len(s.net)) for s, w in zip(stacks, weights, strict=True)]
    return Trained(
        config,
        Ensemble([stack.net for stack in stacks], torch.cat(by_member)).eval().requires_grad_(False),
        Objective.cat([stack.objective for stack in stacks]),
        History.of_stacks([stack.history for stack in stacks]),
        outcome,
        weights,
    )


def _loss(prepared: Prepared) -> Callable[[NDArray[np.float64], NDArray[np.int64]], NDArray[np.float64]]:
    """The loss of some rows' outcomes: squared error in units of the target's deviation, or log loss."""
    y = prepared.rows.y
    if prepared.target.task == "regression":
        variance = y.var(0) + np.finfo(np.float64).tiny
        return lambda outcome, rows: ((outcome - y[rows]) ** 2 / variance).mean(-1)
    return lambda outcome, rows: -np.log(outcome[np.arange(len(rows)), y[rows]].clip(1e-15))
