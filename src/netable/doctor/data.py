"""Verdicts on the data, before training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from netable.doctor.columns import Column, drift, identifier, leakage, wild_scales
from netable.doctor.combined import Combination, joint_leakage
from netable.doctor.rows import (
    Rows,
    Tail,
    class_imbalance,
    duplicate_rows,
    target_scale,
    too_little_data,
)
from netable.doctor.verdict import Verdict


@dataclass(frozen=True)
class DataEvidence:
    """Evidence for the verdicts on data."""

    task: str
    rows: Rows
    columns: Sequence[Column]  # those that the network sees
    targets: Sequence[Column]  # with their shift in the validation table; empty if there is none
    tails: Sequence[Tail]  # one for each target of a regression
    combinations: Sequence[Combination] = ()  # of columns that may give a target together


def diagnose_data(evidence: DataEvidence) -> list[Verdict]:
    """The verdicts on a table."""
    rows, columns = evidence.rows, evidence.columns
    verdicts = (
        leakage(columns, evidence.task) or joint_leakage(evidence.combinations, len(columns), evidence.task),
        duplicate_rows(rows),
        identifier(columns, rows.learned),
        drift([*columns, *evidence.targets]),
        too_little_data(rows),
        class_imbalance(rows),
        wild_scales(columns),
        target_scale(evidence.tails),
    )
    return [verdict for verdict in verdicts if verdict]
