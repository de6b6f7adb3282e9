"""Constant and empty columns."""

from __future__ import annotations

from dataclasses import dataclass

from netable.table.kinds.column import Column, ColumnValues
from netable.table.kinds.left_out import LeftOut

ALL_MISSING = "every value is missing"
REASON = "every value is the same"


@dataclass(frozen=True)
class Constant(LeftOut):
    """One value in all rows, or none."""

    kind = "constant"

    @classmethod
    def infer(cls, values: ColumnValues) -> Column | None:
        """One value in all rows, or none. A value beside missing cells still says which cells are missing."""
        if not values.n_present:
            return cls(values.name, values.storage, ALL_MISSING)
        if values.n_missing or not values.is_single:
            return None
        return cls(values.name, values.storage, REASON)
