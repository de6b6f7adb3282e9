"""Verdicts on targets that are probably wrong, rather than hard to predict."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import pdtrc

from netable.doctor.verdict import Verdict
from netable.system.wording import percent, row_numbers

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
# A network is sure from this probability on. Overlapping classes cause errors below it; wrong labels also above.
SURE = 0.8
# Wrong labels are the likelier explanation from these shares on: of contradicted labels among sure rows, of sure rows
# among all errors, and of the uncertainty about classes that the columns remove.
CONTRADICTED, AMONG_SURE, EXPLAINED = 0.045, 0.43, 0.18
# Labels this improbable are odd, if networks that explain this share of the uncertainty meet more of them than their
# probabilities allow, which is due to chance with the second probability. (Small tables have no room for the first.)
MUCH_EXPLAINED = 0.5
ODD = ((0.002, 1e-5), (0.01, 5e-4))
FEWEST = 4
# Errors this many times the spread of their neighbours, and the number and the share of rows from which they are
# reported. On 13 clean tables, at most 4 rows of 1,200 are beyond 10, and none beyond 18.
FAR = 10.0
LEVELS = ((FAR, 4, 0.005), (20.0, 3, 0.001))
# A single row must be this far, and so many times as far as all but a fiftieth of the rows: 5 on clean tables.
ALONE, BEYOND_TAIL, ALONE_SHARE, TAIL = 25.0, 9.0, 0.0003, 0.98
FEWEST_NEIGHBOURS = 20
WHY = "The network learns wrong targets as if they were right, and is validated by them."


def suspect_labels(y: Ints, probability: Floats, numbers: Ints, table: str) -> Verdict | None:
    """Rows whose label is probably wrong.

    The rows are chosen by confident learning, among those of which the networks are sure. *Reference*: C. Northcutt,
    L. Jiang, I. Chuang (2021), "Confident Learning: Estimating Uncertainty in Dataset Labels", JAIR 70. They are
    reported only if networks err where they are sure: if classes merely overlap, they err where they are in doubt.

    Parameters
    ----------
    y : (rows,) codes
    probability : (rows, classes), out of fold
    numbers : (rows,), positions of the rows in their table, from 0
    """
    of_label = probability[np.arange(len(y)), y]
    sure = probability.max(1) >= SURE
    wrong = probability.argmax(1) != y
    contradicted = int((sure & wrong).sum())
    suspects = np.flatnonzero(_contradicted(y, probability) & sure)
    if len(suspects) < FEWEST or not (
        _beyond_overlap(y, of_label, sure, wrong) or _beyond_own_doubt(y, probability, of_label)
    ):
        return None
    suspects = suspects[np.argsort(of_label[suspects], kind="stable")]
    return Verdict(
        "suspect_labels",
        "warning",
        f"In {contradicted} of {int(sure.sum())} rows ({percent(contradicted / sure.sum())}) where the networks are "
        f"sure, they contradict the label. {len(suspects)} labels are suspect, the most improbable first: "
        f"{row_numbers(numbers[suspects].tolist())} of the {table}.",
        WHY,
        "check these rows; correct them, or leave them out",
    )


def _contradicted(y: Ints, probability: Floats) -> NDArray[np.bool_]:
    """Rows where another class is more probable, and at least as probable as it is on average on its own rows."""
    size = probability.shape[1]
    usual = np.array([probability[y == i, i].mean() if (y == i).any() else np.inf for i in range(size)])
    claim = np.where(probability >= usual, probability, -1.0)
    contradicted: NDArray[np.bool_] = (claim.max(1) >= 0) & (claim.argmax(1) != y)
    return contradicted


def _beyond_overlap(y: Ints, of_label: Floats, sure: NDArray[np.bool_], wrong: NDArray[np.bool_]) -> bool:
    contradicted = (sure & wrong).sum()
    return bool(
        contradicted >= CONTRADICTED * sure.sum()
        and contradicted >= AMONG_SURE * wrong.sum()
        and _explained(y, of_label) >= EXPLAINED
    )


def _explained(y: Ints, of_label: Floats) -> float:
    """The share of the uncertainty about classes that the probabilities remove."""
    shares = np.bincount(y) / len(y)
    doubt = -np.log(shares[y]).mean()
    return float(1 + np.log(of_label.clip(1e-12)).mean() / doubt) if doubt else 0.0


def _beyond_own_doubt(y: Ints, probability: Floats, of_label: Floats) -> bool:
    if _explained(y, of_label) < MUCH_EXPLAINED:
        return False
    for limit, chance in ODD:
        odd, expected = int((of_label < limit).sum()), float(probability[probability < limit].sum())
        if odd >= FEWEST and pdtrc(odd - 1, expected) < chance:
            return True
    return False


def suspect_numbers(y: Floats, outcome: Floats, numbers: Ints, table: str) -> Verdict | None:
    """Rows whose error is many times as large as that of rows with similar predictions."""
    far = np.stack([_in_spreads(*pair) for pair in zip(outcome.T, y.T, strict=True)]).max(0)
    alone = max(ALONE, BEYOND_TAIL * float(np.quantile(far, TAIL)))
    levels = (*LEVELS, (alone, 1, ALONE_SHARE))
    if not any((far > limit).sum() >= max(rows, share * len(far)) for limit, rows, share in levels):
        return None
    suspects = np.flatnonzero(far > FAR)
    suspects = suspects[np.argsort(-far[suspects], kind="stable")]
    has = "has" if len(suspects) == 1 else "have"
    return Verdict(
        "suspect_labels",
        "warning",
        f"{len(suspects)} of {len(far)} rows {has} an error more than {FAR:.0f} times the usual one among rows with "
        f"similar predictions, at most {far.max():.0f} times: "
        f"{row_numbers(numbers[suspects].tolist())} of the {table}.",
        WHY,
        'check these rows; correct them, or leave them out; loss="mae" gives them less weight',
    )


def _in_spreads(outcome: Floats, y: Floats) -> Floats:
    """Each absolute error in units of the median error of rows with similar predictions, (rows,)."""
    error = np.abs(y - outcome)
    order = np.argsort(outcome, kind="stable")
    blocks = np.array_split(order, max(1, len(order) // max(FEWEST_NEIGHBOURS, len(order) // 20)))
    far = np.empty(len(error))
    least = np.finfo(np.float64).tiny
    for rows in blocks:
        # The median absolute error of a normal distribution is its deviation / 1.4826.
        far[rows] = error[rows] / max(1.4826 * float(np.median(error[rows])), least)
    return far
