"""Identifiers: values that name rows."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pyarrow.compute as pc

from netable.table.kinds.column import Column, ColumnValues

REASON = "looks like an identifier"
# With fewer rows, values that never repeat are no sign of an identifier.
_ROWS_TO_JUDGE = 50
_NAME = re.compile(
    r"(.*[\W_])?(id|uuid|guid|ids)|.*[a-z](Id|ID)"
    r"|((row|record|line|serial|sequence)[\W_]?)?(index|idx|number|num|no|nr|row|id)|unnamed: ?\d+",
)


@dataclass(frozen=True)
class Identifier(Column):
    """Values of which hardly any repeats."""

    kind = "identifier"
    trainable = False

    @classmethod
    def infer(cls, values: ColumnValues) -> Column | None:
        """Short texts of which 95 % are different, or whole numbers that count rows or are named like identifiers."""
        is_identifier = _are_numbers(values) or _are_texts(values)
        return cls(values.name, values.storage, REASON) if is_identifier else None


def _are_numbers(values: ColumnValues) -> bool:
    data, n_rows = values.data, len(values.data)
    if values.storage != "number" or values.n_missing or n_rows < _ROWS_TO_JUDGE:
        return False
    least, greatest = values.extremes
    has_name = _NAME.fullmatch(values.name) or _NAME.fullmatch(values.name.lower())
    if greatest - least + 1 != n_rows and not has_name:
        return False
    return bool(pc.all(pc.equal(pc.floor(data), data)).as_py()) and len(pc.unique(data)) == n_rows


def _are_texts(values: ColumnValues) -> bool:
    if not values.holds_text or values.n_present < _ROWS_TO_JUDGE or values.are_sentences:
        return False
    is_rarely_repeated: bool = len(values.distinct) >= 0.95 * values.n_present
    return is_rarely_repeated
