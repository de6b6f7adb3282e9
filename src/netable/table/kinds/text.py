"""Free text."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow.compute as pc

from netable.table.kinds.column import Column, ColumnValues
from netable.table.kinds.left_out import LeftOut

REASON = "looks like free text"
# So few different texts are levels, however many words they have.
_LEVELS_AT_LEAST = 20
_WORDS = 3


@dataclass(frozen=True)
class Text(LeftOut):
    """Texts of several words, most of them different."""

    kind = "text"

    @classmethod
    def infer(cls, values: ColumnValues) -> Column | None:
        """Many texts of three words on average."""
        if not values.holds_text or not is_wordy(values):
            return None
        if len(values.distinct) <= max(_LEVELS_AT_LEAST, values.n_present / 2):
            return None
        return cls(values.name, values.storage, REASON)


def is_wordy(values: ColumnValues) -> bool:
    """The distinct texts have three words or more on average."""
    return bool(pc.mean(pc.count_substring_regex(values.distinct, r"\S+")).as_py() >= _WORDS)
