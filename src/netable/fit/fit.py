"""The one way from a table to a model: prepare, train the members side by side, measure them honestly."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from importlib.metadata import version
from time import perf_counter
from typing import Any

import numpy as np
import pyarrow as pa
import torch
from numpy.typing import NDArray

from netable.compute.device import find_device
from netable.compute.threads import on_free_cores
from netable.config.settings import STACK_SETTINGS, Settings
from netable.doctor import Verdict
from netable.fit.evidence.diagnosis import diagnose
from netable.fit.members.score import score
from netable.fit.members.stacks import Trained, train_members
from netable.fit.members.watch import Watch
from netable.fit.preparation.prepare import Prepared, prepare
from netable.fit.resume.checkpoints import Checkpoints
from netable.fit.resume.identity import identify
from netable.model.learned_from import LearnedFrom
from netable.model.model import Model, prediction_columns
from netable.model.row_sketch import RowSketch
from netable.nn import Ensemble, TableNet
from netable.nn.build import stack_configs
from netable.table.target import Target
from netable.train import Epoch, Objective, Phase

Weights = NDArray[np.floating]


@on_free_cores
def fit(
    table: pa.Table,
    config: Settings,
    *,
    valid_table: pa.Table | None = None,
    weight: Weights | None = None,
    valid_weight: Weights | None = None,
    start: Model | None = None,
    target: Target | None = None,
    on_epoch: Callable[[Epoch], bool | None] | None = None,
    on_phase: Callable[[Phase], None] | None = None,
    on_stack_end: Callable[[int], None] | None = None,
    on_model: Callable[[Epoch, Callable[[], Model]], bool | None] | None = None,
    on_verdict: Callable[[Verdict], None] | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
) -> Model:
    """Train the network that a configuration asks for, and measure it on rows that it did not learn from.

    Ctrl-C ends training but not the fit: the best weights so far make the model, and its `history.ending` is
    "interrupted"; whoever called decides what follows.

    Parameters
    ----------
    table : pyarrow.Table
        Canonical, as `netable.table.reading.read` gives it.
    config : Settings
        `target` names the columns to predict.
    valid_table : pyarrow.Table, optional
        Rows to validate on, in place of folds.
    weight, valid_weight : (rows,), optional
        The weight of each row; overrides `config.weight_column`.
    start : Model, optional
        A model of the same columns whose weights the members begin with. What they learned from is not known here,
        so nothing is scored.
    target : Target, optional
        What is known of the target, such as the classes of a larger table that these are rows of. Else the table tells.
    on_epoch : callable, optional
        Told of every epoch when it ends; if it returns true, that stack of members goes no further.
    on_phase : callable, optional
        Told of every phase before its first epoch: of short runs that decide something, and of those of the model.
    on_stack_end : callable, optional
        Told which stack of a phase has ended, by its number.
    on_model : callable, optional
        As `on_epoch`, and given a call that makes a model of the stack as it is at the moment.
    on_verdict : callable, optional
        Told of what shows early that a run goes wrong, once of each; all verdicts are in `results["diagnosis"]`.
    checkpoint : path, optional
        A folder that keeps, every few seconds, where training is. A fit of the same table and configuration goes
        on from there, and ends with the same bits as one that was never stopped. The folder stays when training is
        over, until `remove_checkpoints` takes it away: by then the model should be where it is to be.

    Raises
    ------
    CheckpointError
        If the folder keeps a fit that was asked for something else; it says what.
    UserError
        If the table, the configuration or the training run cannot lead to a model.
    KeyboardInterrupt
        If Ctrl-C comes before the first epoch is over.
    """
    started = perf_counter()
    prepared = prepare(table, config, valid_table, weight, valid_weight, target)
    watch = Watch(on_phase, on_epoch, on_stack_end=on_stack_end, on_verdict=on_verdict)
    if on_model:
        watch.on_members = lambda epoch, members: on_model(epoch, lambda: _unfinished(prepared, *members()))
    with ExitStack() as held:
        kept = None
        if checkpoint is not None:
            asked = identify(table, config, valid_table, weight, valid_weight, start, target)
            kept = held.enter_context(Checkpoints(checkpoint, asked))
        trained = train_members(prepared, watch, start, kept)
    prepared = trained.prepared
    found = score(prepared, trained.objective, trained.outcome, warm=start is not None)
    results = _about(prepared) | found.results
    results["epochs"] = trained.history.n_epochs
    results["members"] = len(trained.net)
    results["stacks"] = _stacks(trained)
    results["precision"] = prepared.config.precision
    results["device"] = str(find_device(prepared.config.device, next(trained.net.parameters()).dtype))
    results["threads"] = torch.get_num_threads()  # which all stacks share
    results["ending"] = trained.history.ending
    results["probes"] = trained.history.probes()
    diagnosis = diagnose(prepared, trained, found)
    results["linear"] = diagnosis.linear
    results["diagnosis"] = [verdict.to_dict() for verdict in diagnosis.verdicts]
    results["fit_seconds"] = round(perf_counter() - started, 3)
    return Model(
        config=prepared.config,
        target=prepared.target,
        schema=prepared.schema,
        encoder=prepared.encoder,
        net=trained.net,
        objective=replace(trained.objective, temperature=found.temperature),
        sketch=RowSketch.of(prepared.own_rows.encoded),
        judges=RowSketch.of(prepared.valid_rows.encoded) if valid_table is not None else RowSketch(),
        results=results,
        history=trained.history,
        out_of_fold=_out_of_fold_table(prepared, found.outcome),
        learned_from=_learned_from(prepared, table, valid_table, found.outcome),
        intervals=found.intervals,
    )


def _unfinished(prepared: Prepared, net: TableNet, objective: Objective) -> Model:
    """A model that predicts and knows nothing else."""
    return Model(
        config=prepared.config,
        target=prepared.target,
        schema=prepared.schema,
        encoder=prepared.encoder,
        net=Ensemble.trained([net]),
        objective=objective,
        sketch=RowSketch(),
        results={},
    )


def _about(prepared: Prepared) -> dict[str, Any]:
    target, schema = prepared.target, prepared.schema
    return {
        "task": target.task,
        "target": target.names[0] if len(target.names) == 1 else list(target.names),
        "rows": prepared.n_rows,
        "columns": len(schema.used),
        "used": {column.name: column.kind for column in schema.used},
        "left_out": {column.name: column.reason for column in schema.left_out},
        "folds": prepared.config.folds,
        "seed": prepared.config.seed,
        "versions": _versions(),
    } | ({"classes": list(target.labels)} if target.labels else {})


def _stacks(trained: Trained) -> list[dict[str, Any]]:
    """What each stack of members is, and how much it counts in the blend."""
    configs = stack_configs(trained.prepared.config)
    settings = [{name: config.to_dict()[name] for name in STACK_SETTINGS} for config in configs]
    return [own | {"weight": round(float(w), 4)} for own, w in zip(settings, trained.weights, strict=True)]


def _out_of_fold_table(prepared: Prepared, outcome: NDArray[np.float64]) -> pa.Table:
    """Predictions of the table's rows, or of the validation table's, if there is one, with the fold of each."""
    members = np.array([held.member for held in prepared.plan.held_out] + [-1])
    fold = members[prepared.plan.part_of_rows(len(outcome))]
    has_valid_table = len(prepared.rows) > prepared.n_rows
    shown = slice(prepared.n_rows if has_valid_table else 0, None)
    fold, outcome = fold[shown], outcome[shown]
    unjudged = np.isnan(outcome[:, 0])
    columns = {"fold": pa.array(fold, mask=unjudged)}
    for name, column in prediction_columns(prepared.target, np.nan_to_num(outcome)).items():
        columns[name] = pa.array(column.to_numpy(zero_copy_only=False), mask=unjudged)
    return pa.table(columns)


def _learned_from(
    prepared: Prepared, table: pa.Table, valid_table: pa.Table | None, outcome: NDArray[np.float64]
) -> LearnedFrom:
    """What the model's report needs to know of rows."""
    rows, plan = prepared.rows, prepared.plan
    part = plan.part_of_rows(len(rows))
    in_model = [plan.candidates[chosen].member for chosen in plan.final]
    unseen = [in_model.index(held.member) if held.member in in_model else -1 for held in plan.held_out]
    judged = slice(prepared.n_rows if valid_table is not None else 0, None)
    return LearnedFrom(
        table=table,
        weight=rows.weight[: prepared.n_rows],
        judged=table if valid_table is None else valid_table,
        y=rows.y[judged],
        judged_weight=rows.weight[judged],
        outcome=outcome[judged],
        part=part[judged],
        unseen_by=np.array([*unseen, -1])[part][judged],
    )


def _versions() -> dict[str, str]:
    packages = ("netable", "torch", "numpy", "scikit-learn", "pyarrow", "duckdb")
    return {"python": platform.python_version()} | {name: version(name) for name in packages}
