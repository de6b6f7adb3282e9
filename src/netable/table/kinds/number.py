"""Numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from netable.errors import warn
from netable.system.wording import counted
from netable.table.canonical.casts import convert, lenient_numbers
from netable.table.canonical.forms import unit_of
from netable.table.canonical.messages import row_list
from netable.table.kinds.column import Cell, Column, ColumnValues, plain_number

_FAR_OUT = "Values far outside the rest, perhaps slips or codes for missing: {}."
# Beyond this, squares no longer fit into a 32-bit number.
_HUGE = 1e30
# A value this many times further out than the middle nine tenths are wide is more often a slip than a fact.
_TIMES_OUTSIDE = 1e6
_SAMPLE = 10_000  # rows
_NUMBERS_AT_LEAST = 0.9


@dataclass(frozen=True)
class Number(Column):
    """A number, given to the network as it is.

    If the table's owner chose this kind for a column of texts, those that are no numbers are missing values.
    """

    kind = "number"
    because = "every value is a number"
    inferred_from = ("number",)
    is_raw = True
    is_continuous = True

    @classmethod
    def chosen(cls, values: ColumnValues) -> Number:
        """Numbers, or texts of which nine in ten are numbers."""
        numbers = lenient_numbers(values.data, values.name)
        if len(numbers) - numbers.null_count < _NUMBERS_AT_LEAST * values.n_present:
            convert(values.data, "number", values.name)
        return cls(values.name, values.storage)

    def select(self, data: pa.ChunkedArray) -> pa.ChunkedArray:
        """Convert and check the values of any table; texts that are no numbers are missing, with a warning."""
        if self.storage not in ("text", "category"):
            return super().select(data)
        numbers = lenient_numbers(data, self.name)
        others = pc.and_(pc.is_valid(data), pc.is_null(numbers)).to_numpy()
        if others.any():
            example = data[int(others.argmax())].as_py()
            warn(
                f"In {self.name!r}, {counted(int(others.sum()), 'cell')} taken as missing for not being a number: "
                f"{row_list(others)}, such as {example!r}."
            )
        return super().select(numbers)

    def positions(self, data: pa.ChunkedArray) -> np.ndarray:
        """The numbers."""
        return super().positions(lenient_numbers(data, self.name))

    def oddity(self, selected: pa.ChunkedArray, *, is_chosen: bool) -> str:
        """Values far out."""
        return _FAR_OUT if _is_far_out(selected.to_numpy()) else ""

    def cell(self, levels: tuple[str, ...], missing: frozenset[str]) -> Cell | None:
        """Numbers; without their unit they would be an error."""
        return plain_number if self.storage == "number" and not unit_of(self.form)[1] else None

    def seen_as(self, levels: tuple[str, ...]) -> str:
        """Scaled numbers."""
        return f"scaled, without {self.form}" if self.form else "scaled"


def _is_far_out(values: np.ndarray) -> bool:
    values = values[~np.isnan(values)]
    if not len(values):
        return False
    low, high = float(values.min()), float(values.max())
    if max(abs(low), abs(high)) > _HUGE:
        return True
    least, middle, most = np.quantile(values[:: max(1, len(values) // _SAMPLE)], (0.05, 0.5, 0.95))
    return bool(most > least and max(high - middle, middle - low) > _TIMES_OUTSIDE * (most - least))
