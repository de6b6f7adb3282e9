"""Free text."""

from __future__ import annotations

from dataclasses import dataclass

from netable.table.kinds.column import Column, ColumnValues

REASON = "looks like free text"
# So few different texts are levels, however many words they have.
_LEVELS_AT_LEAST = 20


@dataclass(frozen=True)
class Text(Column):
    """Texts of several words, most of them different."""

    kind = "text"
    trainable = False

    @classmethod
    def infer(cls, values: ColumnValues) -> Column | None:
        """Many texts of three words on average."""
        if not values.holds_text or not values.are_sentences:
            return None
        are_many = len(values.distinct) > max(_LEVELS_AT_LEAST, values.n_present / 2)
        return cls(values.name, values.storage, REASON) if are_many else None
