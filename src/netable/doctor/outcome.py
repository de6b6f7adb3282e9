"""Verdicts on out-of-fold predictions: whether metrics can be trusted, and what the networks have missed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import fdtrc, ndtr

from netable.doctor.labels import suspect_labels, suspect_numbers
from netable.doctor.verdict import Verdict
from netable.system.wording import percent, quoted

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
# A result that is less probable than this is not due to chance.
CHANCE = 1e-3
FEWEST_ROWS = 30
# The ratio of the worst fold's loss to the mean that matters.
WORSE_FOLD = 1.25
# A network that is not significantly better than a constant may still look better by this share.
LITTLE_BETTER = 0.03
# A regression that is better by less than this share, though surely, is hardly better than a constant.
HARDLY_BETTER = 0.01
# The ratio of the network's loss to a linear model's that matters.
WORSE_THAN_LINEAR = 1.02
# Calibration error beyond chance that matters: in deviations, absolute, and in rows, because a sum of few improbable
# rows is not normal.
OFF, OFF_AT_LEAST, OFF_ROWS = 5.0, 0.02, 5
BINS, ROWS_A_BIN = 10, 50
# A class that is predicted at most once for this many of its rows counts as never predicted.
NEVER = 20
FEWEST_OF_A_CLASS = 5


@dataclass(frozen=True)
class OutcomeEvidence:
    """Evidence on the out-of-fold predictions."""

    y: NDArray[Any]  # (rows,) codes, or (rows, d_out)
    outcome: Floats  # (rows, classes) calibrated, or (rows, d_out)
    part: Ints  # (rows,), the number of the held-out part
    loss: Floats  # (rows,), of the networks
    constant_loss: Floats  # (rows,), of the best constant of the training rows
    linear_loss: Floats | None  # (rows,), of a linear model
    labels: Sequence[object]  # of the classes; empty for a regression
    weighted: bool  # True if classes were weighted
    uneven: bool  # True if rows have different weights
    numbers: Ints  # (rows,), positions in their table, from 0
    table: str  # the name of that table
    declared: bool = False  # True if rows were split by groups or in order of time


def diagnose_outcome(evidence: OutcomeEvidence) -> list[Verdict]:
    """The verdicts on predictions of rows that were held out."""
    if len(evidence.y) < FEWEST_ROWS:
        return []
    verdicts: list[Verdict | None] = []
    # With weights, the plain losses of rows are not what was minimized.
    if not evidence.weighted and not evidence.uneven:
        verdicts += [underfitting(evidence), folds_disagree(evidence)]
    labelled = evidence.y, evidence.outcome, evidence.numbers, evidence.table
    if evidence.labels:
        if not evidence.uneven:
            verdicts.append(miscalibrated(evidence))
        verdicts += [class_never_predicted(evidence), suspect_labels(*labelled)]
    else:
        verdicts.append(suspect_numbers(*labelled))
    return [verdict for verdict in verdicts if verdict]


def underfitting(evidence: OutcomeEvidence) -> Verdict | None:
    """A network that is no better than a constant, or worse than a linear model."""
    loss, constant_loss, linear_loss = evidence.loss, evidence.constant_loss, evidence.linear_loss
    ours, constant = float(loss.mean()), float(constant_loss.mean())
    if ours > (1 - LITTLE_BETTER) * constant and not _surely_more(constant_loss - loss, 0.01):
        return Verdict(
            "underfitting",
            "serious",
            f"On held-out rows, the loss is {ours:.4g}; that of a constant prediction is {constant:.4g}.",
            "The network learned nothing that holds for new rows.",
            'effort="best" or more max_epochs if training was short; else other columns: these may not determine the '
            "target",
        )
    if not evidence.labels and ours > (1 - HARDLY_BETTER) * constant:
        return Verdict(
            "underfitting",
            "warning",
            f"On held-out rows, the loss is {ours:.4g}, hardly below that of a constant prediction ({constant:.4g}).",
            "The columns explain less than 1% of the differences between rows, or are not read as what they are.",
            "look at the kind of each column (`used` in metrics.json): numbers read as a category can be set by kinds",
        )
    if linear_loss is None or not _surely_more(loss - linear_loss, CHANCE):
        return None
    linear = float(linear_loss.mean())
    if ours < WORSE_THAN_LINEAR * linear:
        return None
    return Verdict(
        "underfitting",
        "warning",
        f"On {len(loss)} held-out rows, the loss is {ours:.4g}; that of a linear model is {linear:.4g}.",
        "The network missed a pattern that a linear model finds.",
        'effort="best" or more max_epochs if training was short; else model="linear"',
    )


def _surely_more(differences: Floats, chance: float) -> bool:
    """Test whether the mean is above 0 by more than chance."""
    deviation = float(differences.std())
    if not deviation:
        return bool(differences.mean() > 0)
    return bool(ndtr(-differences.mean() / deviation * np.sqrt(len(differences))) < chance)


def folds_disagree(evidence: OutcomeEvidence) -> Verdict | None:
    """Folds whose losses differ by more than the spread of their rows explains."""
    groups = [evidence.loss[evidence.part == number] for number in np.unique(evidence.part)]
    groups = [group for group in groups if len(group) > 1]
    if len(groups) < 2 or not evidence.loss.std():
        return None
    means = np.array([group.mean() for group in groups])
    mean = float(evidence.loss.mean())
    if means.max() < WORSE_FOLD * mean or _by_chance(groups) >= CHANCE:
        return None
    return Verdict(
        "folds_disagree",
        "warning",
        f"The loss of the {len(groups)} folds ranges from {means.min():.4g} to {means.max():.4g} (mean {mean:.4g}), "
        "more than the spread of the rows explains.",
        "The model's quality depends on the rows: on new ones it may be as bad as in the worst fold.",
        "look at the rows of the worst fold (`fold` in the out-of-fold predictions)"
        + (
            ""
            if evidence.declared
            else "; if groups of rows or times differ, validate by group_column or time_column"
        ),
    )


def _by_chance(groups: list[Floats]) -> float:
    """The probability of means as different as these if all groups had the same: a one-way analysis of variance."""
    between, within = len(groups) - 1, sum(map(len, groups)) - len(groups)
    middle = np.concatenate(groups).mean()
    explained = sum(len(group) * np.square(group.mean() - middle) for group in groups) / between
    left = sum(np.square(group - group.mean()).sum() for group in groups) / within
    return float(fdtrc(between, within, explained / left)) if left else 0.0


def miscalibrated(evidence: OutcomeEvidence) -> Verdict | None:
    """Probabilities that differ from the observed shares of the classes."""
    happened = np.eye(len(evidence.labels))[evidence.y]
    off = [_miss(*pair) for pair in zip(evidence.outcome.T, happened.T, strict=True)]
    worst = max(range(len(off)), key=lambda i: off[i][0])
    error, by_chance, deviation, predicted, observed = off[worst]
    if error < by_chance + max(OFF_AT_LEAST, OFF * deviation, OFF_ROWS / len(evidence.y)):
        return None
    attempt = (
        "remove class_weight: probabilities then match the unweighted rows"
        if evidence.weighted
        else "more training rows; validation rows that resemble the training rows; see suspect labels"
    )
    return Verdict(
        "miscalibrated",
        "note" if evidence.weighted else "warning",
        f"The probability of {evidence.labels[worst]!r} is off by {error:.3f} on average (chance would give "
        f"{by_chance:.3f}): where it is about {percent(predicted)}, the class has {percent(observed)} of the rows.",
        "Decisions and sums based on these probabilities are wrong by that much.",
        attempt,
    )


def _miss(probability: Floats, happened: Floats) -> tuple[float, float, float, float, float]:
    """The expected calibration error in bins of equally many rows, its mean and deviation by chance, and the worst bin.

    For the worst bin, the mean probability and the observed share.
    """
    n = len(probability)
    bins = np.array_split(np.argsort(probability, kind="stable"), max(1, min(BINS, n // ROWS_A_BIN)))
    gaps = np.abs([(happened[rows] - probability[rows]).sum() for rows in bins])
    variances = np.array([(probability[rows] * (1 - probability[rows])).sum() for rows in bins])
    # A sum of independent rows is nearly normal: the mean of its absolute value is sqrt(2/π) deviations.
    by_chance = np.sqrt(2 / np.pi * variances).sum() / n
    deviation = np.sqrt((1 - 2 / np.pi) * variances.sum()) / n
    worst = bins[int(gaps.argmax())]
    return gaps.sum() / n, by_chance, deviation, probability[worst].mean(), happened[worst].mean()


def class_never_predicted(evidence: OutcomeEvidence) -> Verdict | None:
    """Classes that are almost never predicted, or never correctly."""
    size = len(evidence.labels)
    present = np.bincount(evidence.y, minlength=size)
    picked = evidence.outcome.argmax(1)
    predicted = np.bincount(picked, minlength=size)
    correct = np.bincount(evidence.y[picked == evidence.y], minlength=size)
    missed = [
        i
        for i in range(size)
        if present[i] >= FEWEST_OF_A_CLASS and (predicted[i] <= present[i] / NEVER or not correct[i])
    ]
    if not missed:
        return None
    first = missed[0]
    others = f"; the same holds for {quoted([evidence.labels[i] for i in missed[1:]])}" if missed[1:] else ""
    return Verdict(
        "class_never_predicted",
        "warning",
        f"{evidence.labels[first]!r} is the class of {present[first]} of {len(evidence.y)} rows, and was predicted for "
        f"{predicted[first]}, correctly for {correct[first]}{others}.",
        "Rows of this class are predicted as other classes, which metrics over all rows may hide.",
        'a lower threshold on its probability (predict_proba); or class_weight="balanced", with which '
        "probabilities and the log loss get worse",
    )
