"""New rows beside those of training."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import replace

import pyarrow as pa

from netable.drift.columns import Measured, measure_columns
from netable.drift.distances import Distance, loose_distance
from netable.drift.outcomes import Outcome, measure_errors, measure_outcomes, outcome_by_turns
from netable.drift.result import ColumnDrift, Drift, ErrorDrift, OutcomeDrift, TogetherDrift
from netable.drift.together import tell_apart
from netable.drift.weights import weights
from netable.drift.words import advice_for, verdict, what_moved
from netable.errors import ConfigError, DataError
from netable.model.guard.guard import NO_REFERENCE
from netable.model.guard.reference import Reference
from netable.model.model import Model
from netable.model.several_tests import holm

# At most one table of fresh rows in a hundred has an alarm.
ALARM = 0.01
# Smaller distances are of no interest, however many rows show them.
LEAST_DISTANCE = 0.02
# Chances by what was compared.
Chances = Mapping[Hashable, float]


def monitor(model: Model, source: object, reference: object = None) -> Drift:
    """Compare new rows with those that a model was trained on.

    Parameters
    ----------
    source : path, query result, frame or array
        The new rows. If they have the target, rows with an answer show whether errors have risen.
    reference : path, query result, frame or array, optional
        Rows to compare with in place of what the model file keeps, such as the training table. Networks then learn to
        tell the rows of both tables from each other, which detects changes of several columns together.

    Raises
    ------
    UserError
        If a source cannot be read, has no rows or lacks a column; or without a reference, if the model keeps none.
    """
    before = None if reference is None else model.read(reference, used=model.schema.storage)
    return monitor_table(model, model.read(source, labelled=True, used=model.columns_used), before)


def monitor_table(model: Model, new: pa.Table, before: pa.Table | None = None) -> Drift:
    """As `monitor`, for canonical tables."""
    for table in (new, before):
        if table is not None and not table.num_rows:
            raise DataError("The table has 0 rows; there is nothing to compare.")
    reference = _reference(model, before)
    encoded = model.encode(new, warns=False)
    measured = measure_columns(model, reference, encoded)
    distance = reference.distance(encoded)
    far = loose_distance(reference.distances, reference.sampled, distance)
    auc = None if before is None else tell_apart(model, before, new)
    outcomes: dict[str, Outcome] = {}
    error = None
    if judged := reference.judged:
        outcome = outcome_by_turns(model, encoded)
        outcomes = measure_outcomes(model, judged, outcome)
        error = measure_errors(model, judged, new, encoded, outcome)
    chances = _raised(measured, outcomes, far, auc, error)
    weight = weights(model, encoded)
    columns = [_column(one, chances, weight[one.column.name]) for one in measured]
    together = TogetherDrift(
        float((distance > reference.limit).mean()),
        far.distance,
        chances["together"],
        auc and auc[0],
        chances.get("auc"),
        _is_moved(far, chances["together"]) or chances.get("auc", 1.0) <= ALARM,
    )
    drift = Drift(
        target=", ".join(model.target.names),
        rows=new.num_rows,
        rows_before=reference.rows,
        source="model" if before is None else "table",
        columns=tuple(sorted(columns, key=lambda one: (not one.moved, -one.weight))),
        outcomes=tuple(_outcome(name, *one, chances["outcome", name]) for name, one in outcomes.items()),
        together=together,
        error=error and replace(error, chance=chances["error"], moved=chances["error"] <= ALARM),
    )
    return replace(drift, verdict=verdict(drift))


def _reference(model: Model, before: pa.Table | None) -> Reference:
    """The reference of a table, or of the model file."""
    kept = model.reference
    if before is not None:
        judged = kept.judged if kept else None
        return Reference.learn(model.encoder, model.encode(before, warns=False), judged)
    if kept is None:
        raise ConfigError(NO_REFERENCE)
    return kept


def _raised(
    columns: list[Measured],
    outcomes: Mapping[str, Outcome],
    together: Distance,
    auc: tuple[float, float] | None,
    error: ErrorDrift | None,
) -> Chances:
    """The chance of each comparison, raised for their number; without gaps in either table there is none to compare."""
    chances: dict[Hashable, float] = {("values", one.column.name): one.distance.chance for one in columns}
    chances |= {
        ("gaps", one.column.name): one.gaps for one in columns if max(one.missing, one.missing_before) > 0
    }
    chances |= {("outcome", name): one.chance for name, (one, _) in outcomes.items()}
    chances["together"] = together.chance
    if auc:
        chances["auc"] = auc[1]
    if error:
        chances["error"] = error.chance
    return dict(zip(chances, holm(list(chances.values())), strict=True))


def _outcome(name: str, distance: Distance, words: tuple[str, str], chance: float) -> OutcomeDrift:
    return OutcomeDrift(name, distance.psi, distance.distance, chance, *words, _is_moved(distance, chance))


def _column(one: Measured, chances: Chances, weight: float) -> ColumnDrift:
    name = one.column.name
    values, gaps = chances["values", name], chances.get(("gaps", name), 1.0)
    has_moved = _is_moved(one.distance, values)
    has_gaps = gaps <= ALARM and abs(one.missing - one.missing_before) >= LEAST_DISTANCE
    drift = ColumnDrift(
        name=name,
        kind=one.column.kind,
        psi=one.distance.psi,
        distance=one.distance.distance,
        chance=min(values, gaps),
        missing=one.missing,
        missing_before=one.missing_before,
        before=one.before,
        now=one.now,
        weight=weight,
        moved=has_moved or has_gaps,
        is_time=one.column.selected_as == "timestamp",
    )
    if not drift.moved:
        return drift
    what = what_moved(one, values=has_moved, gaps=has_gaps)
    return replace(drift, what=what, advice=advice_for(one, weight, values=has_moved, gaps=has_gaps))


def _is_moved(distance: Distance, chance: float) -> bool:
    return chance <= ALARM and distance.distance >= LEAST_DISTANCE
