"""Verdicts on a table that are given before training only: the order of its rows, and labels that contradict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from netable.doctor.columns import Column, distances, shifted
from netable.doctor.verdict import Verdict
from netable.system.wording import percent, quoted, row_numbers

# The least share and number of rows that no model can label right, and the share from which it is more than a note.
WRONG, FEWEST_WRONG, MANY_WRONG = 0.01, 5, 0.05


@dataclass(frozen=True)
class Contradictions:
    """Rows that are equal in every column but have different classes.

    Attributes
    ----------
    target : str
    rows : sequence of int
        Their positions, from 0.
    wrong : int
        Of these, the rows that are not of the most frequent class among their equals.
    all_rows : int
    """

    target: str
    rows: Sequence[int]
    wrong: int
    all_rows: int


@dataclass(frozen=True)
class FirstLook:
    """Evidence for the verdicts before training.

    Attributes
    ----------
    halves : sequence of Column
        With their shift from the first half of the rows to the second.
    contradictions : Contradictions, optional
        None for a regression.
    spelled_alike : sequence of sequence of str
        Classes that differ in case or blanks only.
    """

    halves: Sequence[Column]
    contradictions: Contradictions | None
    spelled_alike: Sequence[Sequence[str]]


def diagnose_first_look(evidence: FirstLook) -> list[Verdict]:
    """The verdicts on a table before training."""
    verdicts = (
        contradicting_labels(evidence.contradictions) if evidence.contradictions else None,
        label_spelling(evidence.spelled_alike),
        rows_in_order(evidence.halves),
    )
    return [verdict for verdict in verdicts if verdict]


def rows_in_order(halves: Sequence[Column]) -> Verdict | None:
    """Columns that are distributed differently in the two halves of the table."""
    differing = shifted(halves)
    if not differing:
        return None
    return Verdict(
        "rows_in_order",
        "note",
        f"{len(differing)} of {len(halves)} columns differ between the first and the second half of the rows by more "
        f"than chance: {distances(differing)}; 0 is the same distribution, 1 a disjoint one.",
        "The rows are in some order. Random folds mix both halves; rows that follow the last ones may be unlike "
        "the first.",
        "if it is an order of time, name the column that tells it: time_column; otherwise this does no harm",
    )


def contradicting_labels(found: Contradictions) -> Verdict | None:
    """Rows that only their class tells apart, which bounds every model."""
    share = found.wrong / max(1, found.all_rows)
    if found.wrong < FEWEST_WRONG or share < WRONG:
        return None
    return Verdict(
        "contradicting_labels",
        "warning" if share >= MANY_WRONG else "note",
        f"{len(found.rows)} rows equal another row in every column, but not in {found.target!r}: whatever a model "
        f"learns from these columns, it is wrong in at least {percent(share)} of the rows.",
        "Equal rows get equal predictions. Either some of these labels are mistaken, or what tells the rows apart is "
        "not in the table.",
        f"check {row_numbers(found.rows)}, and add a column that tells them apart",
    )


def label_spelling(groups: Sequence[Sequence[str]]) -> Verdict | None:
    """Classes that are probably one class, written in several ways."""
    if not groups:
        return None
    return Verdict(
        "label_spelling",
        "warning",
        f"{'; '.join(quoted(group) for group in groups[:3])} differ in case or blanks only, and are taken as "
        "different classes.",
        "The rows of one class are divided among several, each of which is learned from fewer rows.",
        "write each class in one way",
    )
