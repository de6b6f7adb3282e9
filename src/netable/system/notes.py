"""Findings of reading a table, one warning for each kind, and facts about how it was read."""

from __future__ import annotations

from netable.errors import warn


class Notes:
    """Findings about one table, each with the columns or lines that it applies to, and facts about its files."""

    def __init__(self, source: str) -> None:
        self.source = source
        self._findings: dict[str, list[str]] = {}
        self._facts: dict[str, list[str]] = {}

    def add(self, finding: str, item: str) -> None:
        """Add an item, such as a column, to a finding: a sentence with {} for the items."""
        items = self._findings.setdefault(finding, [])
        if item not in items:
            items.append(item)

    def at(self, source: str) -> Notes:
        """The same findings, without the facts, for a part of the table that errors name by its place."""
        notes = Notes(source)
        notes._findings = self._findings
        return notes

    def add_fact(self, name: str, value: str) -> None:
        """Add the value of a fact, such as the encoding, of one of the files."""
        values = self._facts.setdefault(name, [])
        if value not in values:
            values.append(value)

    @property
    def facts(self) -> dict[str, str]:
        """How the table was read; different values of several files are separated by commas."""
        return {name: ", ".join(values) for name, values in self._facts.items()}

    def has(self, finding: str) -> bool:
        """The finding has an item."""
        return finding in self._findings

    def warn(self) -> None:
        """Warn with one `DataWarning` for each finding."""
        for finding, items in self._findings.items():
            warn(f"{self.source}: {finding.format('; '.join(items))}")
