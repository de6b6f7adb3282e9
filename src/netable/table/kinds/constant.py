"""Constant and empty columns."""

from __future__ import annotations

from dataclasses import dataclass

from netable.table.kinds.column import Column, ColumnValues

ALL_MISSING = "every value is missing"
REASON = "every value is the same"


@dataclass(frozen=True)
class Constant(Column):
    """One value in all rows, or none."""

    kind = "constant"
    trainable = False

    @classmethod
    def infer(cls, values: ColumnValues) -> Column | None:
        """One value in all rows, or none; a value beside missing cells still says which cells are missing."""
        if not values.n_present:
            return cls(values.name, values.storage, ALL_MISSING)
        is_constant = not values.n_missing and values.is_single
        return cls(values.name, values.storage, REASON) if is_constant else None
