"""Verdicts on the rows as a whole: too few, rare classes, duplicates, and heavy tails of the target."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from scipy.special import bdtr

from netable.doctor.verdict import Severity, Verdict
from netable.system.wording import percent

# Rows needed for each column: with fewer, a plane through random columns fits the target by chance.
ROWS_A_COLUMN = 5
FEWEST_ROWS = 50
# A layer this many times wider than there are rows can memorize each of them.
WIDER_THAN_ROWS = 4
# Below this ratio of the rarest to the largest class, accuracy measures the largest only.
RARE = 0.1
# A result that is less probable than this is not due to chance.
CHANCE = 0.02
# Equal rows on both sides of a fold: the least share and number to report, and the share that makes it serious.
TWINS, TWIN_ROWS, MANY_TWINS = 0.01, 5, 0.1
# Equal pairs for each pair that differs in one cell: 0.4 and more where a twentieth of the rows was copied, and 0.06 or
# less where columns of few values agree by coincidence.
FOR_A_NEAR_MISS = 0.3
# How many times more pairs there must be than independent columns would give.
MORE_THAN_CHANCE = 20
# Of a normal target, the farthest hundredth of rows has a twelfth of the squares.
HEAVY_TAIL = 0.5
FEWEST_FOR_TAIL = 100


@dataclass(frozen=True)
class Rows:
    """Evidence on the rows."""

    learned: int  # rows of the training table
    columns: int  # columns that the network sees
    widest: int  # units of the widest hidden layer; 0 for none
    labels: Sequence[object]
    counts: Sequence[int]  # rows of each class; empty for numbers
    balanced: bool  # True if classes were weighted
    judged: int  # validation rows
    twins: int  # those that equal a training row of the member they judge, target included
    pairs: float  # pairs of equal rows
    pairs_by_chance: float  # their expected number if the columns were independent
    near: float  # pairs of rows that differ in one cell


@dataclass(frozen=True)
class Tail:
    """One target of a regression."""

    name: str
    rows: int
    heaviest: float  # the share of the squared deviations, in units of training, of the farthest 1% of rows
    squares: bool  # True if the loss is a squared error
    may_log: bool  # True if the target has a logarithm


def too_little_data(rows: Rows) -> Verdict | None:
    """Too few rows for the columns, for the width of the network, or for validation."""
    few = rows.learned < ROWS_A_COLUMN * rows.columns
    if not few and rows.learned >= FEWEST_ROWS and rows.widest <= WIDER_THAN_ROWS * rows.learned:
        return None
    severity: Severity = "warning" if few or rows.learned < FEWEST_ROWS else "note"
    if rows.learned < rows.columns:
        severity = "serious"
    width = f", and a layer of {rows.widest} units" if rows.widest else ""
    return Verdict(
        "too_little_data",
        severity,
        f"{rows.learned} training rows for {rows.columns} columns{width}.",
        "With few rows for each column, some columns fit the target by chance, and the metrics are uncertain.",
        'more rows, or a simpler model: model="linear", or a few columns that are known to matter',
    )


def class_imbalance(rows: Rows) -> Verdict | None:
    """A class so rare that metrics over all rows ignore it."""
    if len(rows.counts) < 2 or rows.balanced:
        return None
    rarest = min(range(len(rows.counts)), key=lambda i: rows.counts[i])
    largest = max(range(len(rows.counts)), key=lambda i: rows.counts[i])
    few, many, total = rows.counts[rarest], rows.counts[largest], sum(rows.counts)
    # The probability of so few rows if the rare class were just common enough.
    if bdtr(few, few + many, RARE / (1 + RARE)) > CHANCE:
        return None
    return Verdict(
        "class_imbalance",
        "warning",
        f"{rows.labels[rarest]!r} is the class of {few} of {total} rows ({percent(few / total)}); always predicting "
        f"{rows.labels[largest]!r} is right in {percent(many / total)}.",
        "Accuracy, and most of the loss, depend on the common class only.",
        'class_weight="balanced" if the rare class matters as much: probabilities and the log loss get worse; '
        "compare by balanced_accuracy or roc_auc",
    )


def duplicate_rows(rows: Rows) -> Verdict | None:
    """Validation rows that equal training rows."""
    if rows.twins < TWIN_ROWS or rows.twins < TWINS * rows.judged:
        return None
    coarse = rows.pairs < MORE_THAN_CHANCE * rows.pairs_by_chance or rows.pairs < FOR_A_NEAR_MISS * rows.near
    if coarse:  # rows of few distinct values agree without being copies
        return None
    part = rows.twins / rows.judged
    return Verdict(
        "duplicate_rows",
        "serious" if part > MANY_TWINS else "warning",
        f"{rows.twins} of {rows.judged} validation rows ({percent(part)}) equal a training row, target included.",
        "Training rows are predicted better than new ones, so the metrics are too optimistic.",
        "remove copies from the table, or keep them in one fold by a column that identifies them: group_column",
    )


def target_scale(tails: Sequence[Tail]) -> Verdict | None:
    """A target whose loss depends on a few extreme rows."""
    heavy = [t for t in tails if t.squares and t.heaviest > HEAVY_TAIL and t.rows >= FEWEST_FOR_TAIL]
    if not heavy:
        return None
    worst = max(heavy, key=lambda tail: tail.heaviest)
    attempts = 'target_transform="log", or ' if worst.may_log else ""
    return Verdict(
        "target_scale",
        "warning",
        f"{worst.name!r}: the 1% of rows farthest from the mean hold {percent(worst.heaviest)} of the squared "
        "deviations (8% if the target were normal).",
        "A squared-error loss fits these few rows and neglects the others.",
        f'{attempts}loss="huber" or loss="mae", which give extreme values less weight',
    )
