"""What single columns tell: scales, columns that give the answer away, identifiers, drift."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from netable.doctor.phrases import names, setting, share
from netable.doctor.verdict import Severity, Verdict

# The share of a column's cells that look alike to the network, though they differ, that is more than slips.
MANY_CELLS = 0.01
# Where the middle half of a column's distinct values lies so close together, in spreads, it is one value to a net.
SQUEEZED = 1e-4
# How much of the target a column may tell by itself: far above the best single columns of real tables (0.83).
TOLD_NUMBERS, TOLD_CLASSES = 0.99, 0.98
ALL_BUT_TOLD = 0.999
# What is left of it for classes, if chance was kind.
TOLD_AT_LEAST = 0.95
FEWEST_ROWS = 50
# A category is learned by heart where most rows that judge have a level that was never learned from.
MOSTLY_NEW = 0.5
# A difference between two tables that chance brings about once in a thousand tables; and one that is large enough to
# matter, between distribution functions, or in half the sum of differences between shares of levels.
CHANCE = 1e-3
LARGE = 0.1


class Told(NamedTuple):
    """How much of the target a column alone tells: of all that there is to tell, and at least, in how many rows."""

    share: float = 0.0
    at_least: float = 0.0
    rows: int = 0


class Shift(NamedTuple):
    """How different a column is in the validation table, from 0 to 1, and the probability of such a difference."""

    distance: float = 0.0
    chance: float = 1.0


NOTHING_TOLD, NO_SHIFT = Told(), Shift()


@dataclass(frozen=True)
class Column:
    """What is known of a column that the network sees.

    Attributes
    ----------
    name, kind : str
    present : int
        Cells that are not missing.
    cut : int
        Cells so many spreads from the median that the network cuts them off.
    merged : float
        The share of the distinct values that the network's 32 bits cannot tell from the next.
    middle : float
        How wide the middle half of the distinct values is, in spreads.
    told : Told
        What the rows that are next to each other in this column have in common.
    new : float
        The share of judged rows whose level is in none of the rows that were learned from.
    counts : str
        Why it looks like a number that only counts or names rows; empty if it does not.
    shift : Shift
    """

    name: str
    kind: str
    present: int
    cut: int = 0
    merged: float = 0.0
    middle: float = 1.0
    told: Told = NOTHING_TOLD
    new: float = 0.0
    counts: str = ""
    shift: Shift = NO_SHIFT


def wild_scales(columns: Sequence[Column]) -> Verdict | None:
    """Columns whose span is too wide for what the first layer makes of it."""
    seen = []
    grave = False
    wild = []
    for column in columns:
        what = _lost(column)
        if what:
            wild.append(column.name)
            seen.append(f"{column.name!r}: {what}")
            grave |= (
                column.cut > MANY_CELLS * column.present
                or column.middle < SQUEEZED
                or column.merged > MANY_CELLS
            )
    if not seen:
        return None
    return Verdict(
        "wild_scales",
        "warning" if grave else "note",
        "; ".join(seen[:3]) + (f"; and {len(seen) - 3} more columns" if len(seen) > 3 else "") + ".",
        "The network sees each number in units of its column's spread, within a million of them and in 32 bits. "
        "Values that it cannot tell apart teach nothing.",
        f"give the logarithm of {names(wild)} in the table, or correct the cells if they are slips; "
        f"or leave out what does not matter: {setting('ignore_columns', wild)}",
    )


def _lost(column: Column) -> str:
    if column.cut:
        return (
            f"{share(column.cut / column.present)} of the values ({column.cut}) are more than a million spreads "
            "from the median and are cut off there"
        )
    if column.middle < SQUEEZED:
        return (
            f"the middle half of its distinct values lies within {column.middle:.1g} spreads, "
            "because others are so far out"
        )
    if column.merged > MANY_CELLS:
        return f"{share(column.merged)} of its distinct values are the same number in 32 bits"
    return ""


def leakage(columns: Sequence[Column], task: str) -> Verdict | None:
    """Columns that give the answer away."""
    enough = TOLD_NUMBERS if task == "regression" else TOLD_CLASSES
    found = sorted(
        (
            c
            for c in columns
            if c.told.share >= enough and c.told.at_least >= TOLD_AT_LEAST and c.told.rows >= FEWEST_ROWS
        ),
        key=lambda column: -column.told.share,
    )
    if not found:
        return None
    first = found[0]
    severity: Severity = "serious" if first.told.share >= ALL_BUT_TOLD else "warning"
    if len(columns) == 1:  # a curve through one column is a fair question
        severity = "note"
    what = "of the target's variance" if task == "regression" else "of what there is to know of the classes"
    others = f"; so do {names([c.name for c in found[1:]])}" if found[1:] else ""
    return Verdict(
        "leakage",
        severity,
        f"{first.name!r} alone tells {share(first.told.share)} {what}{others}: a row is told by the rows next to it in "
        f"this column ({first.told.rows} rows).",
        "A column that follows from the target, or is written down after it, makes figures that no new row will reach.",
        f"if it is not known before the target is, leave it out: {setting('ignore_columns', [c.name for c in found])}",
    )


def identifier(columns: Sequence[Column], rows: int) -> Verdict | None:
    """Columns whose values name rows, and say nothing of new ones."""
    found = [
        (
            column,
            column.counts or f"{share(column.new)} of the rows that judge have a level never learned from",
        )
        for column in columns
        if column.counts or (column.new > MOSTLY_NEW and column.present >= FEWEST_ROWS)
    ]
    if not found:
        return None
    listed = "; ".join(f"{column.name!r}: {why}" for column, why in found[:3])
    more = f"; and {len(found) - 3} more columns" if len(found) > 3 else ""
    return Verdict(
        "identifier",
        "warning" if any(column.present > rows / 2 for column, _ in found) else "note",
        f"{listed}{more}.",
        "What a network learns of a single row's name is learned by heart: it does not hold for the next row.",
        f"leave out what only names rows: {setting('ignore_columns', [column.name for column, _ in found])}",
    )


def drift(columns: Sequence[Column]) -> Verdict | None:
    """Columns, or the target, that are distributed otherwise in the validation table."""
    chance = CHANCE / max(1, len(columns))
    found = sorted(
        (c for c in columns if c.shift.distance >= LARGE and c.shift.chance < chance),
        key=lambda column: -column.shift.distance,
    )
    if not found:
        return None
    listed = ", ".join(f"{c.name!r} ({c.shift.distance:.2f})" for c in found[:5])
    more = f" and {len(found) - 5} more" if len(found) > 5 else ""
    return Verdict(
        "drift",
        "warning",
        f"{len(found)} of {len(columns)} columns differ between the validation table and the training rows, beyond "
        f"chance: {listed}{more}; 0 is the same distribution, 1 another altogether.",
        "The network is judged, and stops, by rows of another kind than those it learns from: either these or new rows "
        "may not be like the training rows.",
        "train on rows like those to come, judge in the order of time with time_column, or leave out what changes by "
        f"itself, such as {setting('ignore_columns', [found[0].name])}",
    )
