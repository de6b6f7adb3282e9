"""From a table to a model: prepare the table, train the members side by side, measure them on held-out rows."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from dataclasses import replace
from time import perf_counter
from typing import Any

import numpy as np
import pyarrow as pa
import torch
from numpy.typing import NDArray

from netable.compute.device import find_device
from netable.compute.executor import ALONE, Executor
from netable.compute.threads import free_cores, torch_threads
from netable.config.settings import STACK_SETTINGS, Settings
from netable.explanation.outcomes import outcome_by_members
from netable.fit.closing import (
    GUARD,
    LINEAR,
    ROWS,
    SCORE,
    STRUCTURE,
)
from netable.fit.evidence.diagnosis import diagnose, diagnose_rows
from netable.fit.evidence.linear import linear_out_of_fold
from netable.fit.evidence.outcome import linear_results
from netable.fit.members.score import score
from netable.fit.members.stacks import Trained
from netable.fit.members.watcher import Watcher
from netable.fit.preparation.prepare import Prepared, Weights
from netable.fit.stored.all_rows import AllRows
from netable.fit.structure.find import find_structure
from netable.fit.training import prepare_and_train
from netable.model.asked import Asked
from netable.model.beyond import sketch_groups
from netable.model.guard.judged import Judged
from netable.model.guard.reference import MOST_ROWS, Reference
from netable.model.learned_from import LearnedFrom
from netable.model.model import Model
from netable.model.prediction import prediction_columns
from netable.model.row_sketch import RowSketch
from netable.system.agenda import Agenda
from netable.system.machine import version_of
from netable.table.target import Target
from netable.table.target_values import labelled

# Packages whose versions are in the results.
PACKAGES = ("netable", "torch", "numpy", "scikit-learn", "pyarrow", "duckdb")


def fit(
    table: pa.Table,
    settings: Settings,
    *,
    valid_table: pa.Table | None = None,
    weight: Weights | None = None,
    valid_weight: Weights | None = None,
    start: Model | None = None,
    target: Target | None = None,
    watchers: Sequence[Watcher] = (),
    checkpoint: str | os.PathLike[str] | None = None,
    agenda: Agenda | None = None,
    executor: Executor = ALONE,
    all_rows: AllRows | None = None,
) -> Model:
    """Train the networks that the settings ask for, and measure them on rows that they did not learn from.

    Ctrl-C ends training but not the fit: the best weights so far make the model, and its `history.ending` is
    "interrupted"; the caller decides what follows.

    Parameters
    ----------
    table : pyarrow.Table
        Canonical, as `netable.table.reading.read` gives it.
    settings : Settings
        `target` names the columns to predict.
    valid_table : pyarrow.Table, optional
        Rows to validate on, in place of folds.
    weight, valid_weight : (rows,), optional
        The weight of each row; overrides `settings.weight_column`.
    start : Model, optional
        A model of the same columns whose weights the members begin with. The rows that it learned from are not known,
        so nothing is scored.
    target : Target, optional
        Known facts of the target, such as the classes of a larger table that these are rows of; else inferred.
    watchers : sequence of Watcher
        Callbacks that observe training.
    checkpoint : path, optional
        A folder to which training is saved every few seconds. A fit of the same table and settings resumes from it,
        and ends with the same bits as one that was never stopped. The folder stays when training is over, until
        `remove_checkpoints` deletes it: by then the model should be saved.
    agenda : Agenda, optional
        What else has to be done within the time limit, and when it began; by default nothing else, and now.
    executor : Executor
        Where the networks are trained: in this process alone, or in a group of processes that all call this with the
        same arguments, and which all return the same model; see `netable.compute.workers.Workers`.
    all_rows : AllRows, optional
        All rows of the table if it is too large for memory: `table` is a sample of them, which judges and describes.

    Raises
    ------
    CheckpointError
        If the folder holds a fit of other inputs; the message names them.
    UserError
        If the table, the settings or the training run cannot lead to a model.
    KeyboardInterrupt
        If Ctrl-C comes before the first epoch is over.
    """
    started = perf_counter()
    agenda = agenda or Agenda(settings.time_limit)
    table, weight = labelled(table, settings, weight)
    if valid_table is not None:
        valid_table, valid_weight = labelled(valid_table, settings, valid_weight)
    with torch_threads(free_cores()):
        given = table, settings, valid_table, weight, valid_weight
        trained = prepare_and_train(given, target, start, watchers, checkpoint, agenda, executor, all_rows)
        parts = table, valid_table, all_rows
        model = _finished_model(settings, trained, *parts, agenda, warm=start is not None)
    model.results["fit_seconds"] = round(perf_counter() - started, 3)
    return model


def _finished_model(
    settings: Settings,
    trained: Trained,
    table: pa.Table,
    valid_table: pa.Table | None,
    all_rows: AllRows | None,
    agenda: Agenda,
    *,
    warm: bool,
) -> Model:
    """The model that was trained, scored and diagnosed."""
    prepared, stored, group = trained.prepared, trained.prepared.stored, trained.prepared.recipe.group_column
    scored = agenda.do(SCORE, lambda: score(prepared, trained.objective, trained.outcome, warm=warm))
    assert scored  # needed, so never left out
    linear = agenda.do(LINEAR, lambda: linear_out_of_fold(prepared)) if scored.judged.any() else None
    structures = prepared.structures or []
    if prepared.structures is None and valid_table is None and scored.judged.any():
        parts = prepared.target, prepared.encoder, prepared.train_rows
        structures = agenda.do(STRUCTURE, lambda: find_structure(table, prepared.recipe, *parts)) or []
    results = _about(prepared, table) | scored.results | _about_training(trained)
    results["linear"] = linear_results(prepared, scored, linear)
    model = Model(
        recipe=prepared.recipe,
        target=prepared.target,
        schema=prepared.schema,
        encoder=prepared.encoder,
        net=trained.net,
        objective=replace(trained.objective, temperature=scored.temperature),
        sketch=stored.sketch if stored else RowSketch.of(prepared.train_rows.encoded),
        judges=RowSketch() if valid_table is None else RowSketch.of(prepared.judging_rows.encoded),
        groups=stored.groups if stored else sketch_groups(table.column(group)) if group else RowSketch(),
        results=results,
        history=trained.history,
        out_of_fold=_out_of_fold_table(prepared, scored.outcome, all_rows),
        learned_from=_learned_from(prepared, table, valid_table, scored.outcome, linear),
        intervals=scored.intervals,
        asked=Asked(settings),
    )
    model.reference = agenda.do(GUARD, lambda: _reference(prepared, model, scored.outcome))
    of_rows = agenda.do(ROWS, lambda: diagnose_rows(model, prepared, scored, linear)) or []
    verdicts = diagnose(trained, of_rows, structures)
    model.results |= {
        "diagnosis": [verdict.to_dict() for verdict in verdicts],
        "no_time_for": list(agenda.left_out),
    }
    return model


def _reference(prepared: Prepared, model: Model, outcome: NDArray[np.float64]) -> Reference:
    """The reference of the training rows; of predictions and errors, if members of the model judged rows."""
    rows = prepared.rows
    unseen_by = prepared.plan.unseen_by(len(rows))
    judging = np.flatnonzero((unseen_by >= 0) & ~np.isnan(outcome[:, 0]) & (rows.weight > 0))
    judging = judging[:: -(-len(judging) // MOST_ROWS) or 1]
    judged = None
    if len(judging):
        some = rows.take(judging)
        judged = Judged.learn(model.task, outcome_by_members(model, some.encoded, unseen_by[judging]), some.y)
    return Reference.learn(prepared.encoder, prepared.train_rows.encoded, judged)


def _about(prepared: Prepared, table: pa.Table) -> dict[str, Any]:
    target, schema = prepared.target, prepared.schema
    return {
        "task": target.task,
        "target": target.names[0] if len(target.names) == 1 else list(target.names),
        "rows": prepared.n_rows_of_all,
        "columns": len(schema.used),
        "used": {column.name: column.kind for column in schema.used},
        "left_out": {column.name: column.reason for column in schema.left_out},
        "mixed": schema.mixtures(table),
        "folds": prepared.recipe.folds,
        "seed": prepared.recipe.seed,
        "versions": {"python": platform.python_version()} | {name: version_of(name) for name in PACKAGES},
        **({"classes": list(target.labels)} if target.labels else {}),
        **({"rows_in_sample": prepared.n_rows} if prepared.stored else {}),
    }


def _about_training(trained: Trained) -> dict[str, Any]:
    history, recipe = trained.history, trained.prepared.recipe
    settings_of_stacks = (stack.to_dict() for stack in recipe.of_stacks())
    stacks = [
        {name: settings[name] for name in STACK_SETTINGS} | {"weight": round(float(weight), 4)}
        for settings, weight in zip(settings_of_stacks, trained.weights, strict=True)
    ]
    return {
        "epochs": history.n_epochs,
        "members": len(trained.net),
        "stacks": stacks,
        "precision": recipe.precision,
        "device": str(find_device(recipe.device, trained.net.dtype)),
        "threads": torch.get_num_threads(),  # which all stacks share
        "ending": history.ending,
        "probes": history.probes(),
    }


def _out_of_fold_table(
    prepared: Prepared, outcome: NDArray[np.float64], all_rows: AllRows | None
) -> pa.Table:
    """Predictions of the table's rows, or of the validation table's, if there is one, with the fold of each.

    Those of a sample have the numbers of its rows in the table, from 1, beside them.
    """
    fold = prepared.plan.judged_member(len(outcome))[prepared.judging]
    outcome = outcome[prepared.judging]
    unjudged = np.isnan(outcome[:, 0])
    is_sample = all_rows and not prepared.has_valid_table
    columns = {"row": pa.array(all_rows.sampled + 1)} if all_rows and is_sample else {}
    columns["fold"] = pa.array(fold, mask=unjudged)
    for name, column in prediction_columns(prepared.target, np.nan_to_num(outcome)).items():
        columns[name] = pa.array(column.to_numpy(zero_copy_only=False), mask=unjudged)
    return pa.table(columns)


def _learned_from(
    prepared: Prepared,
    table: pa.Table,
    valid_table: pa.Table | None,
    outcome: NDArray[np.float64],
    linear: NDArray[np.float64] | None,
) -> LearnedFrom:
    """The rows of a fit, for the model's report."""
    plan, judging = prepared.plan, prepared.judging
    return LearnedFrom(
        table=table,
        judged=table if valid_table is None else valid_table,
        table_rows=prepared.train_rows,
        judged_rows=prepared.judging_rows,
        outcome=outcome[judging],
        part=plan.part_of_rows(len(outcome))[judging],
        unseen_by=plan.unseen_by(len(outcome))[judging],
        linear=None if linear is None else linear[judging],
    )
