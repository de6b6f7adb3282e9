"""What was noticed while a table was read: one warning for each kind of thing, however many columns show it."""

from __future__ import annotations

import warnings

from netable.errors import DataWarning

STACK_LEVEL = 4  # warn ← Notes.warn ← canonical_table ← read ← the caller


class Notes:
    """Findings about the columns of one table, gathered by what they have in common."""

    def __init__(self, source: str) -> None:
        self.source = source
        self._columns: dict[str, list[str]] = {}

    def add(self, finding: str, column: str) -> None:
        """Remember that `column` shows `finding`, a sentence with a place for `{columns}`."""
        self._columns.setdefault(finding, []).append(column)

    def warn(self) -> None:
        """Say everything once, as one `DataWarning` for each finding."""
        for finding, columns in self._columns.items():
            text = finding.replace("{columns}", "; ".join(columns))
            warnings.warn(f"{self.source}: {text}", DataWarning, stacklevel=STACK_LEVEL)
