"""Look at a table as training would, up to its first step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from time import perf_counter
from typing import Any

import numpy as np
import pyarrow as pa

from netable.config.reading import ReadOptions
from netable.config.settings import Settings, config_from
from netable.doctor import SEVERITIES, Verdict
from netable.doctor.data import diagnose_data
from netable.doctor.first_look import diagnose_first_look
from netable.doctor.structure import Structure, diagnose_structure
from netable.errors import TrainingError, collect_warnings, warn
from netable.first_look.columns import look_at_columns
from netable.first_look.result import Look, TimeLook
from netable.first_look.split import look_at_split
from netable.first_look.target import CANDIDATE_ROWS, candidates, look_at_target
from netable.first_look.time_needed import estimate
from netable.fit.evidence.data import gather_data
from netable.fit.evidence.first_look import ROWS_OF_HALVES, gather_first_look
from netable.fit.evidence.neighbours import SAMPLE
from netable.fit.preparation.prepare import Prepared, prepare
from netable.fit.structure.find import find_structure
from netable.system.agenda import Part
from netable.table.reading.read import places_of, read_with_facts
from netable.table.reading.stream import source_of
from netable.table.schema import Schema
from netable.table.spread import ROWS_OF_A_PICTURE
from netable.table.target_values import labelled


def look(
    source: object, target: str | tuple[str, ...] | None = None, *, settings: Mapping[str, Any] = {}
) -> Look:
    """Look at a table before any training.

    Parameters
    ----------
    source : path, query result, or frame
        Whatever `netable.table.reading.read.read` takes.
    target : str or tuple of str, optional
        The column to predict. Without it, the result says which columns could be it, and nothing about training.
    settings : mapping of setting to value
        As in `netable.config.settings.Settings`, those that training would have.

    Raises
    ------
    UserError
        If the table cannot be read, or training would refuse it.
    """
    config = config_from({**settings, "target": target}, source="settings")
    began = perf_counter()
    with collect_warnings() as notes:
        table, facts = read_with_facts(source, options=ReadOptions.of(config))
    return look_at(
        table,
        config,
        source=source_of(places_of(source)) or facts["format"],
        facts=facts,
        notes=notes,
        reading=perf_counter() - began,
    )


def look_at(
    table: pa.Table,
    settings: Settings,
    *,
    source: str,
    facts: Mapping[str, str] = {},
    notes: Sequence[str] = (),
    reading: float = 0.0,
    later: Sequence[Part] = (),
    timed: bool = True,
) -> Look:
    """As `look`, for a canonical table.

    Parameters
    ----------
    source, facts
        Where the table is from, and how it was read.
    notes : sequence of str
        What was said while it was read.
    reading : float
        Seconds that reading took.
    later : sequence of Part
        What is to follow the fit, to be counted in the estimate of its time.
    timed : bool
        Time a few steps of training for an estimate, which takes some seconds.
    """
    with collect_warnings() as more:
        if settings.target is None:
            seen = _without_target(table, settings)
        else:
            seen = _with_target(table, settings, reading, later, timed=timed)
    known = dict(sorted(facts.items(), key=lambda fact: fact[0] != "format"))
    every_note = tuple(dict.fromkeys([*notes, *more]))
    return replace(seen, source=source, facts=known, notes=every_note, sampled=_sampled(seen))


def _without_target(table: pa.Table, settings: Settings) -> Look:
    no_features = [name for name in (settings.weight_column, settings.group_column) if name]
    schema, _ = Schema.infer(table, exclude=no_features, kinds=settings.kinds, ignore=settings.ignore_columns)
    columns = look_at_columns(table, schema, settings, ())
    return Look("", {}, table.num_rows, columns, (), candidates=candidates(table, columns))


def _with_target(
    table: pa.Table, settings: Settings, reading: float, later: Sequence[Part], *, timed: bool
) -> Look:
    began = perf_counter()
    table, _ = labelled(table, settings)
    prepared = prepare(table, settings)
    preparing = perf_counter() - began
    structures = prepared.structures
    if structures is None:
        parts = prepared.target, prepared.encoder, prepared.train_rows
        structures = find_structure(table, prepared.recipe, *parts)
    time: TimeLook | None = None
    if timed:
        try:
            time = estimate(prepared, reading, preparing, settings.time_limit, later)
        except TrainingError as error:
            warn(f"How long training takes could not be measured: {error}")
    recipe = prepared.recipe
    used = replace(settings, group_column=recipe.group_column, time_column=recipe.time_column)
    return Look(
        source="",
        facts={},
        rows=table.num_rows,
        columns=look_at_columns(table, prepared.schema, used, prepared.target.names),
        notes=(),
        target=look_at_target(prepared),
        findings=tuple(_findings(prepared, structures)),
        split=look_at_split(prepared, settings.group_column or settings.time_column, structures),
        time=time,
    )


# Infinite spans of numbers near the limits of 64 bits do not matter to any verdict.
@np.errstate(over="ignore", invalid="ignore")
def _findings(prepared: Prepared, structures: Sequence[Structure]) -> list[Verdict]:
    """What the doctor says without a network, the gravest first."""
    verdicts = [
        *diagnose_structure(structures),
        *diagnose_data(gather_data(prepared)),
        *diagnose_first_look(gather_first_look(prepared)),
    ]
    return sorted(verdicts, key=lambda verdict: SEVERITIES.index(verdict.severity))


def _sampled(seen: Look) -> tuple[str, ...]:
    """What was not looked at in every row."""
    sampled = []
    if seen.rows > ROWS_OF_A_PICTURE:
        sampled.append(f"The bars and values of columns are those of {ROWS_OF_A_PICTURE:,} rows.")
    if seen.target is None and seen.rows > CANDIDATE_ROWS:
        sampled.append(f"Columns that could be the target are judged by {CANDIDATE_ROWS:,} rows.")
    if seen.target is not None and seen.rows > SAMPLE:
        sampled.append(f"Leaks are looked for in {SAMPLE:,} rows that differ from each other.")
    if seen.target is not None and seen.rows > ROWS_OF_HALVES:
        sampled.append(f"The two halves of the table are compared by {ROWS_OF_HALVES:,} rows.")
    return tuple(sampled)
