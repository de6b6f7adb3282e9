"""Verdicts on single columns: scales, leakage, identifiers, drift."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from netable.doctor.verdict import Severity, Verdict
from netable.system.wording import first_of, percent, quoted, setting

# A larger share of cells that differ, but look alike to the network, is no slip.
MANY_CELLS = 0.01
# If the middle half of the distinct values spans fewer spreads than this, the network sees a single value.
SQUEEZED = 1e-4
# The share of the target that a column may explain alone: far above the best single columns of real tables (0.83).
EXPLAINED_NUMBERS, EXPLAINED_CLASSES = 0.99, 0.98
ALL_BUT_EXPLAINED = 0.999
# For classes, the lower end of that share.
EXPLAINED_AT_LEAST = 0.95
FEWEST_ROWS = 50
# A category is memorized if most validation rows have a value absent from training.
MOSTLY_NEW = 0.5
# A difference between two tables that occurs by chance in one of a thousand; and one that is large enough to matter,
# between distribution functions, or as half the sum of differences between shares of levels.
CHANCE = 1e-3
LARGE = 0.1


class Explained(NamedTuple):
    """The share of the target that a column explains alone, its lower bound, and the rows it was measured on."""

    share: float = 0.0
    at_least: float = 0.0
    rows: int = 0


class Shift(NamedTuple):
    """The difference of a column in the validation table, from 0 to 1, and its probability by chance."""

    distance: float = 0.0
    chance: float = 1.0


@dataclass(frozen=True)
class Column:
    """Evidence on a column that the network sees."""

    name: str
    kind: str
    present: int  # cells that are not missing
    cut: int = 0  # cells so many spreads from the median that the network clips them
    merged: float = 0.0  # the share of the distinct values that 32 bits cannot tell from the next
    middle: float = 1.0  # the width of the middle half of the distinct values, in spreads
    # The share of the target that follows from neighbours of a row in the order of this column.
    explained: Explained = field(default_factory=Explained)
    new: float = 0.0  # the share of validation rows whose level is absent from training
    counts: str = ""  # why it looks like a number that only counts or names rows
    shift: Shift = field(default_factory=Shift)
    helps: bool = False  # held-out rows are predicted worse without it

    @property
    def names_rows(self) -> str:
        """The reason why it looks like a name of rows; empty if it does not."""
        is_mostly_new = self.new > MOSTLY_NEW and self.present >= FEWEST_ROWS
        new = f"{percent(self.new)} of validation rows have a value absent from training"
        return self.counts or (new if is_mostly_new else "")


def wild_scales(columns: Sequence[Column]) -> Verdict | None:
    """Columns with values too far apart for the first layer."""
    problems = {column.name: lost for column in columns if (lost := _lost(column))}
    if not problems:
        return None
    wild = list(problems)
    is_grave = any(
        column.cut > MANY_CELLS * column.present or column.middle < SQUEEZED or column.merged > MANY_CELLS
        for column in columns
    )
    return Verdict(
        "wild_scales",
        "warning" if is_grave else "note",
        f"{_first_three([f'{name!r}: {lost}' for name, lost in problems.items()])}.",
        "The network sees each number in units of its column's spread, clipped at a million of them, in 32 bits. "
        "It learns nothing from values that it cannot tell apart.",
        f"replace {quoted(wild)} by the logarithm, or correct the cells if they are wrong; "
        f"or leave the column out: {setting('ignore_columns', wild)}",
    )


def _lost(column: Column) -> str:
    if column.cut:
        return (
            f"{percent(column.cut / column.present)} of the values ({column.cut}) are more than a million spreads "
            "from the median and are clipped there"
        )
    if column.middle < SQUEEZED:
        return (
            f"the middle half of its distinct values lies within {column.middle:.1g} spreads, "
            "because others are far away"
        )
    if column.merged > MANY_CELLS:
        return f"{percent(column.merged)} of its distinct values are the same number in 32 bits"
    return ""


def _first_three(parts: Sequence[str]) -> str:
    more = f"; and {len(parts) - 3} more columns" if len(parts) > 3 else ""
    return "; ".join(parts[:3]) + more


def leaking(columns: Sequence[Column], task: str) -> list[Column]:
    """Columns that almost determine the target alone, those that do most first."""
    enough = EXPLAINED_NUMBERS if task == "regression" else EXPLAINED_CLASSES
    reliable = [
        column
        for column in columns
        if column.explained.at_least >= EXPLAINED_AT_LEAST and column.explained.rows >= FEWEST_ROWS
    ]
    leaks = [column for column in reliable if column.explained.share >= enough]
    return sorted(leaks, key=lambda column: -column.explained.share)


def leakage(columns: Sequence[Column], task: str) -> Verdict | None:
    """Columns that almost determine the target, each alone."""
    leaks = leaking(columns, task)
    if not leaks:
        return None
    first = leaks[0]
    severity: Severity = "serious" if first.explained.share >= ALL_BUT_EXPLAINED else "warning"
    if len(columns) == 1:  # a curve through one column is a fair question
        severity = "note"
    what = "of the target's variance" if task == "regression" else "of the uncertainty about the class"
    others = f"; so do {quoted([c.name for c in leaks[1:]])}" if leaks[1:] else ""
    return Verdict(
        "leakage",
        severity,
        f"{first.name!r} alone explains {percent(first.explained.share)} {what}{others}: sorting by this column almost "
        f"determines the target ({first.explained.rows} rows).",
        "If the column follows from the target, or is recorded after it, no new row will be predicted as well.",
        f"if it is not known before the target, leave it out: {setting('ignore_columns', [c.name for c in leaks])}",
    )


def identifier(columns: Sequence[Column], rows: int) -> Verdict | None:
    """Columns whose values name rows, do not recur, and do not help."""
    reasons = {c.name: c.names_rows for c in columns if c.names_rows and not c.helps}
    if not reasons:
        return None
    is_common = any(column.present > rows / 2 for column in columns if column.name in reasons)
    return Verdict(
        "identifier",
        "warning" if is_common else "note",
        f"{_first_three([f'{name!r}: {why}' for name, why in reasons.items()])}.",
        "Whatever the network learns about the name of a single row is memorized and does not help with new rows.",
        f"leave out columns that only name rows: {setting('ignore_columns', list(reasons))}",
    )


def shifted(columns: Sequence[Column]) -> list[Column]:
    """Columns whose distribution differs much and beyond chance, those that differ most first."""
    chance = CHANCE / max(1, len(columns))
    differing = (c for c in columns if c.shift.distance >= LARGE and c.shift.chance < chance)
    return sorted(differing, key=lambda column: -column.shift.distance)


def distances(columns: Sequence[Column]) -> str:
    """The first columns with the distances of their distributions."""
    return first_of((f"{c.name!r} ({c.shift.distance:.2f})" for c in columns), len(columns), at_most=5)


def drift(columns: Sequence[Column]) -> Verdict | None:
    """Columns, or the target, that are distributed differently in the validation table."""
    differing = shifted(columns)
    if not differing:
        return None
    return Verdict(
        "drift",
        "warning",
        f"{len(differing)} of {len(columns)} columns differ between the validation table and the training rows by more "
        f"than chance: {distances(differing)}; 0 is the same distribution, 1 a disjoint one.",
        "The network is validated, and stopped, on rows of a different kind than those it learns from; new rows may "
        "differ from the training rows too.",
        "train on rows like those to be predicted, validate in order of time with time_column, or leave out columns "
        f"that change by themselves, such as {setting('ignore_columns', [differing[0].name])}",
    )
