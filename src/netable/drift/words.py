"""What moved, whether it matters and what to do, in words."""

from __future__ import annotations

from netable.drift.columns import Measured
from netable.drift.result import Drift
from netable.system.wording import counted, number, percent, quoted

# Predictions hardly depend on a column of less weight.
LITTLE = 0.02
_NAMED = 3


def what_moved(one: Measured, *, values: bool, gaps: bool) -> str:
    """What moved in a column: its values, or its missing cells."""
    parts = []
    if gaps:
        parts.append(
            f"missing in {percent(one.missing)} of the rows ({percent(one.missing_before)} in training)"
        )
    if values and one.never_seen:
        parts.append(f"{percent(one.never_seen)} never seen")
    if values:
        parts.append(f"{one.now} (in training {one.before})")
    return "; ".join(parts)


def advice_for(one: Measured, weight: float, *, values: bool, gaps: bool) -> str:
    """What to do about a column that moved."""
    if gaps and one.missing > one.missing_before:
        return "Find out why cells are missing."
    if values and one.factor is not None:
        return f"Check its unit: the spread is {number(one.factor, 2)} times that of training, in the same shape."
    if one.column.selected_as == "timestamp":
        return "New rows are later as a rule: measure errors on recent ones."
    if weight < LITTLE:
        return "The predictions hardly depend on it: nothing to do if its source works."
    if one.never_seen:
        return "The networks know nothing of new levels: train with rows that have them."
    return "If its source works and the change is real, train with recent rows."


def verdict(drift: Drift) -> tuple[str, ...]:
    """What moved, whether it matters, and what to do."""
    sentences = [_columns(drift), *_predictions(drift), *_together(drift), *_errors(drift), _todo(drift)]
    return tuple(sentence for sentence in sentences if sentence)


def _columns(drift: Drift) -> str:
    moved, all_of_them = drift.moved, counted(len(drift.columns), "column")
    if not moved:
        return f"No column moved: {counted(drift.rows, 'row')}, like those of training in {all_of_them}."
    share = percent(sum(column.weight for column in moved))
    names = quoted([column.name for column in moved], _NAMED + 1)
    them = "it" if len(moved) == 1 else "them"
    return f"{names} moved, of {all_of_them}; the predictions depend on {them} by {share}."


def _predictions(drift: Drift) -> list[str]:
    moved = [outcome for outcome in drift.outcomes if outcome.moved]
    if moved:
        first = max(moved, key=lambda one: one.distance)
        return [f"The predictions moved: {first.name}, {first.now} (in training {first.before})."]
    return ["The predictions are distributed as in training."] if drift.outcomes else []


def _together(drift: Drift) -> list[str]:
    together = drift.together
    found = []
    if together.auc is not None and together.moved:
        found.append(
            f"Networks tell new rows from those of the reference table with an AUC of {together.auc:.2f}."
        )
    if together.moved and not drift.moved:
        found.append("Each column is distributed as before, but they go together in another way.")
    return found


def _errors(drift: Drift) -> list[str]:
    error = drift.error
    if error is None:
        return []
    name = next(iter(error.metrics), "")
    values = f"{name} {number(error.metrics.get(name) or 0.0)}"
    if error.metrics_before.get(name) is not None:
        values += f" (out of fold in training {number(error.metrics_before[name] or 0.0)})"
    how = (
        "have risen" if error.moved and error.rose else "have fallen" if error.moved else "are as in training"
    )
    return [f"Errors on {counted(error.rows, 'row')} with answers {how}: {values}."]


def _todo(drift: Drift) -> str:
    error = drift.error
    if not drift.is_alarm:
        return "Nothing to do."
    if error is not None and error.moved and error.rose:
        return "Train with recent rows, and look at the columns below first."
    heavy = [column for column in drift.moved if column.weight >= LITTLE]
    if not heavy and not any(outcome.moved for outcome in drift.outcomes):
        return "It matters little: the predictions hardly depend on what moved."
    if error is not None:
        return "Errors have not risen: watch it."
    return "It may matter: measure errors on recent rows with answers, and look at the columns below."
