"""Rows compared with those that a model was trained on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netable.config.codes import MISSING, UNSEEN
from netable.model.guard.chance import chance_of_at_least
from netable.model.guard.reference import RARELY_NEW, UNUSUAL_SHARE, Reference
from netable.system.wording import counted, percent
from netable.table.encode import Encoded

Mask = NDArray[np.bool_]
# A finding is worth a sentence if at most one table of fresh rows in a hundred has any, of one of four sorts.
_CHANCE, _SORTS = 0.01, 4
_SENTENCES = 3
NO_REFERENCE = (
    "This model keeps no reference of its training rows, so it cannot tell whether others are unlike them. "
    "Train it again to keep one."
)


@dataclass(frozen=True, repr=False)
class Guard:
    """How rows differ from those of training.

    About one fresh row of the same source in a hundred is called unusual: for a number far beyond the range of
    training, a level that was never seen where new ones are rare, a missing cell in a column that had none, or columns
    that do not go together. Dates are not judged so, as those of new rows are later as a rule.

    Parameters
    ----------
    reference : Reference
        Of the training rows.
    encoded : Encoded
        The rows.
    """

    reference: Reference
    encoded: Encoded

    def __repr__(self) -> str:
        return f"Guard of {counted(self.rows, 'row')}, {int(self.unusual.sum()):,} unusual. {self.words}".rstrip()

    @property
    def rows(self) -> int:
        """The number of rows."""
        return len(self.encoded.codes)

    @cached_property
    def beyond(self) -> Mask:
        """True for numbers beyond the range of training: (rows, columns on a scale)."""
        numbers = self.reference.layout.of_scales(self.encoded)
        low, high = self.reference.layout.ends(numbers.dtype)
        return np.asarray((numbers < low) | (numbers > high))

    @cached_property
    def never_seen(self) -> Mask:
        """True for levels that training did not have: (rows, categories)."""
        return np.asarray(self.reference.layout.of_categories(self.encoded) == UNSEEN)

    @cached_property
    def missing(self) -> Mask:
        """True for cells without a value: (rows, columns on a scale, then categories)."""
        layout = self.reference.layout
        gaps = np.isnan(layout.of_scales(self.encoded)), layout.of_categories(self.encoded) == MISSING
        return np.concatenate(gaps, 1)

    @cached_property
    def apart(self) -> Mask:
        """True for rows whose columns do not go together as in training: (rows,)."""
        return np.asarray(self.reference.distance(self.encoded) > self.reference.limit)

    @cached_property
    def unusual(self) -> Mask:
        """True for unusual rows: (rows,)."""
        unusual: Mask = self.apart.copy()
        for _, mask in self._marks:
            unusual |= mask.any(1)
        return unusual

    @cached_property
    def reasons(self) -> list[str | None]:
        """For each row why it is unusual, None for others."""
        parts: list[list[str]] = [[] for _ in range(self.rows)]
        for sentences, mask in self._marks:
            for row, column in np.argwhere(mask).tolist():
                parts[row].append(sentences[column])
        for row, name in self._oddest():
            parts[row].append(f"{name!r} does not go with the other columns")
        return [_joined(sentences) or None for sentences in parts]

    @cached_property
    def findings(self) -> list[str]:
        """What these rows have more often than chance explains, the most frequent first."""
        n, rows, layout = self.reference.rows, self.rows, self.reference.layout
        gaps, scales = n * self.reference.missing, len(layout.scales)
        present = rows - self.missing.sum(0)
        singles, usual = self.reference.singles, UNUSUAL_SHARE * n
        found = [
            *_frequent(layout.scales, self.beyond, present[:scales], 2, n - 1 - gaps[:scales], _is_beyond),
            *_frequent(
                layout.categories,
                self.never_seen,
                present[scales:],
                singles + 1,
                n - singles - gaps[scales:],
                _is_new,
            ),
            *_frequent(layout.columns, self.missing, rows, gaps + 1, n + 1 - gaps, _is_missing),
            *_frequent(("",), self.apart[:, None], rows, usual, n - usual, _is_apart),
        ]
        return [sentence for _, sentence in sorted(found, key=lambda one: -one[0])]

    @property
    def words(self) -> str:
        """The most important findings in one line; empty if there are none."""
        text = _joined(self.findings)
        return f"{text}." if text else ""

    def to_dict(self) -> dict[str, Any]:
        """Counts of rows and of cells by column, and findings in words, ready for JSON."""
        layout = self.reference.layout
        columns: dict[str, dict[str, int]] = {name: {} for name in layout.columns}
        for what, names, mask in (
            ("beyond", layout.scales, self.beyond),
            ("never_seen", layout.categories, self.never_seen),
            ("missing", layout.columns, self.missing),
        ):
            for name, count in zip(names, mask.sum(0).tolist(), strict=True):
                columns[name] |= {what: count} if count else {}
        return {
            "rows": self.rows,
            "unusual": int(self.unusual.sum()),
            "apart": int(self.apart.sum()),
            "columns": {name: counts for name, counts in columns.items() if counts},
            "findings": self.findings,
        }

    def _oddest(self) -> Iterator[tuple[int, str]]:
        """The rows that are apart, each with the column that goes with the others least."""
        rows = np.flatnonzero(self.apart)
        if len(rows):
            apart = self.encoded.take(rows)
            yield from zip(rows.tolist(), self.reference.oddest(apart), strict=True)

    @cached_property
    def _excess(self) -> NDArray[np.float64]:
        return self.reference.excess(self.encoded)

    @cached_property
    def _marks(self) -> list[tuple[list[str], Mask]]:
        """Cells for which a row is unusual, with a sentence for each of their columns."""
        reference, layout = self.reference, self.reference.layout
        far = (self._excess > reference.reach) & ~layout.are_times
        new = self.never_seen & (reference.singles <= RARELY_NEW * reference.rows)
        lost = self.missing & (reference.missing == 0)
        return [
            ([f"{name!r} is beyond anything seen" for name in layout.scales], far),
            ([f"{name!r} was never seen" for name in layout.categories], new),
            ([f"{name!r} is missing, as in no training row" for name in layout.columns], lost),
        ]


def _frequent(
    names: Sequence[str],
    mask: Mask,
    rows: Any,
    seen: Any,
    others: Any,
    sentence: Callable[[str, int, int], str],
) -> Iterator[tuple[float, str]]:
    """The share of each column's cells that are marked, with a sentence, if chance does not explain it."""
    counts = mask.sum(0)
    of_rows = np.broadcast_to(np.asarray(rows), counts.shape)
    each = np.broadcast_arrays(counts, of_rows, seen, np.maximum(others, 1))
    for name, count, n, event, other in zip(names, *(part.tolist() for part in each), strict=True):
        if count and chance_of_at_least(count, n, event, other) * len(names) * _SORTS <= _CHANCE:
            yield count / len(mask), sentence(name, count, len(mask))


def _is_beyond(name: str, count: int, rows: int) -> str:
    return f"{name!r} is beyond anything seen in {count:,} of {counted(rows, 'row')}"


def _is_new(name: str, count: int, rows: int) -> str:
    return f"{percent(count / rows)} of {name!r} were never seen"


def _is_missing(name: str, count: int, rows: int) -> str:
    return f"{name!r} is missing in {count:,} of {counted(rows, 'row')}, more often than in training"


def _is_apart(_: str, count: int, rows: int) -> str:
    return f"in {count:,} of {counted(rows, 'row')} the columns do not go together as in training"


def _joined(sentences: Sequence[str]) -> str:
    more = len(sentences) - _SENTENCES
    return "; ".join([*sentences[:_SENTENCES], *([f"and {more:,} more"] if more > 0 else [])])
