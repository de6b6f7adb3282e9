"""What rows tell that were not learned from: whether figures can be believed, and what the networks have missed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import f_oneway, norm

from netable.doctor.labels import suspect_labels, suspect_numbers
from netable.doctor.phrases import names, share
from netable.doctor.verdict import Verdict

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
# Below this probability, a figure is no chance.
CHANCE = 1e-3
FEWEST_ROWS = 30
# How much worse than the mean the worst fold must be to matter.
WORSE_FOLD = 1.25
# Where a net is not surely better than a constant, how much better it may look.
LITTLE_BETTER = 0.03
# How much worse than a linear model a net must be to matter.
WORSE_THAN_LINEAR = 1.02
# How far probabilities are off, beyond what chance gives: in deviations, at least, and at least in rows, because a few
# improbable rows are no normal sum.
OFF, OFF_AT_LEAST, OFF_ROWS = 5.0, 0.02, 5
BINS, ROWS_A_BIN = 10, 50
# A class is as good as never predicted at most once for so many of its rows.
NEVER = 20
FEWEST_OF_A_CLASS = 5


@dataclass(frozen=True)
class LinearOutcome:
    """A linear model beside the networks, on the rows of some folds.

    Attributes
    ----------
    loss, net_loss : (rows,)
        Of the same rows.
    """

    loss: Floats
    net_loss: Floats


@dataclass(frozen=True)
class OutcomeEvidence:
    """What is known of the judged rows.

    Attributes
    ----------
    y : (rows,) codes, or (rows, d_out)
    outcome : (rows, classes) calibrated, or (rows, d_out)
    part : (rows,)
        Which rows were held out together.
    loss, constant_loss : (rows,)
        Of the networks; of the best constant of the rows that they learned from.
    labels : sequence
        The classes.
    weighted : bool
        Whether classes were weighted.
    numbers : (rows,)
        Of the rows in their table, from 0.
    table : str
        The table that they are in.
    linear : LinearOutcome or None
    """

    y: NDArray[Any]
    outcome: Floats
    part: Ints
    loss: Floats
    constant_loss: Floats
    labels: Sequence[object]
    weighted: bool
    uneven: bool
    numbers: Ints
    table: str
    linear: LinearOutcome | None


def diagnose_outcome(evidence: OutcomeEvidence) -> list[Verdict]:
    """The verdicts on rows that were not learned from."""
    if len(evidence.y) < FEWEST_ROWS:
        return []
    found: list[Verdict | None] = []
    if (
        not evidence.weighted and not evidence.uneven
    ):  # else losses of rows as they are were not what was learned
        found += [underfitting(evidence), folds_disagree(evidence)]
    told = evidence.y, evidence.outcome, evidence.numbers, evidence.table
    if evidence.labels:
        if not evidence.uneven:
            found.append(miscalibrated(evidence))
        found += [class_never_predicted(evidence), suspect_labels(*told)]
    else:
        found.append(suspect_numbers(*told))
    return [verdict for verdict in found if verdict]


def underfitting(evidence: OutcomeEvidence) -> Verdict | None:
    """A net that is no better than a constant, or worse than a line."""
    own, constant = float(evidence.loss.mean()), float(evidence.constant_loss.mean())
    if own > (1 - LITTLE_BETTER) * constant and not _surely_more(
        evidence.constant_loss - evidence.loss, 0.01
    ):
        return Verdict(
            "underfitting",
            "serious",
            f"on rows that were not learned from, the loss is {own:.4g}; a constant prediction has {constant:.4g}.",
            "Nothing was learned that holds for new rows.",
            'effort="best" or more max_epochs if training was short; else other columns: these may not tell the target',
        )
    line = evidence.linear
    if line is None or len(line.loss) < FEWEST_ROWS or not _surely_more(line.net_loss - line.loss, CHANCE):
        return None
    own, other = float(line.net_loss.mean()), float(line.loss.mean())
    if own < WORSE_THAN_LINEAR * other:
        return None
    return Verdict(
        "underfitting",
        "warning",
        f"on {len(line.loss)} rows that were not learned from, the loss is {own:.4g}; a linear model has {other:.4g}.",
        "What a line can tell was not learned, or got lost.",
        'effort="best" or more max_epochs if training was short; else model="linear"',
    )


def _surely_more(differences: Floats, chance: float) -> bool:
    """Whether the mean is above 0 beyond chance."""
    deviation = float(differences.std())
    if not deviation:
        return bool(differences.mean() > 0)
    return bool(norm.sf(differences.mean() / deviation * np.sqrt(len(differences))) < chance)


def folds_disagree(evidence: OutcomeEvidence) -> Verdict | None:
    """Folds whose losses differ by more than their rows' own spread explains."""
    groups = [evidence.loss[evidence.part == number] for number in np.unique(evidence.part)]
    groups = [group for group in groups if len(group) > 1]
    if len(groups) < 2 or not evidence.loss.std():
        return None
    means = np.array([group.mean() for group in groups])
    mean = float(evidence.loss.mean())
    if means.max() < WORSE_FOLD * mean or not f_oneway(*groups).pvalue < CHANCE:
        return None
    return Verdict(
        "folds_disagree",
        "warning",
        f"the loss of the {len(groups)} folds goes from {means.min():.4g} to {means.max():.4g} (mean {mean:.4g}), "
        "more than the rows' own spread explains.",
        "How good the model is depends on which rows it meets: on new ones it may be as in the worst fold.",
        "see what the worst fold holds (`fold` of the out-of-fold predictions); if groups of rows or times differ, "
        "group_column or time_column judge as new ones will be",
    )


def miscalibrated(evidence: OutcomeEvidence) -> Verdict | None:
    """Probabilities that are not the shares in which classes occur."""
    happened = np.eye(len(evidence.labels))[evidence.y]
    off = [_miss(*pair) for pair in zip(evidence.outcome.T, happened.T, strict=True)]
    worst = max(range(len(off)), key=lambda i: off[i][0])
    error, by_chance, deviation, said, was = off[worst]
    if error < by_chance + max(OFF_AT_LEAST, OFF * deviation, OFF_ROWS / len(evidence.y)):
        return None
    attempt = (
        "leave class_weight out: probabilities are then those of the rows as they are"
        if evidence.weighted
        else "more rows to learn from; rows that judge which are like those learned from; see suspect labels"
    )
    return Verdict(
        "miscalibrated",
        "note" if evidence.weighted else "warning",
        f"the probability of {evidence.labels[worst]!r} is off by {error:.3f} in the mean (chance would give "
        f"{by_chance:.3f}): where it is about {share(said)}, {share(was)} occurred.",
        "Whoever decides by a probability, or sums them up, is misled by as much.",
        attempt,
    )


def _miss(probability: Floats, happened: Floats) -> tuple[float, float, float, float, float]:
    """The expected calibration error in bins of equally many rows, its mean and deviation by chance, and the worst bin.

    Of the bin that the error owes most to come what was said, and the share that occurred.
    """
    bins = max(1, min(BINS, len(probability) // ROWS_A_BIN))
    error = by_chance = variance = worst = said = was = 0.0
    for rows in np.array_split(np.argsort(probability, kind="stable"), bins):
        # A sum of independent rows, as good as normal: the mean of its size is sqrt(2/π) deviations.
        spread = float((probability[rows] * (1 - probability[rows])).sum())
        gap = abs(float((happened[rows] - probability[rows]).sum()))
        if gap > worst:
            worst, said, was = gap, float(probability[rows].mean()), float(happened[rows].mean())
        error += gap
        by_chance += float(np.sqrt(2 / np.pi * spread))
        variance += (1 - 2 / np.pi) * spread
    n = len(probability)
    return error / n, by_chance / n, float(np.sqrt(variance)) / n, said, was


def class_never_predicted(evidence: OutcomeEvidence) -> Verdict | None:
    """Classes that are there and as good as never predicted, or never where they are."""
    size = len(evidence.labels)
    there = np.bincount(evidence.y, minlength=size)
    picked = evidence.outcome.argmax(1)
    said = np.bincount(picked, minlength=size)
    rightly = np.bincount(evidence.y[picked == evidence.y], minlength=size)
    missed = [
        i
        for i in range(size)
        if there[i] >= FEWEST_OF_A_CLASS and (said[i] <= there[i] / NEVER or not rightly[i])
    ]
    if not missed:
        return None
    first = missed[0]
    others = f"; so it is with {names([evidence.labels[i] for i in missed[1:]])}" if missed[1:] else ""
    return Verdict(
        "class_never_predicted",
        "warning",
        f"{evidence.labels[first]!r} is the class of {there[first]} of {len(evidence.y)} rows, and was predicted for "
        f"{said[first]}, rightly for {rightly[first]}{others}.",
        "Its rows are taken for others, however the figures of all rows look.",
        'class_weight="balanced", or decide by its own probability (predict_proba) with a lower threshold',
    )
