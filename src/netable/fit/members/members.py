"""The members of a plan, trained as one stack of networks, and what each says of rows that it has not seen."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from netable.compute.device import find_device
from netable.config.settings import Settings
from netable.doctor import Verdict
from netable.errors import ConfigError
from netable.fit.evidence.training import EarlySigns
from netable.fit.members.member_data import MemberData
from netable.fit.members.watch import Members
from netable.fit.preparation.prepare import Prepared
from netable.nn import Ensemble, InputStatistics, TableNet, seed_noise
from netable.nn.build import COLUMNS, build_net
from netable.table.target import Target
from netable.train import (
    Batches,
    Checkpoint,
    EarlyStopping,
    Epoch,
    History,
    Objective,
    TrainingPlan,
    fit_smearing,
    learn_scale,
    make_optimizer,
    train,
)
from netable.train.objective import mean_loss
from netable.train.stopping import outputs_for, own_rows

# No class is taken to be rarer than this before training has said so.
RAREST = 1e-4


class TrainedStack(NamedTuple):
    """The members of a stack that make the model, and the outcome of every row by those that did not learn from it.

    Attributes
    ----------
    outcome : (rows, d_out or classes), NaN where no member has not seen the row
    """

    net: TableNet
    objective: Objective
    history: History
    outcome: NDArray[np.float64]


def train_stack(
    prepared: Prepared,
    config: Settings,
    data: MemberData,
    statistics: InputStatistics,
    *,
    on_epoch: Callable[[Epoch, Members], bool] | None = None,
    on_verdict: Callable[[Verdict], None] | None = None,
    start: TableNet | None = None,
    time_limit: float | None = None,
    stop: Event | None = None,
    checkpoint: Checkpoint | None = None,
) -> TrainedStack:
    """Train every member of the plan in one run; see `netable.train.train` for what it raises.

    Parameters
    ----------
    config : Settings
        Resolved, for this stack alone.
    data : MemberData
        On the CPU, as the statistics.
    statistics : InputStatistics
        What the members learned of their rows.
    on_epoch : callable, optional
        Told of every epoch when it ends, with a call that copies the members; if it returns true, the run ends.
    on_verdict : callable, optional
        Told of what shows before the run is over that it goes wrong, whenever an epoch confirms it.
    start : TableNet, optional
        Trained members whose weights these begin with.
    checkpoint : Checkpoint, optional
        What keeps the run, and from which it goes on.
    """
    plan = prepared.plan
    _, order, noise = seeds(config)
    device = find_device(config.device, data.inputs[0].dtype)
    net, objective = first_members(prepared, config, data, statistics)
    # Before its first step a network is a constant.
    constant = mean_loss(objective, net.body.head.bias, data.y, data.share(data.training_weight))
    if start:
        _start_from(net, start)
    net, objective, data = net.to(device), objective.to(device), data.to(device)
    early_stopping = _early_stopping(net, objective, data, plan, config)
    seed_noise(net, noise, device)

    def members() -> tuple[TableNet, Objective]:
        here = fit_smearing(net, objective, data.inputs, data.y, data.taught, data.row_weight)
        return _final_members(net, here, config, plan, statistics)

    signs = EarlySigns(config, constant, on_verdict, tiny=prepared.tiny) if on_verdict else None

    def tell(epoch: Epoch) -> bool:
        if signs:
            signs.see(epoch, checkpoint.past if checkpoint else ())
        return bool(on_epoch and on_epoch(epoch, members))

    history = train(
        net,
        objective,
        optimizer_for(net, config),
        _batches(data, plan, config, order),
        max_epochs=int(config.max_epochs),
        schedule=config.schedule,
        clip_norm=config.clip_norm,
        precision=config.precision if data.inputs[0].dtype == torch.float32 else "float32",
        time_limit=time_limit,
        early_stopping=early_stopping,
        on_epoch=tell,
        stop=stop,
        checkpoint=checkpoint,
    )
    history.constant_loss, history.keeps_best = constant, plan.stops_early
    seed_noise(net, None)
    keeper = early_stopping if plan.stops_early or history.ending == "diverged" else None
    width = max(prepared.target.d_out, len(prepared.target.labels))
    outcome = _out_of_fold(net, objective, data, plan, keeper, width)
    if keeper:
        keeper.restore(plan.weights_for_model())
    objective = fit_smearing(net, objective, data.inputs, data.y, data.taught, data.row_weight)
    return TrainedStack(*_final_members(net, objective, config, plan, statistics), history, outcome)


def seeds(config: Settings) -> tuple[int, int, int]:
    """Seeds of the first weights, the order of rows, and the noise of training, none of which tells of another."""
    init, order, noise = (int(seed) for seed in np.random.SeedSequence(config.seed).generate_state(3))
    return init, order, noise


def first_members(
    prepared: Prepared, config: Settings, data: MemberData, statistics: InputStatistics
) -> tuple[TableNet, Objective]:
    """The members before their first step, with their own statistics, and the objective in their units."""
    generator = torch.Generator().manual_seed(seeds(config)[0])
    net = build_net(config, statistics, prepared.target.d_out, generator)
    if prepared.target.task != "regression":
        with torch.no_grad():
            net.body.head.bias.copy_(_first_guess(prepared.target, data))
    return net, _objective(prepared, data)


def _first_guess(target: Target, data: MemberData) -> Tensor:
    """Each class's share of a member's training rows, as logits: (members, 1, d_out)."""
    hot = torch.nn.functional.one_hot(data.y, len(target.labels)).double()
    counts = data.share(data.training_weight) @ hot
    shares = (counts / counts.sum(-1, keepdim=True)).clamp(min=RAREST)
    logits = shares.log() if target.d_out > 1 else (shares[:, 1:] / shares[:, :1]).log()
    return logits.unsqueeze(-2)


def _objective(prepared: Prepared, data: MemberData) -> Objective:
    weight = data.share(data.training_weight)
    mean_weight = weight.sum(-1) / data.taught.sum(-1)
    dtype = data.inputs[0].dtype
    config, scale = prepared.config, None
    if prepared.target.task == "regression":
        log = config.target_transform == "log"
        scale = learn_scale(data.y, weight, config.loss, config.quantile, log=log)
    return Objective(
        prepared.target.task, scale, mean_weight.to(dtype), loss=config.loss, quantile=config.quantile
    )


def _start_from(net: TableNet, start: TableNet) -> None:
    """Copy a trained network's weights; where it has fewer members, they are taken in turn."""
    trained = dict(start.named_parameters())
    shapes = {name: parameter.shape[1:] for name, parameter in net.named_parameters()}
    if shapes != {n: p.shape[1:] for n, p in trained.items()}:
        raise ConfigError(
            "warm_start needs the same columns, levels, classes, loss and layers as the last fit."
        )
    with torch.no_grad():
        for name, parameter in net.named_parameters():
            parameter.copy_(trained[name][torch.arange(len(parameter)) % len(trained[name])])


def optimizer_for(net: TableNet | Ensemble, config: Settings) -> torch.optim.Optimizer:
    """The optimizer that a resolved configuration asks for."""
    return make_optimizer(
        config.optimizer,
        net.named_parameters(),
        lr=float(config.lr),
        momentum=config.momentum,
        weight_decay=float(config.weight_decay),
    )


def _batches(data: MemberData, plan: TrainingPlan, config: Settings, seed: int) -> Batches:
    return Batches(
        data.inputs,
        data.y,
        data.training_weight,
        batch_size=int(config.batch_size),
        rows=[torch.from_numpy(rows) for rows in plan.train_rows],
        generator=torch.Generator().manual_seed(seed),
    )


def _early_stopping(
    net: TableNet, objective: Objective, data: MemberData, plan: TrainingPlan, config: Settings
) -> EarlyStopping | None:
    if not plan.held_out:
        return None
    patience = None if config.patience == "auto" else int(config.patience)
    if not plan.stops_early:  # it still records the validation losses
        patience = int(config.max_epochs)
    return EarlyStopping(net, objective, data.inputs, data.y, data.training_weight, plan, patience)


def _out_of_fold(
    net: TableNet,
    objective: Objective,
    data: MemberData,
    plan: TrainingPlan,
    keeper: EarlyStopping | None,
    width: int,
) -> NDArray[np.float64]:
    outcome = np.full((len(data.y), width), np.nan)
    for parts in plan.rounds():
        if keeper:
            keeper.restore(plan.weights_for_round(parts))
        objective = fit_smearing(net, objective, data.inputs, data.y, data.taught, data.row_weight)
        rows = own_rows([(held.member, torch.from_numpy(held.rows)) for held in parts], len(plan))
        predicted = (
            objective.predict(outputs_for(net, data.inputs, rows.to(data.y.device))).cpu().double().numpy()
        )
        for held in parts:
            outcome[held.rows] = predicted[held.member, : len(held.rows)]
    return outcome


def _final_members(
    net: TableNet, objective: Objective, config: Settings, plan: TrainingPlan, statistics: InputStatistics
) -> tuple[TableNet, Objective]:
    members = [plan.candidates[i].member for i in plan.final]
    final = build_net(config, statistics.take(members), net.body.head.weight.shape[-1])
    state = {n: t if n.endswith(COLUMNS) else t[members] for n, t in net.state_dict().items()}
    final.load_state_dict({name: tensor.cpu() for name, tensor in state.items()})
    return final, objective.take(members).to(torch.device("cpu"))
