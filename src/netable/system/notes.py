"""Findings of reading a table: one warning for each kind."""

from __future__ import annotations

from netable.errors import warn


class Notes:
    """Findings about one table, each with the columns or lines that it applies to."""

    def __init__(self, source: str) -> None:
        self.source = source
        self._findings: dict[str, list[str]] = {}

    def add(self, finding: str, item: str) -> None:
        """Add an item, such as a column, to a finding: a sentence with {} for the items."""
        items = self._findings.setdefault(finding, [])
        if item not in items:
            items.append(item)

    def at(self, source: str) -> Notes:
        """The same findings, for a part of the table that errors name by its place."""
        notes = Notes(source)
        notes._findings = self._findings
        return notes

    def has(self, finding: str) -> bool:
        """The finding has an item."""
        return finding in self._findings

    def warn(self) -> None:
        """Warn with one `DataWarning` for each finding."""
        for finding, items in self._findings.items():
            warn(f"{self.source}: {finding.format('; '.join(items))}")
