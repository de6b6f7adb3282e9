"""Targets that are wrong, rather than hard to tell."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.stats import poisson

from netable.doctor.phrases import row_numbers, share
from netable.doctor.verdict import Verdict

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
# From here on a probability is sure. Where classes overlap, errors are among the others; wrong labels are also here.
SURE = 0.8
# The share of contradicted labels among sure rows, of all errors that are there, and of the uncertainty about classes
# that the columns have taken away, from where on labels are the likelier explanation.
CONTRADICTED, AMONG_SURE, TOLD = 0.045, 0.43, 0.22
# A label as improbable as this, oftener than the probabilities themselves allow, by networks that have learned so much.
ODD, MUCH_TOLD = 0.002, 0.5
ODD_CHANCE = 1e-5
FEWEST = 4
# Errors of so many times the spread of their neighbours, and how often they must be met.
FAR, FAR_SHARE = 10.0, 0.005
FARTHER, FARTHER_ROWS, FARTHER_SHARE = 20.0, 3, 0.001
FEWEST_NEIGHBOURS = 20
WHY = "Wrong targets are learned as if they were right, and judge as if they were."


def suspect_labels(y: Ints, probability: Floats, numbers: Ints, table: str) -> Verdict | None:
    """Rows whose class is probably another one than their label.

    Which rows: confident learning, among those of which the networks are sure. *Reference*: C. Northcutt, L. Jiang,
    I. Chuang (2021), "Confident Learning: Estimating Uncertainty in Dataset Labels", JAIR 70. Whether to say so: where
    classes merely overlap, networks err where they are in doubt; where labels are wrong, also where they are sure.

    Parameters
    ----------
    y : (rows,) codes
    probability : (rows, classes), by networks that have not seen the row
    numbers : (rows,) of the rows in their table, from 0
    """
    own = probability[np.arange(len(y)), y]
    sure = probability.max(1) >= SURE
    wrong = probability.argmax(1) != y
    contradicted = int((sure & wrong).sum())
    suspects = np.flatnonzero(_contradicted(y, probability) & sure)
    if len(suspects) < FEWEST or not (
        _beyond_overlap(y, own, sure, wrong) or _beyond_own_doubt(y, probability, own)
    ):
        return None
    suspects = suspects[np.argsort(own[suspects], kind="stable")]
    return Verdict(
        "suspect_labels",
        "warning",
        f"in {contradicted} of {int(sure.sum())} rows ({share(contradicted / sure.sum())}) of which the networks are "
        f"sure the label is another one. {len(suspects)} labels are suspected, the oddest first: "
        f"{row_numbers(numbers[suspects].tolist())} of the {table}.",
        WHY,
        "look at these rows; correct them, or leave them out",
    )


def _contradicted(y: Ints, probability: Floats) -> NDArray[np.bool_]:
    """Rows that another class claims: with at least the mean probability that it has where it is the label."""
    size = probability.shape[1]
    usual = np.array([probability[y == i, i].mean() if (y == i).any() else np.inf for i in range(size)])
    claim = np.where(probability >= usual, probability, -1.0)
    contradicted: NDArray[np.bool_] = (claim.max(1) >= 0) & (claim.argmax(1) != y)
    return contradicted


def _beyond_overlap(y: Ints, own: Floats, sure: NDArray[np.bool_], wrong: NDArray[np.bool_]) -> bool:
    contradicted = (sure & wrong).sum()
    return bool(
        contradicted >= CONTRADICTED * sure.sum()
        and contradicted >= AMONG_SURE * wrong.sum()
        and _told(y, own) >= TOLD
    )


def _told(y: Ints, own: Floats) -> float:
    """How much of the uncertainty about classes is gone."""
    shares = np.bincount(y) / len(y)
    doubt = -np.log(shares[y]).mean()
    return float(1 + np.log(own.clip(1e-12)).mean() / doubt) if doubt else 0.0


def _beyond_own_doubt(y: Ints, probability: Floats, own: Floats) -> bool:
    odd = int((own < ODD).sum())
    expected = float(probability[probability < ODD].sum())
    return odd >= FEWEST and _told(y, own) >= MUCH_TOLD and bool(poisson.sf(odd - 1, expected) < ODD_CHANCE)


def suspect_numbers(y: Floats, outcome: Floats, numbers: Ints, table: str) -> Verdict | None:
    """Rows whose error is many times as large as those of rows with like predictions."""
    far = np.stack([_in_spreads(*pair) for pair in zip(outcome.T, y.T, strict=True)]).max(0)
    often = (far > FAR).sum() >= max(FEWEST, FAR_SHARE * len(far))
    farther = (far > FARTHER).sum() >= max(FARTHER_ROWS, FARTHER_SHARE * len(far))
    if not (often or farther):
        return None
    suspects = np.flatnonzero(far > FAR)
    suspects = suspects[np.argsort(-far[suspects], kind="stable")]
    return Verdict(
        "suspect_labels",
        "warning",
        f"{len(suspects)} of {len(far)} rows are more than {FAR:.0f} times as far off as rows with like predictions "
        f"usually are, the farthest {far.max():.0f} times: {row_numbers(numbers[suspects].tolist())} of the {table}.",
        WHY,
        'look at these rows; correct them, or leave them out; loss="mae" heeds them less',
    )


def _in_spreads(outcome: Floats, y: Floats) -> Floats:
    """The size of each error in the usual spread (by the median) of the rows with like predictions."""
    error = np.abs(y - outcome)
    order = np.argsort(outcome, kind="stable")
    blocks = np.array_split(order, max(1, len(order) // max(FEWEST_NEIGHBOURS, len(order) // 20)))
    far = np.empty(len(error))
    least = np.finfo(np.float64).tiny
    for rows in blocks:
        # The median of a normal error's size is 1/1.4826 of its deviation.
        far[rows] = error[rows] / max(1.4826 * float(np.median(error[rows])), least)
    return far
