"""What the rows as a whole tell: how many, of which classes, how often the same, and the target's own shape."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from scipy.stats import binom

from netable.doctor.phrases import share
from netable.doctor.verdict import Severity, Verdict

# Rows that a column at least needs: below, a plane through random columns fits what it has seen by chance.
ROWS_A_COLUMN = 5
FEWEST_ROWS = 50
# A layer this many times wider than there are rows can learn each of them by heart.
WIDER_THAN_ROWS = 4
# The rarest class beside the largest, from which on accuracy tells about the largest only.
RARE = 0.1
# Below this probability, a figure is no chance.
CHANCE = 1e-3
# Equal rows on both sides of a fold: the least share, and the least number, that are worth saying, and from where on
# figures cannot be trusted.
TWINS, TWIN_ROWS, MANY_TWINS = 0.01, 5, 0.1
# Of rows that agree in half of the columns, so many agree in the other half too where rows are copies.
AGREE = 0.25
# How many times more pairs there must be than columns that know nothing of each other would give.
MORE_THAN_CHANCE = 20
# Of a normal target, the farthest hundredth of rows has a twelfth of the squares.
HEAVY_TAIL = 0.5
FEWEST_FOR_TAIL = 100


@dataclass(frozen=True)
class Rows:
    """What is known of the rows.

    Attributes
    ----------
    learned : int
        The training table's rows.
    columns : int
        Columns that the network sees.
    widest : int
        Units of the widest hidden layer; 0 for none.
    counts : rows of each class; empty for numbers
    balanced : bool
        Whether classes were weighted.
    judged : int
        Rows that judge.
    twins : int
        Of these, how many equal a row, target included, that the member they judge has learned from.
    pairs, pairs_by_chance : float
        Pairs of equal rows, and how many there would be if columns knew nothing of each other.
    agreement : float
        Of the pairs that agree in half of the columns, the share that agrees in all; the median of some halves.
    """

    learned: int
    columns: int
    widest: int
    labels: Sequence[object]
    counts: Sequence[int]
    balanced: bool
    judged: int
    twins: int
    pairs: float
    pairs_by_chance: float
    agreement: float


@dataclass(frozen=True)
class Tail:
    """One target of a regression.

    Attributes
    ----------
    rows : int
    heaviest : float
        The share of the squared deviations, in the units that are learned, that the farthest hundredth of rows holds.
    squares : bool
        Whether the loss is of squares.
    may_log : bool
        Whether the logarithm can be taken.
    """

    name: str
    rows: int
    heaviest: float
    squares: bool
    may_log: bool


def too_little_data(rows: Rows) -> Verdict | None:
    """Too few rows for the columns, or for the net's width, or to measure by."""
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
        f"{rows.learned} rows to learn from, for {rows.columns} columns{width}.",
        "With few rows for each column, some fit the target by chance, and the figures themselves are uncertain.",
        'more rows, or less to learn: model="linear", or a few columns that are known to matter',
    )


def class_imbalance(rows: Rows) -> Verdict | None:
    """A class so rare that figures of all rows say nothing of it."""
    if len(rows.counts) < 2 or rows.balanced:
        return None
    rarest = min(range(len(rows.counts)), key=lambda i: rows.counts[i])
    largest = max(range(len(rows.counts)), key=lambda i: rows.counts[i])
    few, many, total = rows.counts[rarest], rows.counts[largest], sum(rows.counts)
    # Whether so few rows, of these two classes, would be a chance if the rare one were just common enough.
    if binom.cdf(few, few + many, RARE / (1 + RARE)) > CHANCE:
        return None
    return Verdict(
        "class_imbalance",
        "warning",
        f"{rows.labels[rarest]!r} is the class of {few} of {total} rows ({share(few / total)}); always saying "
        f"{rows.labels[largest]!r} is right in {share(many / total)}.",
        "Accuracy tells about the common class only, and so does most of the loss.",
        'class_weight="balanced" if the rare class matters as much; judge by balanced_accuracy or roc_auc',
    )


def duplicate_rows(rows: Rows) -> Verdict | None:
    """Rows that judge, and were learned from as their equals."""
    if rows.twins < TWIN_ROWS or rows.twins < TWINS * rows.judged:
        return None
    coarse = rows.pairs < MORE_THAN_CHANCE * rows.pairs_by_chance or rows.agreement < AGREE
    if coarse:  # columns of few values agree without being copies
        return None
    part = rows.twins / rows.judged
    return Verdict(
        "duplicate_rows",
        "serious" if part > MANY_TWINS else "warning",
        f"{rows.twins} of {rows.judged} rows that judge ({share(part)}) equal a row that was learned from, "
        "target included.",
        "A row that was learned from is told better than a new one: the figures flatter.",
        "take copies out of the table, or keep them in one fold by a column that names them: group_column",
    )


def target_scale(tails: Sequence[Tail]) -> Verdict | None:
    """A target of which few rows make most of the loss."""
    heavy = [t for t in tails if t.squares and t.heaviest > HEAVY_TAIL and t.rows >= FEWEST_FOR_TAIL]
    if not heavy:
        return None
    worst = max(heavy, key=lambda tail: tail.heaviest)
    attempts = 'target_transform="log", or ' if worst.may_log else ""
    return Verdict(
        "target_scale",
        "warning",
        f"{worst.name!r}: the hundredth of the rows that is farthest from the mean holds "
        f"{share(worst.heaviest, digits=0)} of the squared deviations (8% if the target were normal).",
        "A loss of squares learns these few rows, and little of the others.",
        f'{attempts}loss="huber" or loss="mae", which heed far values less',
    )
