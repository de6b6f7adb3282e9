"""From a table to trained members: in this process, or a share of them in each of several."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import closing, nullcontext
from dataclasses import replace
from time import perf_counter

import pyarrow as pa

from netable.compute.executor import Executor
from netable.compute.threads import free_cores, torch_threads
from netable.config.settings import Settings
from netable.fit.closing import closing_parts, preparing_seconds, warn_if_short
from netable.fit.evidence.training import EarlySigns
from netable.fit.members.stacks import Trained, train_members
from netable.fit.members.watcher import Watcher, Watchers
from netable.fit.preparation.prepare import Weights, prepare
from netable.fit.resume.checkpoints import Checkpoints
from netable.fit.resume.identity import identify
from netable.fit.stored.all_rows import AllRows
from netable.model.model import Model
from netable.system.agenda import Agenda
from netable.table.target import Target

# A table, settings, a validation table, and the weights of the rows of both.
Given = tuple[pa.Table, Settings, pa.Table | None, Weights | None, Weights | None]


def prepare_and_train(
    given: Given,
    target: Target | None,
    start: Model | None,
    watchers: Sequence[Watcher],
    checkpoint: str | os.PathLike[str] | None,
    agenda: Agenda,
    executor: Executor,
    all_rows: AllRows | None = None,
) -> Trained:
    """Prepare a table and train the members; see `netable.fit.fit.fit` for the arguments."""
    began = perf_counter()
    _, settings, *_ = given
    all_rows = all_rows and replace(all_rows, executor=executor)
    prepared = prepare(*given, target, all_rows)
    agenda.took(preparing_seconds(len(prepared.rows)), perf_counter() - began)
    agenda.add(closing_parts(len(prepared.rows)), first=True)
    watcher = Watchers(watchers)
    if watchers:
        watcher = Watchers([EarlySigns(watcher, tiny=prepared.tiny), watcher])
    checkpoints = None
    if checkpoint is not None:
        inputs = identify(*given, start, target) | {"stored": prepared.stored and prepared.stored.digest}
        checkpoints = Checkpoints(checkpoint, inputs if executor.is_first else None)
    stored = closing(prepared.stored) if prepared.stored else nullcontext()
    with stored, checkpoints or nullcontext():
        executor.exchange()  # the folder is claimed: the others may write to it
        warn_if_short(agenda, settings.time_limit)
        return train_members(prepared, watcher, start, checkpoints, agenda.reserve(), executor)


def train_share(
    table: pa.Table,
    settings: Settings,
    executor: Executor,
    *,
    valid_table: pa.Table | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    agenda: Agenda | None = None,
    all_rows: AllRows | None = None,
) -> None:
    """Train this process's share of the networks of a `fit` that another process of the group finishes.

    Parameters
    ----------
    table, valid_table : pyarrow.Table
        All rows have a target.
    """
    given, agenda = (table, settings, valid_table, None, None), agenda or Agenda(settings.time_limit)
    with torch_threads(free_cores()):
        prepare_and_train(given, None, None, (), checkpoint, agenda, executor, all_rows)
