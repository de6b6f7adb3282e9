"""Verdict on columns that determine the target only together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from netable.doctor.columns import EXPLAINED_AT_LEAST, FEWEST_ROWS, Explained
from netable.doctor.verdict import Verdict
from netable.system.wording import percent, quoted, setting

# The share of the target that columns must determine together; on 35 real tables, no two columns reach 0.97. One column
# alone is reported from a smaller share, because there are thousands of ways to combine columns.
EXACT_NUMBERS, EXACT_CLASSES = 0.9995, 0.995


@dataclass(frozen=True)
class Combination:
    """Columns that determine a target together.

    Attributes
    ----------
    columns : sequence of str
        At least two.
    kind : {"formula", "order", "table"}
        The target equals a formula, follows from where a row is in the order of a formula, or from the pair of values.
    formula : str
        Empty for a table.
    explained : Explained
        Measured on rows that nothing was fitted to.
    """

    target: str
    columns: Sequence[str]
    kind: Literal["formula", "order", "table"]
    formula: str
    explained: Explained


def joint_leakage(combinations: Sequence[Combination], n_columns: int, task: str) -> Verdict | None:
    """Columns that give the target together, though none does alone.

    Parameters
    ----------
    n_columns : int
        All that the network sees.
    """
    exact = [combination for combination in combinations if _is_exact(combination, task)]
    if not exact:
        return None
    best = min(exact, key=lambda combination: len(combination.columns))
    names = list(best.columns)
    how, otherwise = {
        "formula": (f"is {best.formula}", "compute the target by this formula"),
        "order": (f"follows from {best.formula}", "compute the target from this formula"),
        "table": (f"follows from {quoted(names)} together", "look the target up in a table of the two"),
    }[best.kind]
    what = "of the variance" if task == "regression" else "of the uncertainty about the class"
    return Verdict(
        "leakage",
        "note" if len(names) == n_columns else "warning",  # a law of all columns is a fair question
        f"{best.target!r} {how}, which explains {percent(best.explained.share)} {what} ({best.explained.rows} rows); "
        "no column does alone.",
        "These columns together give the target exactly. If one of them is known only after the target, no new row "
        "will be predicted as well.",
        f"if they are known only afterwards, leave them out: {setting('ignore_columns', names)}; if all are known "
        f"before, {otherwise}: it needs no network",
    )


def _is_exact(combination: Combination, task: str) -> bool:
    share, at_least, rows = combination.explained
    enough = EXACT_NUMBERS if task == "regression" else EXACT_CLASSES
    return share >= enough and at_least >= EXPLAINED_AT_LEAST and rows >= FEWEST_ROWS
