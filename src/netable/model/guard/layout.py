"""The columns of a table among its encoded cells."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from netable.table.encode import LARGEST, Encoded, Encoder

Ints = NDArray[np.int64]


class Layout(NamedTuple):
    """Columns on a scale, each by its first number, and categories.

    A date is on a scale by its days, a flag by 0 and 1, a text by its number of characters.

    Attributes
    ----------
    scales, categories : tuple of str
        The names of the columns.
    numbers : (scales,)
        The place of each scale among the numbers of a row.
    ranges : (2, scales)
        The least and the greatest number in training, less the offset.
    are_times : (scales,)
        True for dates, which are later in new rows as a rule.
    codes : (categories,)
        The place of each category among the codes of a row.
    starts : (categories + 1,)
        The place of the first code of each category in a list of all their codes, then the length of this list.
    """

    scales: tuple[str, ...]
    categories: tuple[str, ...]
    numbers: Ints
    ranges: NDArray[np.float64]
    are_times: NDArray[np.bool_]
    codes: Ints
    starts: Ints

    @classmethod
    def of(cls, encoder: Encoder) -> Layout:
        """The layout of an encoder's columns."""
        spans = encoder.spans
        dates = {column.name for column in encoder.schema.used if column.selected_as == "timestamp"}
        scales = tuple(name for name, (numbers, _) in spans.items() if numbers.start < numbers.stop)
        categories = tuple(name for name, (numbers, _) in spans.items() if numbers.start == numbers.stop)
        numbers = np.array([spans[name][0].start for name in scales], np.int64)
        ranges = np.array(encoder.ranges).reshape(-1, 2)[numbers] - np.array(encoder.offsets)[numbers, None]
        return cls(
            scales,
            categories,
            numbers,
            ranges.T,
            np.array([name in dates for name in scales], np.bool_),
            np.array([spans[name][1].start for name in categories], np.int64),
            np.cumsum([0, *(2 + len(encoder.levels[name]) for name in categories)]),
        )

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns: those on a scale, then categories."""
        return self.scales + self.categories

    def of_scales(self, encoded: Encoded) -> NDArray[np.floating]:
        """The numbers of the columns on a scale: (rows, scales)."""
        numbers: NDArray[np.floating] = encoded.numbers[:, self.numbers]
        return numbers

    def of_categories(self, encoded: Encoded) -> Ints:
        """The codes of the categories: (rows, categories)."""
        codes: Ints = encoded.codes[:, self.codes]
        return codes

    def ends(self, dtype: np.dtype[np.floating]) -> NDArray[np.floating]:
        """The ranges, rounded as the encoder rounds numbers: (2, scales)."""
        limit = LARGEST[dtype]
        return self.ranges.clip(-limit, limit).astype(dtype)

    def category_of(self, codes: Any) -> Any:
        """The number of the category of each place in the list of all their codes."""
        return self.starts.searchsorted(codes, "right") - 1
