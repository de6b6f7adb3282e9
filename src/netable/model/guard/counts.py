"""Marked rows and cells of a table, and what is more of them than chance explains."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netable.model.guard.chance import chance_of_at_least
from netable.model.guard.reference import UNUSUAL_SHARE, Reference
from netable.system.wording import counted, percent

Ints = NDArray[np.int64]
# A finding is worth a sentence if at most one table of fresh rows in a hundred has any, of one of four sorts.
_CHANCE, _SORTS = 0.01, 4
_SENTENCES = 3


@dataclass(frozen=True)
class Counts:
    """How many rows and cells differ from those of training; see `netable.model.guard.guard.Guard`.

    Attributes
    ----------
    rows, unusual, apart : int
        Rows.
    beyond : (columns on a scale,)
        Numbers beyond the range of training.
    never_seen : (categories,)
        Levels that training did not have.
    missing : (columns on a scale, then categories)
        Cells without a value.
    """

    reference: Reference
    rows: int
    unusual: int
    apart: int
    beyond: Ints
    never_seen: Ints
    missing: Ints

    def plus(self, other: Counts) -> Counts:
        """The counts of both parts of a table."""
        names = ("rows", "unusual", "apart", "beyond", "never_seen", "missing")
        return replace(self, **{name: getattr(self, name) + getattr(other, name) for name in names})

    @cached_property
    def findings(self) -> list[str]:
        """What these rows have more often than chance explains, the most frequent first."""
        n, rows, layout = self.reference.rows, self.rows, self.reference.layout
        gaps, scales = n * self.reference.missing, len(layout.scales)
        present = rows - self.missing
        singles, usual = self.reference.singles, UNUSUAL_SHARE * n
        found = [
            *self._frequent(
                layout.scales, self.beyond, present[:scales], 2, n - 1 - gaps[:scales], _is_beyond
            ),
            *self._frequent(
                layout.categories,
                self.never_seen,
                present[scales:],
                singles + 1,
                n - singles - gaps[scales:],
                _is_new,
            ),
            *self._frequent(layout.columns, self.missing, rows, gaps + 1, n + 1 - gaps, _is_missing),
            *self._frequent(("",), np.array([self.apart]), rows, usual, n - usual, _is_apart),
        ]
        return [sentence for _, sentence in sorted(found, key=lambda one: -one[0])]

    @property
    def words(self) -> str:
        """The most important findings in one line; empty if there are none."""
        text = joined(self.findings)
        return f"{text}." if text else ""

    def to_dict(self) -> dict[str, Any]:
        """Counts of rows and of cells by column, and findings in words, ready for JSON."""
        layout = self.reference.layout
        columns: dict[str, dict[str, int]] = {name: {} for name in layout.columns}
        for what, names, counts in (
            ("beyond", layout.scales, self.beyond),
            ("never_seen", layout.categories, self.never_seen),
            ("missing", layout.columns, self.missing),
        ):
            for name, count in zip(names, counts.tolist(), strict=True):
                columns[name] |= {what: count} if count else {}
        return {
            "rows": self.rows,
            "unusual": self.unusual,
            "apart": self.apart,
            "columns": {name: counts for name, counts in columns.items() if counts},
            "findings": self.findings,
        }

    def _frequent(
        self,
        names: Sequence[str],
        counts: Ints,
        rows: Any,
        seen: Any,
        others: Any,
        sentence: Callable[[str, int, int], str],
    ) -> Iterator[tuple[float, str]]:
        """The share of each column's cells that are marked, with a sentence, if chance does not explain it."""
        of_rows = np.broadcast_to(np.asarray(rows), counts.shape)
        each = np.broadcast_arrays(counts, of_rows, seen, np.maximum(others, 1))
        for name, count, n, event, other in zip(names, *(part.tolist() for part in each), strict=True):
            if count and chance_of_at_least(count, n, event, other) * len(names) * _SORTS <= _CHANCE:
                yield count / self.rows, sentence(name, count, self.rows)


def _is_beyond(name: str, count: int, rows: int) -> str:
    return f"{name!r} is beyond anything seen in {count:,} of {counted(rows, 'row')}"


def _is_new(name: str, count: int, rows: int) -> str:
    return f"{percent(count / rows)} of {name!r} were never seen"


def _is_missing(name: str, count: int, rows: int) -> str:
    return f"{name!r} is missing in {count:,} of {counted(rows, 'row')}, more often than in training"


def _is_apart(_: str, count: int, rows: int) -> str:
    return f"in {count:,} of {counted(rows, 'row')} the columns do not go together as in training"


def joined(sentences: Sequence[str]) -> str:
    """The first sentences in one line, and how many more there are."""
    more = len(sentences) - _SENTENCES
    return "; ".join([*sentences[:_SENTENCES], *([f"and {more:,} more"] if more > 0 else [])])
