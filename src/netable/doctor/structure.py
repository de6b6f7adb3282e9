"""Verdicts on rows that are not independent: rows of one group, rows in order of time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from netable.doctor.verdict import Severity, Verdict
from netable.system.wording import counted

# The ratio of errors from which a random split flatters notably, and from which its metrics mean little.
FLATTERED, FLATTERED_MUCH = 1.03, 1.25


class Flattery(NamedTuple):
    """Root mean squared error on rows without related training rows, over that on rows with some.

    With the ends of its 95 % interval, and a lower limit that it would exceed by chance in one of 1,000 tables of
    independent rows.
    """

    ratio: float = 1.0
    low: float = 0.0
    high: float = float("inf")
    surely: float = 0.0


@dataclass(frozen=True)
class Structure:
    """A column, or two together, whose values relate rows to each other."""

    kind: Literal["group", "time"]
    columns: tuple[str, ...]
    levels: int  # distinct values
    flattery: Flattery

    @property
    def matters(self) -> bool:
        """True if a random split is too optimistic, beyond chance."""
        return self.flattery.ratio >= FLATTERED and self.flattery.surely > 1

    @property
    def column(self) -> str | None:
        """The column, if it is one: settings take no pair."""
        return self.columns[0] if len(self.columns) == 1 else None

    @property
    def name(self) -> str:
        """The columns, for messages."""
        return " and ".join(map(repr, self.columns))

    @property
    def setting(self) -> str:
        """The name of the setting that splits by it."""
        return f"{self.kind}_column"

    @property
    def advice(self) -> str:
        """The setting that splits by it, or the way to a column that the setting takes."""
        if self.column is not None:
            return f'{self.setting}="{self.column}", or split="auto", which does the same'
        texts = ' + "/" + '.join(f"table[{name!r}].astype(str)" for name in self.columns)
        sql = " || '/' || ".join('"' + name.replace('"', '""') + '"' for name in self.columns)
        return (
            f'one column of both (table["pair"] = {texts}; in SQL: {sql} as pair), and {self.setting}="pair"'
        )


def diagnose_structure(structures: Sequence[Structure]) -> list[Verdict]:
    """The verdicts on the columns that relate rows."""
    return [verdict for verdict in (grouped_rows(structures), time_order(structures)) if verdict]


def worst(structures: Sequence[Structure], kind: str) -> Structure | None:
    """The structure of a kind that flatters most, of those that matter."""
    found = [one for one in structures if one.kind == kind and one.matters]
    return max(found, key=lambda one: one.flattery.ratio, default=None)


def grouped_rows(structures: Sequence[Structure]) -> Verdict | None:
    """Rows of one group that resemble each other, on both sides of random folds."""
    found = worst(structures, "group")
    if not found:
        return None
    return Verdict(
        "grouped_rows",
        _severity(found),
        f"Rows with the same {found.name} ({counted(found.levels, 'value')}) resemble each other: on values that "
        f"were not in training, a small model's error is {_times(found)}.",
        "A random split has rows of one group on both sides. If new rows will have other values than these, the "
        "metrics are too optimistic by about that factor.",
        found.advice,
    )


def time_order(structures: Sequence[Structure]) -> Verdict | None:
    """Rows in order of time, judged by random folds."""
    found = worst(structures, "time")
    if not found:
        return None
    return Verdict(
        "time_order",
        _severity(found),
        f"Rows change along {found.name}: on rows later than those of training, a small model's error is "
        f"{_times(found)}.",
        "A random split predicts the past from the future. If new rows will be later than these, the metrics are too "
        "optimistic by about that factor.",
        found.advice,
    )


def _severity(found: Structure) -> Severity:
    return "serious" if found.flattery.ratio >= FLATTERED_MUCH else "warning"


def _times(found: Structure) -> str:
    ratio, low, high, _ = found.flattery
    return f"{ratio:.2f} times that of a random split (95% interval {low:.2f} to {high:.2f})"
