"""Base of the kinds that the network does not use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from netable.table.kinds.column import Column, ColumnValues


@dataclass(frozen=True)
class LeftOut(Column):
    """A column with a reason to leave it out."""

    trainable = False

    @classmethod
    def chosen(cls, values: ColumnValues) -> Self:
        """Any values."""
        return cls(values.name, values.storage, f"set to {cls.kind}")
