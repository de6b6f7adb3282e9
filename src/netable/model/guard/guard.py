"""Rows compared with those that a model was trained on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netable.config.codes import MISSING, UNSEEN
from netable.model.guard.counts import Counts, joined
from netable.model.guard.reference import RARELY_NEW, Reference
from netable.system.wording import counted
from netable.table.encode import Encoded

Mask = NDArray[np.bool_]
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
        return [joined(sentences) or None for sentences in parts]

    @cached_property
    def counts(self) -> Counts:
        """The marked rows and cells, to be added to those of other rows."""
        return Counts(
            self.reference,
            self.rows,
            int(self.unusual.sum()),
            int(self.apart.sum()),
            *(mask.sum(0) for mask in (self.beyond, self.never_seen, self.missing)),
        )

    @property
    def findings(self) -> list[str]:
        """What these rows have more often than chance explains, the most frequent first."""
        return self.counts.findings

    @property
    def words(self) -> str:
        """The most important findings in one line; empty if there are none."""
        return self.counts.words

    def to_dict(self) -> dict[str, Any]:
        """Counts of rows and of cells by column, and findings in words, ready for JSON."""
        return self.counts.to_dict()

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
